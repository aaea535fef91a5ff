package profile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/sample"
)

// ids are those of columns by name.
func ids(t *testing.T, ev *evidence.Evidence, table string, columns ...string) []string {
	t.Helper()
	var list []string
	for _, name := range columns {
		c, ok := named(ev, table, name)
		if !ok {
			t.Fatalf("no column %s.%s", table, name)
		}
		list = append(list, c.ID)
	}
	return list
}

// TestSample measures a database larger than what is looked at in memory: its types,
// keys and references are all found, also with next to no memory.
func TestSample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := sample.WriteDir(dir, 0.04, 3); err != nil { // 240,000 lines
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	ev := with(t, profile.Options{Workers: 2}, files...)
	checkSample(t, ev)
	tight := with(t, profile.Options{Workers: 3, Memory: 1 << 20}, files...)
	checkSample(t, tight)
	for i := range ev.Tables {
		if diff := cmp.Diff(ev.Tables[i].Columns, tight.Tables[i].Columns); diff != "" {
			t.Errorf("with less memory %s has other columns:\n%s", ev.Tables[i].Name, diff)
		}
	}
	if diff := cmp.Diff(ev.Inclusions, tight.Inclusions); diff != "" {
		t.Errorf("with less memory there are other inclusions:\n%s", diff)
	}
}

func checkSample(t *testing.T, ev *evidence.Evidence) {
	t.Helper()
	for _, table := range sample.Tables() {
		for _, c := range table.Columns {
			got, _ := named(ev, table.Name, c.Name)
			if got.Type != c.Type || (got.Nulls > 0) != c.Nullable {
				t.Errorf("%s.%s is %s with %d nulls, want %s, nullable %v", table.Name, c.Name, got.Type, got.Nulls, c.Type, c.Nullable)
			}
		}
		key := ids(t, ev, table.Name, table.Key...)
		at := slices.IndexFunc(ev.Tables, func(e evidence.Table) bool { return e.Name == table.Name })
		if !slices.ContainsFunc(ev.Tables[at].Keys, func(k evidence.Key) bool { return slices.Equal(k.Columns, key) }) {
			t.Errorf("%s: the key %v is not found: %v", table.Name, key, ev.Tables[at].Keys)
		}
		for _, r := range table.References {
			from, to := ids(t, ev, table.Name, r.Columns...), ids(t, ev, r.Table, r.RefColumns...)
			if !slices.ContainsFunc(ev.Inclusions, func(i evidence.Inclusion) bool {
				return slices.Equal(i.From, from) && slices.Equal(i.To, to) && i.Unique && i.Orphans == 0
			}) {
				t.Errorf("%s: %v in %s is not found", table.Name, r.Columns, r.Table)
			}
		}
	}
}

// TestDependenciesOfManyRows verifies on all rows what a sample says: one that holds,
// one that nearly holds, and one that holds but in some rows that a sample may miss.
func TestDependenciesOfManyRows(t *testing.T) {
	t.Parallel()
	const rows = 200_000
	var text strings.Builder
	text.WriteString("id,city,country,mayor,weather\n")
	for i := range rows {
		city := i * 7919 % 1000
		mayor := city * 31 % 997
		if i%50 == 3 { // 2 % are wrong
			mayor = i % 997
		}
		fmt.Fprintf(&text, "%d,c%d,n%d,m%d,w%d\n", i, city, city%40, mayor, i*i%13)
	}
	for _, memory := range []int64{0, 1 << 20} {
		path := filepath.Join(t.TempDir(), "cities.csv")
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		ev := with(t, profile.Options{Workers: 2, Memory: memory}, path)
		table := &ev.Tables[0]
		if got, want := words(table), []string{"city->country", "city->mayor", "mayor->city", "mayor->country"}; !slices.Equal(got, want) {
			t.Fatalf("dependencies = %v, want %v", got, want)
		}
		d := table.Dependencies[0]
		if d.Groups != 1000 || d.Error < 0.0195 || d.Error > 0.02 {
			t.Errorf("city determines with error %.4f in %d groups, want about 0.02 in 1000", d.Error, d.Groups)
		}
	}
}
