package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// results are the names of what comes of a run, in the order in which they are put
// in place: whoever sees the report sees all.
func results() []string {
	return []string{"ddl", "load", "er.svg", "er.mmd", "schema.json", "report.md", "report.json"}
}

// stage makes a folder in the folder, in which a run's results are written, so that
// a full disk or a Ctrl-C in the middle leaves those of the run before as they were.
func (f *folder) stage() (*folder, error) {
	const pattern = ".part-"
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, unwritable(f.dir, err)
	}
	for _, e := range entries { // of a run that was killed
		if e.IsDir() && strings.HasPrefix(e.Name(), pattern) {
			if err := f.clear(e.Name()); err != nil {
				return nil, err
			}
		}
	}
	dir, err := os.MkdirTemp(f.dir, pattern)
	if err != nil {
		return nil, unwritable(f.dir, f.full(err))
	}
	return &folder{dir: dir, staged: true}, nil
}

// commit puts the results in place. What the run before left and this one does not
// make goes.
func (f *folder) commit(to *folder) error {
	for _, name := range results() {
		if err := to.clear(name); err != nil {
			return err
		}
		err := os.Rename(filepath.Join(f.dir, name), filepath.Join(to.dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unwritable(to.dir, err)
		}
	}
	return nil
}

// unstage removes a staged folder.
func (f *folder) unstage(from *folder) error { return from.clear(filepath.Base(f.dir)) }

// leave removes the folder when the run made it and nothing is in it.
func (f *folder) leave() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) > 0 || !f.fresh {
		return nil //nolint:nilerr // it is not ours to remove, or gone
	}
	return remove(f.dir)
}

// apart refuses inputs in the folder that the run writes to: they would be replaced
// while they are read.
func apart(inputs []string, out string) error {
	to, err := resolve(out)
	if err != nil {
		return nil //nolint:nilerr // there is no folder yet, so that nothing is in it
	}
	for _, input := range inputs {
		if input == "-" {
			continue
		}
		from, err := resolve(input)
		if err != nil {
			continue // the reader says what is wrong with it
		}
		if rel, err := filepath.Rel(to, from); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return fault.New(fault.Invalid, "%s is in the folder that everything is written to: name another folder with --out", input)
		}
	}
	return nil
}

func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
