package agent_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/agent"
)

// TestTheRunBeforeStaysWhole: a run that is broken off while it writes leaves what
// the one before made.
func TestTheRunBeforeStaysWhole(t *testing.T) {
	t.Parallel()
	o := options(t, shop(t))
	if _, err := agent.Generate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	before := tree(t, o.Out)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p agent.Progress) {
		if p.Step == "write" {
			cancel()
		}
	}
	if _, err := agent.Generate(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that of the context", err)
	}
	after := tree(t, o.Out)
	for _, m := range []map[string]string{before, after} {
		delete(m, filepath.Join(o.Out, "run.json")) // it says that this run did not finish
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the folder (-before +after):\n%s", diff)
	}
}

// tree are the files below a folder, by name, with what is in them.
func tree(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[path] = string(data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// TestARefusalLeavesNoFolder: one that the run made is removed again.
func TestARefusalLeavesNoFolder(t *testing.T) {
	t.Parallel()
	o := options(t, write(t, map[string]string{"a.csv": ""}))
	if _, err := agent.Generate(t.Context(), o); fault.KindOf(err) != fault.Invalid {
		t.Errorf("error %v, want one of kind invalid", err)
	}
	if _, err := os.Stat(o.Out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v, want none", err)
	}
}

// TestWhatARunMadeIsNotReadIntoItself: the rows in its folder would be replaced while
// they are read.
func TestWhatARunMadeIsNotReadIntoItself(t *testing.T) {
	t.Parallel()
	o := options(t, shop(t))
	if _, err := agent.Generate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	before := tree(t, o.Out)
	for _, input := range []string{o.Out, filepath.Join(o.Out, "load", "orders.csv")} {
		o.Inputs = []string{input}
		if _, err := agent.Generate(t.Context(), o); fault.KindOf(err) != fault.Invalid {
			t.Errorf("of %s: error %v, want one of kind invalid", input, err)
		}
	}
	if diff := cmp.Diff(before, tree(t, o.Out)); diff != "" {
		t.Errorf("the folder (-before +after):\n%s", diff)
	}
}
