package rows_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/headgate/headgate/internal/adapter/mysqlcheck"
	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/verify"
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
	tb.Skip("there are no databases to plan: set HEADGATE_SCHEMADATA to their folder")
	return ""
}

// TestEveryDatabaseIsMadeAndLoaded: what evidence alone makes runs, and takes every
// row of the files, and nothing had to be given up for it.
func TestEveryDatabaseIsMadeAndLoaded(t *testing.T) {
	t.Parallel()
	root := schemadata(t)
	var dirs []string
	for _, pattern := range []string{"*", "spider_en/*", "dirty/*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, found...)
	}
	made := 0
	for _, dir := range dirs {
		if files, _ := filepath.Glob(filepath.Join(dir, "*.csv")); len(files) == 0 {
			continue
		}
		made++
		set, err := tabular.Open(t.Context(), []string{dir}, tabular.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		ev, err := profile.Run(t.Context(), set.Tables, profile.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		source, err := rows.New(set.Tables, ev)
		if err != nil {
			t.Fatal(err)
		}
		s := planner.Make(ev, filepath.Base(dir)).Schema
		out, err := verify.Mend(t.Context(), s, source, []verify.Engine{&sqlitecheck.Engine{TempDir: t.TempDir()}})
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		for _, c := range out.Changes {
			t.Errorf("%s: %+v", filepath.Base(dir), c)
		}
		for _, want := range ev.Tables {
			i := slices.IndexFunc(s.Tables, func(t schema.Table) bool { return t.ID == want.ID })
			if got := out.Results[0].Loaded[s.Tables[i].Name]; got != want.Rows {
				t.Errorf("%s: %d rows of %s were loaded, of %d", filepath.Base(dir), got, want.Name, want.Rows)
			}
		}
		if err := pgcheck.Parse(string(ddl.Script(s, ddl.PostgreSQL))); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		if err := mysqlcheck.Parse(string(ddl.Script(s, ddl.MySQL))); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}
	if made < 50 {
		t.Errorf("only %d databases were made", made)
	}
}
