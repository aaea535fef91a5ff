package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/headgate/headgate/internal/fault"
)

// folder is where a run leaves what it makes. Files appear whole or not at all.
type folder struct {
	dir    string
	fresh  bool // the run made it
	staged bool // it is one that is put in its place later: see stage
}

// runFile says that a folder is a run's.
const runFile = "run.json"

// openFolder makes the folder of a run. One that has other things in it is refused,
// so that nothing of the user's is mixed with what a run makes.
func openFolder(dir string) (*folder, error) {
	_, err := os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, unwritable(dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, runFile)); err != nil && len(entries) > 0 {
		return nil, fault.New(fault.Invalid, "%s has other files in it: name a new folder, or an earlier run's, with --out", dir)
	}
	f := &folder{dir: dir, fresh: fresh}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return nil, unwritable(dir, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, unwritable(dir, err)
	}
	return f, nil
}

func unwritable(dir string, err error) error {
	return &fault.Error{Kind: fault.Denied, Message: fmt.Sprintf("the folder %s cannot be written to; name another one with --out", dir), Err: err}
}

// read decodes a JSON file of the folder; false when there is none, or none that can
// be read: it is made anew then.
func (f *folder) read(name string, v any) bool {
	data, err := os.ReadFile(filepath.Join(f.dir, name)) //nolint:gosec // a folder of our own
	return err == nil && json.Unmarshal(data, v) == nil
}

// write puts a file in place at once: it is written beside, forced to the disk, and
// renamed.
func (f *folder) write(name string, data []byte) error {
	return f.stream(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func (f *folder) stream(name string, fill func(io.Writer) error) (err error) {
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return unwritable(filepath.Dir(path), err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return unwritable(filepath.Dir(path), err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close() // what is in it does not matter any more
			err = errors.Join(f.full(err), remove(tmp.Name()))
		}
	}()
	if err := fill(tmp); err != nil {
		return err
	}
	if !f.staged { // what is staged can be made again, and need not outlive a power cut
		if err := tmp.Sync(); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	if err := tmp.Chmod(0o640); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// json writes a value as readable JSON.
func (f *folder) json(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.write(name, append(data, '\n'))
}

// full words that a disk has no room.
func (f *folder) full(err error) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	dir := f.dir
	if f.staged {
		dir = filepath.Dir(dir)
	}
	return &fault.Error{Kind: fault.Denied, Message: fmt.Sprintf("the disk of the folder %s is full: make room, name another folder with --out, or leave out the copy of the rows with --no-rows", dir), Err: err}
}

// clear removes what an earlier run left under a name, file or folder.
func (f *folder) clear(name string) error {
	if err := os.RemoveAll(filepath.Join(f.dir, filepath.FromSlash(name))); err != nil {
		return unwritable(f.dir, err)
	}
	return nil
}

func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
