package agent

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
)

// Database is what one schema of a batch is made of.
type Database struct {
	Name   string // an identifier, of which a batch has no two
	Inputs []string
}

// truthFile declares a folder's schema; it is no data (see package eval).
const truthFile = "ground_truth.json"

// Databases are those of a folder, whose subfolders are one each, or of a list: a
// text file with a folder or a pattern in each line, relative to its own folder.
// What a pattern finds are folders, one database each, or files, one together. Empty
// lines and those with # are passed over.
func Databases(path string) ([]Database, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, Message: path + " cannot be read", Err: err}
	}
	var out []Database
	if st.IsDir() {
		out, err = subfolders(path)
	} else {
		out, err = listedDatabases(path)
	}
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "%s names no folder with files in it", path)
	}
	unique(out)
	return out, nil
}

func subfolders(dir string) ([]Database, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Denied, "read "+dir, err)
	}
	var out []Database
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		inputs, err := folderInputs(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if len(inputs) > 0 {
			out = append(out, Database{Name: e.Name(), Inputs: inputs})
		}
	}
	return out, nil
}

// folderInputs are a folder's files; none where it has none, and none where it is a
// run's, so that what was made before is not read as data.
func folderInputs(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Denied, "read "+dir, err)
	}
	var files []string
	truth := false
	for _, e := range entries {
		switch name := e.Name(); {
		case name == runFile:
			return nil, nil
		case name == truthFile:
			truth = true
		case e.Type().IsRegular() && !strings.HasPrefix(name, "."):
			files = append(files, filepath.Join(dir, name))
		}
	}
	switch {
	case len(files) == 0:
		return nil, nil
	case truth:
		return slices.DeleteFunc(files, func(f string) bool { return filepath.Ext(f) == ".txt" || filepath.Ext(f) == ".md" }), nil
	}
	return []string{dir}, nil
}

func listedDatabases(path string) ([]Database, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fault.Wrap(fault.Denied, "read "+path, err)
	}
	defer f.Close()
	var out []Database
	lines := bufio.NewScanner(f)
	for at := 1; lines.Scan(); at++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		found, err := match(filepath.Dir(path), line)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%s, line %d: %s", path, at, fault.Message(err))
		}
		out = append(out, found...)
	}
	if err := lines.Err(); err != nil {
		return nil, fault.Wrap(fault.Invalid, "read "+path+", which is to be a list of folders", err)
	}
	return out, nil
}

// match finds what a line of a list names.
func match(dir, line string) ([]Database, error) {
	pattern := line
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(dir, pattern)
	}
	names, err := filepath.Glob(pattern) // sorted
	if err != nil {
		return nil, fault.New(fault.Invalid, "%q is no pattern of names", line)
	}
	var out []Database
	files := Database{Name: filepath.Base(filepath.Dir(pattern))}
	for _, name := range names {
		st, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, fault.New(fault.NotFound, "%s cannot be read", name)
		case !st.IsDir():
			files.Inputs = append(files.Inputs, name)
			continue
		}
		inputs, err := folderInputs(name)
		if err != nil {
			return nil, err
		}
		if len(inputs) > 0 {
			out = append(out, Database{Name: filepath.Base(name), Inputs: inputs})
		}
	}
	if len(files.Inputs) > 0 {
		out = append(out, files)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "%q finds no files", line)
	}
	return out, nil
}

// unique makes names identifiers of which there are no two.
func unique(all []Database) {
	taken := map[string]bool{}
	for i := range all {
		name := cmp.Or(schema.Identifier(all[i].Name), "database")
		all[i].Name = name
		for n := 2; taken[all[i].Name]; n++ {
			all[i].Name = fmt.Sprintf("%s_%d", name, n)
		}
		taken[all[i].Name] = true
	}
}
