package judge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// schemadata is the folder of databases; tests that need it are skipped where it is
// absent.
func schemadata(tb testing.TB) string {
	tb.Helper()
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	for _, dir := range []string{os.Getenv("HEADGATE_SCHEMADATA"), filepath.Join(root, "..", "shared", "schemadata"), filepath.Join(root, "..", "..", "shared", "schemadata")} {
		if _, err := os.Stat(filepath.Join(dir, "spider_en")); dir != "" && err == nil {
			return dir
		}
	}
	tb.Skip("there are no databases to judge: set HEADGATE_SCHEMADATA to their folder")
	return ""
}

// bench is a state with the rows that it was made of.
type bench struct {
	*judge.State

	rows *rows.Source
}

// measure plans the files of a folder.
func measure(tb testing.TB, dir string) bench {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("%s has %d files: %v", dir, len(names), err)
	}
	set, err := tabular.Open(tb.Context(), names, tabular.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = set.Close() })
	ev, err := profile.Run(tb.Context(), set.Tables, profile.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	source, err := rows.New(set.Tables, ev)
	if err != nil {
		tb.Fatal(err)
	}
	return bench{State: &judge.State{Evidence: ev, Schema: planner.Make(ev, "test").Schema}, rows: source}
}

// files plans files that are given by name.
func files(tb testing.TB, texts map[string]string) bench {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return measure(tb, dir)
}

// again is a copy whose schema is its own.
func (b bench) again(tb testing.TB) bench {
	tb.Helper()
	data, err := json.Marshal(b.Schema)
	if err != nil {
		tb.Fatal(err)
	}
	st := *b.State
	st.Schema = &schema.Schema{}
	if err := json.Unmarshal(data, st.Schema); err != nil {
		tb.Fatal(err)
	}
	return bench{State: &st, rows: b.rows}
}

// holds loads the schema: it has no faults and nothing is found.
func (b bench) holds(tb testing.TB) {
	tb.Helper()
	if faults := b.Schema.Check(); len(faults) > 0 {
		tb.Fatalf("the schema has faults: %v", faults)
	}
	res, err := (&sqlitecheck.Engine{TempDir: tb.TempDir()}).Try(tb.Context(), b.Schema, b.rows)
	if err != nil || !res.Held() {
		tb.Fatalf("%v %+v", err, res.Findings)
	}
}

// answer merges an answer, which is to have the form of the tool.
func (b bench) answer(tb testing.TB, step judge.Step, v any) []judge.Change {
	tb.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	changes, err := judge.Merge(step, b.State, data)
	if err != nil {
		tb.Fatalf("%s: %v", step, err)
	}
	return changes
}

// inclusion is the id of the one between two columns, by table.column of the files.
func (b bench) inclusion(tb testing.TB, from, to string) string {
	tb.Helper()
	for _, in := range b.Evidence.Inclusions {
		if len(in.From) == 1 && strings.EqualFold(b.spell(in.From[0]), from) && strings.EqualFold(b.spell(in.To[0]), to) {
			return in.ID
		}
	}
	tb.Fatalf("%s is not included in %s", from, to)
	return ""
}

func (b bench) spell(id string) string {
	t, c := b.measured(id)
	return t.Name + "." + c.Name
}

func (b bench) measured(id string) (*evidence.Table, *evidence.Column) {
	for i := range b.Evidence.Tables {
		t := &b.Evidence.Tables[i]
		for j := range t.Columns {
			if t.Columns[j].ID == id {
				return t, &t.Columns[j]
			}
		}
	}
	return nil, nil
}

// id is that of table.column.
func (b bench) id(tb testing.TB, spelled string) string {
	tb.Helper()
	for _, t := range b.Evidence.Tables {
		for _, c := range t.Columns {
			if t.Name+"."+c.Name == spelled {
				return c.ID
			}
		}
	}
	tb.Fatalf("there is no column %s", spelled)
	return ""
}

func refused(changes []judge.Change) int {
	n := 0
	for _, c := range changes {
		if c.Refused != "" {
			n++
		}
	}
	return n
}
