package profile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// truth is what the authors of a database declared.
type truth struct {
	Tables map[string]struct {
		Columns []struct{ Name, Type, Family string }
		Primary []string `json:"primary_key"`
		Foreign []struct {
			Columns    []string
			RefTable   string   `json:"ref_table"`
			RefColumns []string `json:"ref_columns"`
			Observed   struct {
				NonNull    int64 `json:"non_null"`
				Violations int64
				RefUnique  bool `json:"ref_unique"`
			}
		} `json:"foreign_keys"`
		Rows int64
	}
}

// schemadata is the folder of databases with their declared schemas; the test is
// skipped where it is absent.
func schemadata(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("HEADGATE_SCHEMADATA")
	if dir == "" {
		_, file, _, _ := runtime.Caller(0)
		for dir = filepath.Dir(file); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
		}
		dir = filepath.Join(dir, "..", "shared", "schemadata")
		if _, err := os.Stat(dir); err != nil {
			dir = filepath.Join(dir, "..", "..", "..", "shared", "schemadata")
		}
	}
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("no databases to measure: HEADGATE_SCHEMADATA names no folder")
	}
	return dir
}

func readTruth(tb testing.TB, dir string) truth {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "ground_truth.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var g truth
	if err := json.Unmarshal(b, &g); err != nil {
		tb.Fatal(err)
	}
	return g
}

// run measures files and folders.
func run(tb testing.TB, inputs ...string) *evidence.Evidence {
	tb.Helper()
	set, err := tabular.Open(tb.Context(), inputs, tabular.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	defer set.Close()
	ev, err := profile.Run(tb.Context(), set.Tables, profile.Options{Workers: 2, TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	return ev
}

// runDir measures the CSV files of a folder.
func runDir(tb testing.TB, dir string) *evidence.Evidence {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	return run(tb, files...)
}

// named finds a column of the evidence.
func named(ev *evidence.Evidence, table, column string) (evidence.Column, bool) {
	for _, t := range ev.Tables {
		if !strings.EqualFold(t.Name, table) {
			continue
		}
		for _, c := range t.Columns {
			if strings.EqualFold(c.Name, column) {
				return c, true
			}
		}
	}
	return evidence.Column{}, false
}

// databases are the folders with a declared schema.
func databases(tb testing.TB, pattern string) []string {
	tb.Helper()
	dirs, err := filepath.Glob(filepath.Join(schemadata(tb), pattern))
	if err != nil || len(dirs) == 0 {
		tb.Fatalf("no databases at %s: %v", pattern, err)
	}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "ground_truth.json"))
		return err != nil
	})
}

// TestTypesOfRealDatabases: what is missed are digits that are no numbers by their
// meaning, such as postal codes, which a planner knows by their names, and numbers
// that were declared as texts.
func TestTypesOfRealDatabases(t *testing.T) {
	t.Parallel()
	for _, set := range []struct {
		name     string
		patterns []string
		least    float64
	}{
		{"named", []string{"chinook", "northwind", "sakila", "oracle_hr", "iso3166"}, .99},
		{"spider", []string{"spider_en/*"}, .95},
	} {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			right, total := 0, 0
			for _, pattern := range set.patterns {
				for _, dir := range databases(t, pattern) {
					r, n := scoreTypes(t, dir)
					right, total = right+r, total+n
				}
			}
			share := float64(right) / float64(total)
			t.Logf("%s: %d of %d types, %.3f", set.name, right, total, share)
			if share < set.least {
				t.Errorf("%s: types are right for %.3f of the columns, want %.2f", set.name, share, set.least)
			}
		})
	}
}

func scoreTypes(t *testing.T, dir string) (right, total int) {
	t.Helper()
	ev := runDir(t, dir)
	for name, table := range readTruth(t, dir).Tables {
		for _, c := range table.Columns {
			got, ok := named(ev, name, c.Name)
			switch {
			case !ok:
				t.Errorf("%s: no column %s.%s", dir, name, c.Name)
				continue
			case got.Type == evidence.TypeUnknown:
				continue
			}
			want, ok := map[string]string{
				"integer": "integer", "decimal": "number", "float": "number", "text": "text", "date": "date",
				"timestamp": "timestamp", "time": "time", "boolean": "boolean",
			}[c.Family]
			if !ok {
				continue
			}
			total++
			is := string(got.Type)
			switch got.Type {
			case evidence.TypeDecimal, evidence.TypeFloat:
				is = "number"
			case evidence.TypeTimestampTZ:
				is = "timestamp"
			case evidence.TypeInteger:
				if want == "number" || want == "boolean" {
					is = want
				}
			default:
			}
			if is == want {
				right++
				continue
			}
			t.Logf("miss: %s %s.%s is %s %q, declared %s; %s to %s, %v", filepath.Base(dir), name, c.Name, got.Type, got.Format, c.Type, got.Min, got.Max, got.Rungs)
		}
	}
	return right, total
}

// TestDeclaredKeysAreFound: a declared primary key of up to three columns is unique,
// so that it is in the evidence, or a part of it is a key alone.
func TestDeclaredKeysAreFound(t *testing.T) {
	t.Parallel()
	for _, dir := range append(databases(t, "*"), databases(t, "spider_en/*")...) {
		ev := runDir(t, dir)
		for name, table := range readTruth(t, dir).Tables {
			if len(table.Primary) == 0 || len(table.Primary) > 3 || table.Rows == 0 {
				continue
			}
			if !hasKey(ev, name, table.Primary) {
				t.Errorf("%s: key %v of %s is not found", filepath.Base(dir), table.Primary, name)
			}
		}
	}
}

func hasKey(ev *evidence.Evidence, table string, columns []string) bool {
	ids := map[string]bool{}
	for _, c := range columns {
		col, _ := named(ev, table, c)
		ids[col.ID] = true
	}
	for _, t := range ev.Tables {
		if !strings.EqualFold(t.Name, table) {
			continue
		}
		for _, k := range t.Keys {
			within := true
			for _, id := range k.Columns {
				within = within && ids[id]
			}
			if within {
				return true
			}
		}
	}
	return false
}

// TestDeclaredReferencesAreFound: a visible foreign key to a unique column is an
// inclusion without orphans.
func TestDeclaredReferencesAreFound(t *testing.T) {
	t.Parallel()
	for _, dir := range append(databases(t, "*"), databases(t, "spider_en/*")...) {
		ev := runDir(t, dir)
		for name, table := range readTruth(t, dir).Tables {
			for _, f := range table.Foreign {
				if len(f.Columns) != 1 || f.Observed.NonNull == 0 || f.Observed.Violations > 0 || !f.Observed.RefUnique {
					continue
				}
				from, _ := named(ev, name, f.Columns[0])
				to, _ := named(ev, f.RefTable, f.RefColumns[0])
				found := false
				for _, i := range ev.Inclusions {
					found = found || len(i.From) == 1 && i.From[0] == from.ID && i.To[0] == to.ID && i.Orphans == 0
				}
				if !found {
					t.Errorf("%s: %s.%s (%s %s) in %s.%s (%s %s) is not found", filepath.Base(dir), name, f.Columns[0], from.Type, from.Format, f.RefTable, f.RefColumns[0], to.Type, to.Format)
				}
			}
		}
	}
}
