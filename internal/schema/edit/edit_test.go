package edit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/verify"
)

// bench is a schema with the rows that it was made of.
type bench struct {
	ev   *evidence.Evidence
	s    *schema.Schema
	rows *rows.Source
}

// setup plans files that are given by name.
func setup(t *testing.T, files map[string]string) bench {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := tabular.Open(t.Context(), []string{dir}, tabular.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	ev, err := profile.Run(t.Context(), set.Tables, profile.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	source, err := rows.New(set.Tables, ev)
	if err != nil {
		t.Fatal(err)
	}
	return bench{ev: ev, s: planner.Make(ev, "test").Schema, rows: source}
}

// holds loads the schema and returns how many rows each table has. Nothing may be
// found.
func (b bench) holds(t *testing.T) map[string]int64 {
	t.Helper()
	b.s.Order()
	if faults := b.s.Check(); len(faults) > 0 {
		t.Fatalf("the schema has faults: %v", faults)
	}
	if err := pgcheck.Parse(string(ddl.Script(b.s, ddl.PostgreSQL))); err != nil {
		t.Error(err)
	}
	res, err := (&sqlitecheck.Engine{TempDir: t.TempDir()}).Try(t.Context(), b.s, b.rows)
	if err != nil || !res.Held() {
		t.Fatalf("%v %+v", err, res.Findings)
	}
	return res.Loaded
}

// sales are rows of a shop that stand for others: of customers, their cities, months
// and tags.
func sales() map[string]string {
	var b, tags strings.Builder
	b.WriteString("sale_id,buyer,customer_name,city,country,note,m_1,m_2,m_3,tags\n")
	for i := range 120 {
		c := i * 7 % 40
		city := c % 12
		two := fmt.Sprint(i % 9)
		if i%5 == 0 {
			two = ""
		}
		fmt.Fprintf(&b, "%d,c%02d,Name %d,City%d,Land%d,%d-%d,%d,%s,%d.5,t%d;t%d;t%d\n", i+1, c, c%39, city, city%4, i, c, i%7, two, i%11, i%5, 5+i%3, i%5)
	}
	tags.WriteString("tag,label\n")
	for i := range 8 {
		fmt.Fprintf(&tags, "t%d,Label %d\n", i, i)
	}
	return map[string]string{"sales.csv": b.String(), "tags.csv": tags.String()}
}

// by is the id of the dependency whose determinant is called so.
func (b bench) by(t *testing.T, column string) string {
	t.Helper()
	for _, tab := range b.ev.Tables {
		for _, d := range tab.Dependencies {
			for _, c := range tab.Columns {
				if len(d.Determinant) == 1 && c.ID == d.Determinant[0] && c.Name == column {
					return d.ID
				}
			}
		}
	}
	t.Fatalf("nothing depends on %s", column)
	return ""
}

func (b bench) id(column string) string {
	for _, tab := range b.ev.Tables {
		for _, c := range tab.Columns {
			if c.Name == column {
				return c.ID
			}
		}
	}
	return ""
}

func names(t *schema.Table) []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

func TestSplitsInAChainLoseNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, sales())
	m := schema.Mark{Provenance: schema.FromRule, Confidence: 0.5}
	for _, c := range []struct{ by, name string }{{"city", "cities"}, {"buyer", "customers"}} {
		if _, err := edit.Split(b.s, b.ev, b.by(t, c.by), c.name, m); err != nil {
			t.Fatal(err)
		}
	}
	got := b.holds(t)
	if want := (map[string]int64{"sales": 120, "tags": 8, "customers": 40, "cities": 12}); !cmp.Equal(got, want) {
		t.Errorf("loaded %v, want %v", got, want)
	}
	if got, want := names(b.s.Table("customers")), []string{"buyer", "customer_name", "city"}; !slices.Equal(got, want) {
		t.Errorf("customers has %v, want %v", got, want)
	}
	if got, want := names(b.s.Table("cities")), []string{"city", "country"}; !slices.Equal(got, want) {
		t.Errorf("cities has %v, want %v", got, want)
	}

	before := setup(t, sales()).s
	if !edit.Rejoin(b.s, b.s.Table("sales").From.Table) {
		t.Fatal("nothing was joined again")
	}
	b.holds(t)
	if diff := cmp.Diff(names(before.Table("sales")), names(b.s.Table("sales"))); diff != "" {
		t.Errorf("joined again (-want +got):\n%s", diff)
	}
}

