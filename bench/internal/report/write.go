package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/bench/internal/results"
)

// Report is what is to be written, and where.
type Report struct {
	Sections   []Section
	Highlights []Highlight
	// Dir gets README.md and charts.
	Dir string
	// Readme is the project's own README, of which the highlights' blocks are
	// rewritten; empty leaves it alone.
	Readme string
}

// Write writes the page, its charts, and the blocks of the README. Charts of
// earlier reports that this one does not have are removed.
func (r Report) Write(rows []results.Row) error {
	charts := filepath.Join(r.Dir, "charts")
	var names []string
	for _, s := range r.Sections {
		own := where(rows, func(row results.Row) bool { return row.Suite == s.Name })
		for _, c := range s.Charts {
			svg, ok := c.draw(s, own)
			if !ok {
				continue
			}
			name := c.File + ".svg"
			if slices.Contains(names, name) {
				return fmt.Errorf("two charts are named %s", name)
			}
			names = append(names, name)
			if err := results.WriteFile(filepath.Join(charts, name), svg); err != nil {
				return err
			}
		}
	}
	if err := prune(charts, names); err != nil {
		return err
	}
	if err := results.WriteFile(filepath.Join(r.Dir, "README.md"), []byte(page(r.Sections, rows))); err != nil {
		return err
	}
	return r.highlight(rows)
}

// prune removes drawings that are not among names.
func prune(charts string, names []string) error {
	entries, err := os.ReadDir(charts)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".svg") && !slices.Contains(names, e.Name()) {
			if err := os.Remove(filepath.Join(charts, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r Report) highlight(rows []results.Row) error {
	if r.Readme == "" || len(r.Highlights) == 0 {
		return nil
	}
	before, err := os.ReadFile(r.Readme)
	if err != nil {
		return err
	}
	from, err := filepath.Rel(filepath.Dir(r.Readme), r.Dir)
	if err != nil {
		return err
	}
	texts := make([]string, len(r.Highlights))
	for i, h := range r.Highlights {
		texts[i] = h.text(r.Sections, rows, filepath.ToSlash(from))
	}
	after, err := fill(string(before), texts)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Readme, err)
	}
	if after == string(before) {
		return nil
	}
	return results.WriteFile(r.Readme, []byte(after))
}
