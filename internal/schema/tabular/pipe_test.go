//go:build unix

package tabular_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// TestOpenAPipe: a named pipe is read once and kept; links are followed to files.
func TestOpenAPipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "orders.csv"), filepath.Join(dir, "link.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	if err := os.Symlink(write(t, "real.csv", "c,d\n3,4\n"), link); err != nil {
		t.Fatal(err)
	}
	go func() { // Open waits for it
		if err := os.WriteFile(pipe, []byte("a,b\n1,2\n"), 0o600); err != nil {
			t.Error(err)
		}
	}()
	set := open(t, pipe, link)
	for range 2 {
		if diff := cmp.Diff("link: c|d\n3|4\norders: a|b\n1|2", show(t, set)); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
	}
	if set := open(t, dir); len(set.Tables) != 1 || len(set.Skipped) != 1 || set.Skipped[0].Source != pipe {
		t.Errorf("Open of the folder: %d tables, skipped %+v; want the link, and the pipe skipped", len(set.Tables), set.Skipped)
	}
	_, err := tabular.Open(t.Context(), []string{os.DevNull}, tabular.Options{})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "device") {
		t.Errorf("Open of a device = %v, want Invalid", err)
	}
}

// TestWaitingCanBeEnded: neither a pipe that nobody writes to nor a silent stream
// holds on to a run that was broken off.
func TestWaitingCanBeEnded(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "orders.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	silent, quiet, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer quiet.Close()
	for _, input := range []string{pipe, "-"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		dir := t.TempDir()
		if _, err := tabular.Open(ctx, []string{input}, tabular.Options{Stdin: silent, TempDir: dir}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open(%s) = %v, want the end of its context", input, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("Open(%s) left %v", input, left)
		}
	}
}

// TestAFileIsReadOnce: by whatever path it is named.
func TestAFileIsReadOnce(t *testing.T) {
	t.Parallel()
	path := write(t, "orders.csv", "a,b\n1,2\n")
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	set := open(t, path, filepath.Dir(path), link)
	if len(set.Tables) != 1 || len(set.Skipped) != 2 || set.Skipped[1].Source != link || !strings.Contains(set.Skipped[1].Reason, "same file as "+path) {
		t.Errorf("%d tables, skipped %+v; want one table, and the same file skipped twice", len(set.Tables), set.Skipped)
	}
}
