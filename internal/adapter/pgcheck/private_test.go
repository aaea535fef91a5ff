//go:build unix

package pgcheck_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/schema"
)

// shortTemp is a folder whose path is short enough for a socket, and that the user
// whom a server runs as may pass.
func shortTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hg") //nolint:usetesting // t.TempDir is long, and closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil { // as said
		t.Fatal(err)
	}
	return dir
}

// left is what a server has left below its folder.
func left(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// processes are the command lines that name a folder.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range found {
		if line, err := os.ReadFile(name); err == nil && strings.Contains(string(line), dir) {
			out = append(out, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return out
}

// TestACancelledRunLeavesNothing, whenever it is cancelled: before the folder is
// made, while it is filled, while the server starts, and while rows are loaded.
func TestACancelledRunLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := shortTemp(t)
	for _, after := range []time.Duration{0, 5 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond, 2 * time.Second} {
		p := pgcheck.NewPrivate(dir)
		ctx, stop := context.WithTimeout(t.Context(), after)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		for {
			_, err := p.Try(ctx, shop(), endless{ctx})
			if err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("after %s: %v", after, err)
				}
				break
			}
			if ctx.Err() != nil {
				break
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("after %s: %v", after, err)
		}
		if files, running := left(t, dir), processes(t, dir); len(files)+len(running) > 0 {
			t.Errorf("after %s there are %v and %v", after, files, running)
		}
	}
}

// endless are rows that come until the context ends.
type endless struct{ ctx context.Context } //nolint:containedctx // a test's

func (e endless) Scan(ctx context.Context, t *schema.Table, fn func([]*string) error) error {
	row := make([]*string, len(t.Columns))
	for ctx.Err() == nil {
		if err := fn(row); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (e endless) Original(context.Context, string, []schema.Column, func([]*string) error) error {
	return nil
}

// TestWhatACrashLeftIsSweptAway: a process that is killed cannot end its server; the
// next one does.
func TestWhatACrashLeftIsSweptAway(t *testing.T) {
	t.Parallel()
	dir := shortTemp(t)
	if os.Getenv("HEADGATE_CRASH") != "" {
		t.Skip("the process that crashes runs TestCrash alone")
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrash$")
	child.Env = append(os.Environ(), "HEADGATE_CRASH="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var word [8]byte
	n, _ := out.Read(word[:]) // what was read says it
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = child.Wait() // it was killed
	if !strings.HasPrefix(string(word[:n]), "up") {
		t.Skip("there is no PostgreSQL here")
	}
	if len(left(t, dir)) != 1 {
		t.Fatalf("the crash left %v", left(t, dir))
	}
	p := pgcheck.NewPrivate(dir)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if r, err := p.Try(t.Context(), shop(), rows{}); err != nil || !r.Executed {
		t.Errorf("%+v, %v", r, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(processes(t, dir)) > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if files, running := left(t, dir), processes(t, dir); len(files)+len(running) > 0 {
		t.Errorf("there are %v and %v", files, running)
	}
}

// TestCrash is the process that is killed.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HEADGATE_CRASH")
	if dir == "" {
		t.Skip("run by another test")
	}
	p := pgcheck.NewPrivate(dir)
	go func() { _ = p.Run(t.Context()) }() // it is killed
	r, err := p.Try(t.Context(), shop(), rows{})
	if err != nil || !r.Executed {
		os.Stdout.WriteString("none\n")
		return
	}
	os.Stdout.WriteString("up\n")
	select {}
}

// TestALongWayIsNoHindrance: a socket's path is short, and a test's folder closed.
func TestALongWayIsNoHindrance(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := pgcheck.NewPrivate(dir)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	r, err := p.Try(t.Context(), shop(), rows{})
	if err != nil || !r.Executed && !strings.Contains(r.Why, "installed") {
		t.Errorf("%+v, %v", r, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestWithoutAServerItIsParsed, and the result says why.
func TestWithoutAServerItIsParsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortTemp(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o755); err != nil { // so that it is not the mode that is in the way
		t.Fatal(err)
	}
	p := pgcheck.NewPrivate(file)
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := p.Try(t.Context(), shop(), rows{})
	if err != nil || r.Executed || r.Why == "" || !r.Held() {
		t.Errorf("%+v, %v", r, err)
	}
}
