package planner_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/truth"
)

// schemadata is the folder of databases with their declared schemas; tests that
// need it are skipped where it is absent.
func schemadata(tb testing.TB) string {
	tb.Helper()
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	for _, dir := range []string{os.Getenv("HEADGATE_SCHEMADATA"), filepath.Join(root, "..", "shared", "schemadata"), filepath.Join(root, "..", "..", "shared", "schemadata")} {
		if _, err := os.Stat(filepath.Join(dir, "spider_en")); dir != "" && err == nil {
			return dir
		}
	}
	tb.Skip("there are no databases to plan: set HEADGATE_SCHEMADATA to their folder")
	return ""
}

// score plans the CSV files of a folder and compares with what is declared there.
func score(tb testing.TB, dir string) truth.Score {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "ground_truth.json"))
	if err != nil {
		tb.Fatal(err)
	}
	declared, err := truth.Read(data)
	if err != nil {
		tb.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	set, err := tabular.Open(tb.Context(), files, tabular.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	defer set.Close()
	ev, err := profile.Run(tb.Context(), set.Tables, profile.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	p := planner.Make(ev, filepath.Base(dir))
	if faults := p.Schema.Check(); len(faults) > 0 {
		tb.Errorf("%s: the schema has faults: %v", dir, faults)
	}
	s := truth.Compare(declared, p.Schema, values(ev))
	for _, m := range s.Missed {
		tb.Logf("%s missed %s", filepath.Base(dir), m)
	}
	for _, w := range s.Wrong {
		tb.Logf("%s wrong  %s", filepath.Base(dir), w)
	}
	return s
}

// values says of columns whether they have any, and whether all are whole numbers.
func values(ev *evidence.Evidence) func(table, column string) (some, whole bool) {
	return func(table, column string) (some, whole bool) {
		for _, t := range ev.Tables {
			for _, c := range t.Columns {
				if t.Name == table && c.Name == column {
					return c.Nulls+c.Blanks < t.Rows, c.Type == evidence.TypeInteger
				}
			}
		}
		return false, false
	}
}

func TestNamedDatabases(t *testing.T) {
	t.Parallel()
	sum, n := 0.0, 0
	var keys, types truth.Count
	for _, name := range []string{"chinook", "northwind", "sakila", "oracle_hr"} {
		s := score(t, filepath.Join(schemadata(t), name))
		t.Logf("%-10s visible P %.3f R %.3f F1 %.3f  declared F1 %.3f  keys %d/%d  types %.3f", name, s.Visible.Precision(), s.Visible.Recall(), s.Visible.F1(), s.References.F1(), s.Keys.Right, s.Keys.Declared, s.Types.Recall())
		sum, n = sum+s.Visible.F1(), n+1
		keys.Add(s.Keys)
		types.Add(s.Types)
	}
	t.Logf("mean F1 %.3f keys %.3f types %.3f", sum/float64(n), keys.Recall(), types.Recall())
	if f1 := sum / float64(n); f1 < 0.90 {
		t.Errorf("the mean F1 of references is %.3f, want at least 0.90", f1)
	}
	if keys.Recall() < 0.95 || types.Recall() < 0.99 {
		t.Errorf("keys %.3f, want at least 0.95; types %.3f, want at least 0.99", keys.Recall(), types.Recall())
	}
}

func TestSpider(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(filepath.Join(schemadata(t), "spider_en", "*", "ground_truth.json"))
	if err != nil || len(dirs) < 40 {
		t.Fatalf("%d databases: %v", len(dirs), err)
	}
	var visible, declared, keys, types truth.Count
	for _, d := range dirs {
		s := score(t, filepath.Dir(d))
		visible.Add(s.Visible)
		declared.Add(s.References)
		keys.Add(s.Keys)
		types.Add(s.Types)
	}
	t.Logf("visible P %.3f R %.3f F1 %.3f  declared F1 %.3f  keys %d/%d %.3f  types %.3f", visible.Precision(), visible.Recall(), visible.F1(), declared.F1(), keys.Right, keys.Declared, keys.Recall(), types.Recall())
	if visible.F1() < 0.90 || visible.Precision() < 0.93 {
		t.Errorf("references: F1 %.3f, want at least 0.90; precision %.3f, want at least 0.93", visible.F1(), visible.Precision())
	}
	if keys.Recall() < 0.93 || types.Recall() < 0.95 {
		t.Errorf("keys %.3f, want at least 0.93; types %.3f, want at least 0.95", keys.Recall(), types.Recall())
	}
}

// TestStyles plans small databases in other styles than those above: camel case,
// prefixes, other languages, abbreviations, composite references, keys that are
// texts, satellites, junctions, references to itself. The rules were looked over
// with the seen half alone; of the other only the figures were read.
func TestStyles(t *testing.T) {
	t.Parallel()
	all, n := 0.0, 0.0
	for _, half := range []string{"seen", "unseen"} {
		dirs, err := filepath.Glob(filepath.Join("testdata", half, "*", "ground_truth.json"))
		if err != nil || len(dirs) < 7 {
			t.Fatalf("%d databases: %v", len(dirs), err)
		}
		sum := 0.0
		var visible, keys, types truth.Count
		for _, d := range dirs {
			s := score(t, filepath.Dir(d))
			sum += s.Visible.F1()
			visible.Add(s.Visible)
			keys.Add(s.Keys)
			types.Add(s.Types)
		}
		t.Logf("%-6s mean visible F1 %.3f  pooled P %.3f R %.3f F1 %.3f  keys %d/%d  types %.3f", half, sum/float64(len(dirs)), visible.Precision(), visible.Recall(), visible.F1(), keys.Right, keys.Declared, types.Recall())
		all, n = all+sum, n+float64(len(dirs))
	}
	t.Logf("mean visible F1 of both %.3f", all/n)
	if all/n < 0.90 {
		t.Errorf("the mean F1 of references is %.3f, want at least 0.90", all/n)
	}
}
