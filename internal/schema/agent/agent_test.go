package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/mysqlcheck"
	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/verify"
)

// write puts files into a new folder.
func write(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func shop(tb testing.TB) string {
	tb.Helper()
	return write(tb, map[string]string{
		"customers.csv":   "customer_id,name,joined\n1,Ann,2024-01-02\n2,Bo,2024-02-03\n3,Cy,2024-03-04\n",
		"orders.csv":      "order_id,customer_id,total,paid\n10,1,9.50,yes\n11,1,12.00,no\n12,3,7.25,yes\n13,,1.00,no\n",
		"order_items.csv": "order_id,line,sku,quantity\n10,1,A1,2\n10,2,B2,1\n11,1,A1,1\n12,1,C3,5\n13,1,B2,1\n",
	})
}

func options(tb testing.TB, in string) agent.Options {
	tb.Helper()
	return agent.Options{
		Inputs: []string{in}, Name: "shop", Out: filepath.Join(tb.TempDir(), "out"), Version: "test",
		Engines: []verify.Engine{&sqlitecheck.Engine{TempDir: tb.TempDir()}, pgcheck.Parser{}, mysqlcheck.Parser{}},
	}
}

func TestFilesBecomeAVerifiedSchema(t *testing.T) {
	t.Parallel()
	o := options(t, shop(t))
	r, err := agent.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tables != 3 || r.References != 2 || r.Rows != 12 || r.Judged != schema.JudgedNobody || len(r.GivenUp) != 0 {
		t.Errorf("report %+v", r)
	}
	var s schema.Schema
	readJSON(t, filepath.Join(o.Out, "schema.json"), &s)
	items := s.Table("order_items")
	if diff := cmp.Diff([]string{"order_id", "line"}, items.PrimaryKey.Columns); diff != "" {
		t.Errorf("the key of order_items (-want +got):\n%s", diff)
	}
	if f := items.ForeignKeys; len(f) != 1 || f[0].RefTable != "orders" {
		t.Errorf("references of order_items: %+v", f)
	}
	for _, name := range []string{"run.json", "evidence.json", "ddl/postgres.sql", "ddl/mysql.sql", "ddl/sqlite.sql", "er.svg", "er.mmd", "report.md", "report.json", "load/orders.csv", "load/sqlite.sql", "load/postgres.sql", "load/mysql.sql"} {
		text, err := os.ReadFile(filepath.Join(o.Out, name))
		if err != nil || len(text) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if strings.HasPrefix(name, "ddl/") && !bytes.Contains(text, []byte("OFFLINE - no language model")) {
			t.Errorf("%s does not say that no model judged it", name)
		}
	}
	rows, err := os.ReadFile(filepath.Join(o.Out, "load", "orders.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "order_id,customer_id,total,paid\n10,1,9.50,true\n11,1,12.00,false\n12,3,7.25,true\n13,,1.00,false\n"; string(rows) != want {
		t.Errorf("load/orders.csv is\n%swant\n%s", rows, want)
	}
}

func readJSON(tb testing.TB, name string, v any) {
	tb.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		tb.Fatal(err)
	}
}

// TestTwiceIsTheSame: artefacts hold no times and no chance.
func TestTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	in := shop(t)
	a, b := options(t, in), options(t, in)
	a.Workers, b.Workers = 1, 4
	for _, o := range []agent.Options{a, b} {
		if _, err := agent.Generate(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"evidence.json", "schema.json", "ddl/postgres.sql", "ddl/mysql.sql", "ddl/sqlite.sql", "er.svg", "er.mmd", "load/order_items.csv"} {
		x, err := os.ReadFile(filepath.Join(a.Out, name))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b.Out, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(x), string(y)); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string // in the error; empty: a schema
	}{
		"an empty file":     {map[string]string{"a.csv": ""}, "a.csv"},
		"one byte":          {map[string]string{"a.csv": "x"}, "one byte"},
		"a header only":     {map[string]string{"a.csv": "id,name\n"}, ""},
		"no relations":      {map[string]string{"a.csv": "p,q\nx,1.5\ny,2.5\n", "b.csv": "r\n7.25\n8.25\n"}, ""},
		"wide":              {map[string]string{"a.csv": strings.Repeat("c,", 210) + "c\n" + strings.Repeat("1,", 210) + "1\n"}, ""},
		"reserved words":    {map[string]string{"select.csv": "from,where,table\n1,2,3\n2,3,4\n"}, ""},
		"long names":        {map[string]string{"a.csv": strings.Repeat("x", 90) + "a," + strings.Repeat("x", 90) + "b\n1,2\n"}, ""},
		"empty headers":     {map[string]string{"a.csv": "id,,,name,name\n1,2,3,4,5\n2,3,4,5,6\n"}, ""},
		"a constant column": {map[string]string{"a.csv": "x,y\n1,1\n1,2\n1,3\n"}, ""},
		"a circle":          {map[string]string{"man.csv": "man_id,wife_id\n1,2\n2,1\n", "wife.csv": "wife_id,man_id\n1,2\n2,1\n"}, ""},
		"itself":            {map[string]string{"employee.csv": "id,name,manager_id\n1,a,\n2,b,1\n3,c,1\n4,d,2\n"}, ""},
		"binary":            {map[string]string{"a.csv": "\x7fELF\x00\x01\x02\x00\x00\x00\x00"}, "a.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, write(t, c.files))
			r, err := agent.Generate(t.Context(), o)
			switch {
			case c.want == "" && err != nil:
				t.Fatal(err)
			case c.want == "":
				if len(r.GivenUp) > 0 || r.Tables == 0 {
					t.Errorf("report %+v", r)
				}
			case err == nil || !strings.Contains(err.Error(), c.want):
				t.Errorf("error %v, want one that names %s", err, c.want)
			}
		})
	}
}

func TestAFolderOfTheUsersIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := options(t, shop(t))
	o.Out = write(t, map[string]string{"precious.txt": "mine"})
	_, err := agent.Generate(t.Context(), o)
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("error %v, want one of kind invalid", err)
	}
	if entries, _ := os.ReadDir(o.Out); len(entries) != 1 {
		t.Errorf("%d entries in the folder, want the one that was there", len(entries))
	}
}

func TestWhatIsBrokenOffLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	o := options(t, shop(t))
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p agent.Progress) {
		if p.Step == "write" {
			cancel()
		}
	}
	if _, err := agent.Generate(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that of the context", err)
	}
	err := filepath.WalkDir(o.Out, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".part") {
			t.Errorf("%s was left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Progress, o.Resume = nil, true
	if _, err := agent.Generate(t.Context(), o); err != nil {
		t.Errorf("going on: %v", err)
	}
}
