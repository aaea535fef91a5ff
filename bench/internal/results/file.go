package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// File is the rows of all suites, in the order of the suites. It belongs to one
// goroutine.
type File struct {
	path  string
	suite []string // the order of suites
	rows  []Row
}

// Open reads the rows at path; a file that does not exist has none. Suites is
// the order in which they are kept; rows of others are kept behind them.
func Open(path string, suites []string) (*File, error) {
	f := &File{path: path, suite: suites}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the user's own
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &f.rows); err != nil {
		return nil, fmt.Errorf("%s holds no rows: %w; mend it, or delete it and run every suite again", path, err)
	}
	if err := settle(f.rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.sort()
	return f, nil
}

// settle settles rows and finds what is there twice.
func settle(rows []Row) error {
	seen := map[string]map[key]bool{}
	for i := range rows {
		r := &rows[i]
		if err := r.settle(); err != nil {
			return err
		}
		if seen[r.Suite] == nil {
			seen[r.Suite] = map[key]bool{}
		}
		if seen[r.Suite][r.key()] {
			return fmt.Errorf("%s is there twice", r)
		}
		seen[r.Suite][r.key()] = true
	}
	return nil
}

func (f *File) sort() {
	rank := func(suite string) int {
		if i := slices.Index(f.suite, suite); i >= 0 {
			return i
		}
		return len(f.suite)
	}
	slices.SortStableFunc(f.rows, func(a, b Row) int { return rank(a.Suite) - rank(b.Suite) })
}

// Rows are all of them; the caller must not change them.
func (f *File) Rows() []Row { return f.rows }

// Of are the rows of one suite.
func (f *File) Of(suite string) []Row {
	var rows []Row
	for i := range f.rows {
		if f.rows[i].Suite == suite {
			rows = append(rows, f.rows[i])
		}
	}
	return rows
}

// Replace puts rows in the place of all that the suite had, and writes the file
// at once: what comes after cannot lose them. A row that is not sound (no
// figure, a target without its bound, the same thing twice) is an error, and
// nothing changes.
func (f *File) Replace(suite string, rows []Row) error {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Suite = suite
	}
	if err := settle(rows); err != nil {
		return err
	}
	f.rows = append(slices.DeleteFunc(f.rows, func(r Row) bool { return r.Suite == suite }), rows...)
	f.sort()
	return f.write()
}

// Forget removes the rows of suites that are no more, and says which those were.
func (f *File) Forget() ([]string, error) {
	var gone []string
	f.rows = slices.DeleteFunc(f.rows, func(r Row) bool {
		known := slices.Contains(f.suite, r.Suite)
		if !known && !slices.Contains(gone, r.Suite) {
			gone = append(gone, r.Suite)
		}
		return !known
	})
	if gone == nil {
		return nil, nil
	}
	return gone, f.write()
}

// Encode writes rows as they are in the file: a JSON list with a line for each.
func Encode(rows []Row) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteString("[")
	for i := range rows {
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[i == 0])
		if err := encoder.Encode(rows[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", &rows[i], err)
		}
		b.Truncate(b.Len() - 1) // the encoder's own line end
	}
	b.WriteString("\n]\n")
	return b.Bytes(), nil
}

// write replaces the file whole or not at all.
func (f *File) write() error {
	text, err := Encode(f.rows)
	if err != nil {
		return err
	}
	return WriteFile(f.path, text)
}

// WriteFile replaces the file at path whole or not at all, with the folders
// that it needs.
func WriteFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, 0o644); err != nil { //nolint:gosec // the report is for everyone
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}