func TestColumnsAndListsBecomeRows(t *testing.T) {
	t.Parallel()
	b := setup(t, sales())
	m := schema.Mark{Provenance: schema.FromRule, Confidence: 0.5}
	if _, err := edit.Unpivot(b.s, b.ev, "G1", edit.Spread{Table: "months", Label: "month", Cell: "amount"}, m); err != nil {
		t.Fatal(err)
	}
	if _, err := edit.List(b.s, b.ev, b.id("tags"), edit.Spread{Table: "sale_tags", Cell: "tag"}, m); err != nil {
		t.Fatal(err)
	}
	got := b.holds(t)
	if want := (map[string]int64{"sales": 120, "tags": 8, "months": 120*3 - 24, "sale_tags": 240}); !cmp.Equal(got, want) {
		t.Errorf("loaded %v, want %v", got, want)
	}
	if to := b.s.Table("sale_tags").ForeignKeys; len(to) != 2 || to[1].RefTable != "tags" {
		t.Errorf("the parts refer to %v, want sales and tags", to)
	}
}

func TestWhatWouldLoseIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, sales())
	before := fmt.Sprint(*b.s)
	m := schema.Mark{}
	customers := b.by(t, "buyer")
	for name, try := range map[string]func() error{
		"a name with SQL":          func() error { _, err := edit.Split(b.s, b.ev, customers, "x; DROP TABLE y", m); return err },
		"a name that is taken":     func() error { _, err := edit.Split(b.s, b.ev, customers, "tags", m); return err },
		"no dependency":            func() error { _, err := edit.Split(b.s, b.ev, "D99", "x", m); return err },
		"no group":                 func() error { _, err := edit.Unpivot(b.s, b.ev, "G9", edit.Spread{Table: "x"}, m); return err },
		"no list":                  func() error { _, err := edit.List(b.s, b.ev, b.id("city"), edit.Spread{Table: "x"}, m); return err },
		"a table that is not":      func() error { return edit.RenameTable(b.s, "nothing", "x") },
		"a name of another column": func() error { return edit.RenameColumn(b.s, "sales", "city", "country") },
	} {
		if try() == nil {
			t.Errorf("%s was not refused", name)
		}
	}
	if after := fmt.Sprint(*b.s); after != before {
		t.Errorf("what was refused changed the schema")
	}
	for i := range b.ev.Tables {
		for j := range b.ev.Tables[i].Dependencies {
			b.ev.Tables[i].Dependencies[j].Error = 0.001
		}
	}
	if _, err := edit.Split(b.s, b.ev, customers, "x", m); err == nil {
		t.Error("a dependency that does not hold in all rows was split by")
	}
}

func TestNamesAreChangedEverywhere(t *testing.T) {
	t.Parallel()
	b := setup(t, map[string]string{
		"parent.csv": "parent_id,name\n1,a\n2,b\n3,c\n4,d\n5,e\n",
		"child.csv":  "child_id,parent_id,parent_no\n1,1,5\n2,2,4\n3,2,1\n4,5,2\n",
	})
	if err := edit.RenameColumn(b.s, "parent", "parent_id", "id"); err != nil {
		t.Fatal(err)
	}
	if err := edit.RenameTable(b.s, "parent", "owner"); err != nil {
		t.Fatal(err)
	}
	b.holds(t)
	f := b.s.Table("child").ForeignKeys
	if len(f) == 0 || f[0].RefTable != "owner" || f[0].RefColumns[0] != "id" {
		t.Errorf("child refers to %+v, want owner by id", f)
	}
}

// TestWhatRefersStays: a reference is not hidden behind a split.
func TestWhatRefersStays(t *testing.T) {
	t.Parallel()
	b := setup(t, sales())
	d := b.by(t, "buyer")
	sales := b.s.Table("sales")
	sales.ForeignKeys = append(sales.ForeignKeys, schema.ForeignKey{ID: "F99", Table: "sales", Columns: []string{"city"}, RefTable: "tags", RefColumns: []string{"tag"}})
	cut, err := edit.CutBy(b.s, b.ev, d)
	if err != nil || slices.Contains(cut.Dependents, "city") || !slices.Contains(cut.Dependents, "customer_name") {
		t.Errorf("%v can move: %v", cut.Dependents, err)
	}
}

// TestASplitThatLosesIsJoinedAgain: texts that are equal but for how they are written
// are told apart by an engine alone.
func TestASplitThatLosesIsJoinedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, sales())
	d := b.by(t, "buyer")
	for i := range b.ev.Tables {
		for j := range b.ev.Tables[i].Dependencies {
			if dep := &b.ev.Tables[i].Dependencies[j]; dep.ID == d {
				dep.Dependents = append(dep.Dependents, b.id("note")) // which is not so
			}
		}
	}
	if _, err := edit.Split(b.s, b.ev, d, "customers", schema.Mark{}); err != nil {
		t.Fatal(err)
	}
	out, err := verify.Mend(t.Context(), b.s, b.rows, []verify.Engine{&sqlitecheck.Engine{TempDir: t.TempDir()}})
	if err != nil || len(out.Changes) != 1 || out.Changes[0].Constraint != verify.Lossless {
		t.Errorf("%v %+v", err, out.Changes)
	}
	if b.s.Table("customers") != nil || b.s.Table("sales").Column("note") == nil {
		t.Error("the split was not undone")
	}
}
