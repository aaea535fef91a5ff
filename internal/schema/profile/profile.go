package profile

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// defaultMemory is the bound where Options has none.
const defaultMemory = 64 << 20

// Options are how to measure. The zero value is fit for use.
type Options struct {
	// Workers read and measure at once; 0: as many as there are processors.
	Workers int
	// Memory is about how many bytes go to sets of values before they are kept in
	// files; 0: 64 MiB.
	Memory int64
	// TempDir is where such files are made; empty: the system's folder for it.
	TempDir string
	// Progress is told how far it is, if it is not nil, from one goroutine at a time.
	Progress func(Progress)
}

// Progress is how far a profile is.
type Progress struct {
	Table string
	Step  string // "read", "keys", "dependencies", "lists" or "inclusions"
	Rows  int64  // read of the table so far
}

// Run measures tables. The evidence has them by name. Errors are those of reading
// and of temporary files, and that of ctx.
func Run(ctx context.Context, tables []*tabular.Table, o Options) (*evidence.Evidence, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	tables = slices.Clone(tables)
	slices.SortStableFunc(tables, func(a, b *tabular.Table) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Source, b.Source)
	})
	ids := map[string]string{}
	for i, t := range tables {
		ids[t.Name] = fmt.Sprintf("T%d", i+1)
	}
	ev := &evidence.Evidence{Tables: make([]evidence.Table, 0, len(tables)), Inclusions: []evidence.Inclusion{}}
	measured := make([]*measure, 0, len(tables))
	s := newSpill(o.TempDir, o.Memory)
	defer s.close()
	for i, t := range tables {
		m := newMeasure(t, fmt.Sprintf("T%d", i+1), o, s)
		m.evidence.Parent = ids[t.Parent]
		if err := m.run(ctx); err != nil {
			return nil, fmt.Errorf("measure %s: %w", t.Name, err)
		}
		measured = append(measured, m)
	}
	agree(measured)
	found, err := inclusions(ctx, measured)
	if err != nil {
		return nil, err
	}
	ev.Inclusions = append(ev.Inclusions, found...)
	if err := settleLists(measured); err != nil {
		return nil, err
	}
	for _, m := range measured {
		ev.Tables = append(ev.Tables, m.evidence)
	}
	giveIDs(ev)
	return ev, nil
}
