package profile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// with measures files with options, and checks that no temporary file stays.
func with(tb testing.TB, o profile.Options, inputs ...string) *evidence.Evidence {
	tb.Helper()
	o.TempDir = tb.TempDir()
	set, err := tabular.Open(tb.Context(), inputs, tabular.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	defer set.Close()
	ev, err := profile.Run(tb.Context(), set.Tables, o)
	if err != nil {
		tb.Fatal(err)
	}
	if left, _ := os.ReadDir(o.TempDir); len(left) > 0 {
		tb.Errorf("%d temporary files stay behind", len(left))
	}
	return ev
}

// TestEqualEvidence: neither the number of workers nor a second run changes it, and
// too little memory changes nothing of columns and inclusions.
func TestEqualEvidence(t *testing.T) {
	t.Parallel()
	dirs := append(databases(t, "sakila"), databases(t, "chinook")...)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
			if err != nil {
				t.Fatal(err)
			}
			want := with(t, profile.Options{Workers: 1}, files...)
			for _, workers := range []int{1, 2, 5} {
				if diff := cmp.Diff(want, with(t, profile.Options{Workers: workers}, files...)); diff != "" {
					t.Errorf("%d workers find something else (-one +%d):\n%s", workers, workers, diff)
				}
			}
			tight := with(t, profile.Options{Workers: 2, Memory: 1}, files...)
			if diff := cmp.Diff(want.Inclusions, tight.Inclusions); diff != "" {
				t.Errorf("without memory there are other inclusions:\n%s", diff)
			}
			for i, table := range want.Tables {
				if diff := cmp.Diff(table.Columns, tight.Tables[i].Columns); diff != "" {
					t.Errorf("without memory the columns of %s are others:\n%s", table.Name, diff)
				}
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("a,b\n1,2\n3,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := tabular.Open(t.Context(), []string{path}, tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = profile.Run(ctx, set.Tables, profile.Options{Workers: 1, Progress: func(profile.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want that it was cancelled", err)
	}
}
