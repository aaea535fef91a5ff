package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// The limits that hold where Options has none.
const (
	defaultMaxUnpacked = 64 << 30
	defaultMaxRatio    = 250
	defaultMaxColumns  = 1000
)

// Options bound what Open and the scans after it may take. The zero value is fit
// for use.
type Options struct {
	// Stdin is read for the input "-"; nil: there is none.
	Stdin io.Reader
	// TempDir is where streams are spooled; empty: the system's folder for it.
	TempDir string
	// MaxUnpacked is how many bytes a packed file or a stream may have once it is
	// unpacked; 0: 64 GiB.
	MaxUnpacked int64
	// MaxRatio is how many times its packed size a file may grow to, beyond its
	// first 64 MiB; 0: 250.
	MaxRatio int64
	// MaxColumns is how many columns a table may have; 0: 1000, which is about what
	// databases take (MySQL 1017, PostgreSQL 1600, SQLite 2000).
	MaxColumns int
}

func (o Options) filled() Options {
	if o.MaxUnpacked <= 0 {
		o.MaxUnpacked = defaultMaxUnpacked
	}
	if o.MaxRatio <= 0 {
		o.MaxRatio = defaultMaxRatio
	}
	if o.MaxColumns <= 0 {
		o.MaxColumns = defaultMaxColumns
	}
	return o
}

// Set is what was found in one set of inputs. Close it when its tables are read no
// more.
type Set struct {
	Tables []*Table // by name; no name twice
	// Notes are about the inputs as a whole; About is the source.
	Notes []evidence.Note
	// Skipped is what was refused while other inputs hold tables, by source.
	Skipped []Skipped

	spools []string
}

// Skipped is an input, or a part of one, that was refused.
type Skipped struct {
	Source string `json:"source"`
	Reason string `json:"reason"` // cause and cure, in one sentence
}

// Open looks at inputs (paths, or "-" for Options.Stdin) and finds the tables in
// them. A folder stands for the files in it, sorted, without hidden ones and
// without the folders in it. Open reads no more than it needs to know how. What
// cannot be read as a table is in Set.Skipped. Errors: NotFound for a path that
// does not exist, Invalid when no input holds a table.
func Open(ctx context.Context, inputs []string, o Options) (*Set, error) {
	f := &finder{o: o.filled(), set: &Set{}}
	err := f.find(ctx, inputs)
	if err == nil && len(f.set.Tables) == 0 {
		err = f.nothing()
	}
	if err != nil {
		return nil, errors.Join(err, f.set.Close())
	}
	f.set.nameTables()
	return f.set, nil
}

// Close removes what was spooled. Tables cannot be scanned afterwards.
func (s *Set) Close() error {
	var errs []error
	for _, path := range s.spools {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove a spooled copy: %w", err))
		}
	}
	s.spools = nil
	return errors.Join(errs...)
}

// nameTables makes the names unique and sorts the tables by them. Of equal names
// the first source keeps it.
func (s *Set) nameTables() {
	taken := map[string]bool{}
	for _, t := range s.Tables {
		name := unused(t.Name, taken)
		if name != t.Name {
			t.Notes = append(t.Notes, evidence.Note{
				Kind: "renamed",
				Text: fmt.Sprintf("Two inputs are named %s: that of %s is %s here.", t.Name, t.Source, name),
			})
		}
		t.Name = name
		if t.parent != nil {
			t.Parent = t.parent.Name // named before: parents come first
		}
	}
	slices.SortFunc(s.Tables, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
}

// unused returns name, or name with the first number that makes it new, and takes it.
func unused(name string, taken map[string]bool) string {
	fresh := name
	for n := 2; taken[strings.ToLower(fresh)]; n++ {
		fresh = fmt.Sprintf("%s_%d", name, n)
	}
	taken[strings.ToLower(fresh)] = true
	return fresh
}

// finder carries one call of Open.
type finder struct {
	o     Options
	set   *Set
	files []*blob // those on disk
}

func (f *finder) skip(source, reason string) {
	f.set.Skipped = append(f.set.Skipped, Skipped{Source: source, Reason: reason})
}

// nothing is the error when there is no table at all.
func (f *finder) nothing() error {
	if len(f.set.Skipped) == 0 {
		return fault.New(fault.Invalid, "There is no file to read: name files, folders that hold some, or - for standard input.")
	}
	reasons := make([]string, 0, len(f.set.Skipped))
	for _, s := range f.set.Skipped {
		reasons = append(reasons, s.Source+" "+s.Reason)
	}
	const most = 5
	if more := len(reasons) - most; more > 0 {
		reasons = append(reasons[:most], fmt.Sprintf("and %d more", more))
	}
	return fault.New(fault.Invalid, "No table was found: %s", strings.Join(reasons, " "))
}
