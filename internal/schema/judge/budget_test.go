package judge_test

import (
	"path/filepath"
	"testing"

	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/sample"
)

// TestWhatASchemaTakes: about 2,000 tokens of input and 1,500 of output for up to 70
// columns.
func TestWhatASchemaTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := sample.WriteDir(dir, 0.0005, 1); err != nil {
		t.Fatal(err)
	}
	takes(t, dir)
}

func TestWhatDatabasesTake(t *testing.T) {
	t.Parallel()
	root := schemadata(t)
	for _, name := range []string{"chinook", "northwind", "sakila", "oracle_hr", "dirty/raha", "dirty/uk_gov"} {
		takes(t, filepath.Join(root, name))
	}
}

func takes(t *testing.T, dir string) {
	t.Helper()
	b := measure(t, dir)
	columns := 0
	for _, e := range b.Evidence.Tables {
		columns += len(e.Columns)
	}
	in, out, calls := 0, 0, 0
	for _, step := range judge.Steps() {
		r, ok := judge.Ask(step, b.State)
		if !ok {
			continue
		}
		calls++
		in, out = in+r.Input, out+r.Output
		t.Logf("%s: %d in, %d out, %d at most\n%s\n%s\n%s", step, r.Input, r.Output, r.MaxTokens, r.System, r.User, r.Tool.Schema)
		if want := (r.Output*13 + 9) / 10; r.MaxTokens != want {
			t.Errorf("%s: at most %d tokens, want %d", step, r.MaxTokens, want)
		}
	}
	t.Logf("%s: %d columns, %d calls, %d in, %d out", filepath.Base(dir), columns, calls, in, out)
	if columns <= 70 && (in > 2000 || out > 1500) || in > 40*columns+1200 || out > 25*columns+500 {
		t.Errorf("%s: %d columns take %d calls of %d tokens in and %d out", dir, columns, calls, in, out)
	}
}
