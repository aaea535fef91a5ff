package tabular

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// find adds the tables of all inputs.
func (f *finder) find(ctx context.Context, inputs []string) error {
	stdin := false
	for _, input := range inputs {
		if input == "-" {
			if stdin {
				continue // there is one standard input
			}
			stdin = true
			if err := f.stdin(ctx); err != nil {
				return err
			}
			continue
		}
		if err := f.path(ctx, input); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) stdin(ctx context.Context) error {
	if f.o.Stdin == nil {
		return fault.New(fault.Invalid, "There is no standard input to read: name a file, or pipe one in.")
	}
	return f.spooled(ctx, "standard input", "stdin", f.o.Stdin)
}

// path adds what a path that the user named holds.
func (f *finder) path(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, "%s does not exist: check the path.", path)
	case err != nil:
		return fault.Wrap(fault.Invalid, "look at "+path, err)
	case info.IsDir():
		return f.folder(ctx, path)
	case info.Mode()&fs.ModeNamedPipe != 0:
		pipe, err := openPipe(ctx, path)
		if err != nil {
			return err
		}
		return errors.Join(f.spooled(ctx, path, filepath.Base(path), pipe), pipe.Close())
	case !info.Mode().IsRegular():
		f.skip(path, "is a device or a socket: name a file, or pipe it in.")
		return nil
	}
	return f.file(ctx, path, filepath.Base(path), path)
}

// folder adds the files in a folder.
func (f *finder) folder(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return fault.Wrap(fault.Invalid, "read the folder "+dir, err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil:
			f.skip(path, "cannot be looked at: "+err.Error()+".")
		case info.IsDir():
			f.skip(path, "is a folder in a folder: name it to read the files in it.")
		case !info.Mode().IsRegular():
			f.skip(path, "is no regular file: name it to read it, or pipe it in.")
		default:
			if err := f.file(ctx, path, e.Name(), path); err != nil {
				return err
			}
		}
	}
	return nil
}

// file adds the tables of a regular file. What is wrong with the file is a reason
// to skip it; an error is of the run as a whole.
func (f *finder) file(ctx context.Context, source, name, path string) error {
	b, err := newBlob(source, name, path, f.o)
	if err == nil {
		if other := f.again(b); other != "" {
			f.skip(source, "is the same file as "+other+", which is read already.")
			return nil
		}
		err = f.content(ctx, b)
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	f.skip(source, "cannot be read: "+reason(err))
	return nil
}

// again names the input that is the same file, by whatever path; empty when there
// is none.
func (f *finder) again(b *blob) string {
	for _, o := range f.files {
		if os.SameFile(o.info, b.info) {
			return o.source
		}
	}
	f.files = append(f.files, b)
	return ""
}

// reason is an error in one sentence.
func reason(err error) string {
	return strings.TrimSuffix(err.Error(), ".") + "."
}

// spooled copies a stream to a file of its own and adds its tables.
func (f *finder) spooled(ctx context.Context, source, name string, r io.Reader) error {
	path, err := f.spool(ctx, source, r)
	if err != nil {
		return err
	}
	return f.file(ctx, source, name, path)
}

// spool copies a stream to a temporary file, which Set.Close removes.
func (f *finder) spool(ctx context.Context, source string, r io.Reader) (string, error) {
	file, err := os.CreateTemp(f.o.TempDir, "headgate-*")
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "make a file to keep "+source+" in", err)
	}
	f.set.spools = append(f.set.spools, file.Name())
	n, err := io.Copy(file, io.LimitReader(&contextReader{ctx: ctx, r: r}, f.o.MaxUnpacked+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fault.Wrap(fault.Invalid, "copy "+source, err)
	}
	if n > f.o.MaxUnpacked {
		return "", fault.New(fault.Invalid, "%s has more than %d MiB: write it to a file, and name that.", source, f.o.MaxUnpacked>>20)
	}
	return file.Name(), nil
}

// tableName is a file's name without folder and endings.
func tableName(name string) string {
	name = filepath.Base(filepath.ToSlash(name))
	for {
		ext := filepath.Ext(name)
		switch strings.ToLower(ext) {
		case ".gz", ".csv", ".tsv", ".tab", ".psv", ".ssv", ".txt", ".dat", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".zip":
			if stem := strings.TrimSuffix(name, ext); stem != "" {
				name = stem
				continue
			}
		}
		return name
	}
}
