package workshop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/workshop"
)

// bench is a workshop whose schemas are made when the test says so.
type bench struct {
	*workshop.Workshop
	begun chan string // names, as they are begun
	end   chan error  // what each ends with
	stop  func()      // ends the run
	dir   string
}

func setup(t *testing.T, o workshop.Options) *bench {
	t.Helper()
	b := &bench{begun: make(chan string, 100), end: make(chan error), dir: o.Dir}
	if b.dir == "" {
		b.dir = t.TempDir()
	}
	o.Dir, o.Logger = b.dir, slog.New(slog.DiscardHandler)
	o.Make = func(ctx context.Context, order workshop.Order, in, out string, tell func(agent.Progress)) (*agent.Report, error) {
		tell(agent.Progress{Step: "read", Detail: filepath.Join(in, "a.csv")})
		b.begun <- order.Name
		select {
		case err := <-b.end:
			if err == nil {
				err = errors.Join(os.MkdirAll(filepath.Join(out, "ddl"), 0o700), os.WriteFile(filepath.Join(out, "ddl", "sqlite.sql"), []byte("-- "+in), 0o600))
			}
			if order.Name == "panics" {
				panic("a row too many")
			}
			return &agent.Report{}, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var err error
	if b.Workshop, err = workshop.Open(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stopped := false
	b.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-ended, b.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(b.stop)
	return b
}

func (b *bench) order(t *testing.T, name string) workshop.Job {
	t.Helper()
	s, err := b.Submit(100)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(workshop.Upload{Name: "a.csv", Body: strings.NewReader("a,b\n1,2\n")}); err != nil {
		t.Fatal(err)
	}
	j, err := s.Order(workshop.Order{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// until waits until a job is in a state.
func (b *bench) until(t *testing.T, id string, want workshop.State) workshop.Job {
	t.Helper()
	patience := time.After(30 * time.Second)
	for {
		j, changed, err := b.Job(id)
		if err != nil {
			t.Fatal(err)
		}
		if j.State == want {
			return j
		}
		select {
		case <-changed:
		case <-patience:
			t.Fatalf("the schema is %s, want %s", j.State, want)
		}
	}
}

func TestTwoAtATimeInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, workshop.Options{Queue: 2})
	var jobs []workshop.Job
	for i := range 4 {
		jobs = append(jobs, b.order(t, fmt.Sprint("s", i)))
		if i < 2 {
			<-b.begun
		}
	}
	for i, want := range []int{0, 0, 2, 3} {
		if j, _, _ := b.Job(jobs[i].ID); j.Ahead != want || (j.State == workshop.Running) != (i < 2) {
			t.Errorf("schema %d is %s with %d ahead of it, want %d", i, j.State, j.Ahead, want)
		}
	}
	if _, err := b.Submit(100); fault.KindOf(err) != fault.Throttled {
		t.Errorf("a fifth one is answered by %v", err)
	}
	b.end <- nil
	if name := <-b.begun; name != "s2" {
		t.Errorf("after the first ones %s was begun", name)
	}
	if err := b.Delete(t.Context(), jobs[3].ID); err != nil {
		t.Errorf("one that waits is deleted: %v", err)
	}
	if err := b.Delete(t.Context(), jobs[2].ID); err != nil {
		t.Errorf("one that is made is deleted: %v", err)
	}
	if _, _, err := b.Job(jobs[2].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after that it is there: %v", err)
	}
	if all := b.Jobs(); len(all) != 2 {
		t.Errorf("left are %+v", all)
	}
}

func TestEndsAreToldAndKept(t *testing.T) {
	t.Parallel()
	b := setup(t, workshop.Options{AtOnce: 1, Keep: 2})
	done, failed, broken := b.order(t, "done"), b.order(t, "failed"), b.order(t, "panics")
	b.end <- nil
	j := b.until(t, done.ID, workshop.Done)
	if len(j.Files) != 1 || j.Files[0].Name != "ddl-sqlite.sql" || len(j.Steps) != 1 || j.Steps[0].Detail != "a.csv" || j.Expires == nil {
		t.Errorf("what is done: %+v", j)
	}
	file, _, err := b.Open(done.ID, "ddl-sqlite.sql")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if text, err := os.ReadFile(file.Name()); err != nil || string(text) != "-- ." {
		t.Errorf("its file has %q %v, want no path", text, err)
	}
	b.end <- fault.WithCure(fault.New(fault.Invalid, "no table was found"), "send one")
	if j := b.until(t, failed.ID, workshop.Failed); j.Failure != "no table was found (send one)" || len(j.Files) != 0 {
		t.Errorf("what failed: %+v", j)
	}
	b.end <- nil
	if j := b.until(t, broken.ID, workshop.Failed); strings.Contains(j.Failure, "row") {
		t.Errorf("a panic is told: %q", j.Failure)
	}
	if _, _, err := b.Job(done.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the oldest of three is kept, of two that may be: %v", err)
	}
	b.stop()
	next := setup(t, workshop.Options{Dir: b.dir})
	if all := next.Jobs(); len(all) != 2 || all[1].State != workshop.Failed {
		t.Errorf("the next process has %+v", all)
	}
}

func TestWhatExpiresIsRemoved(t *testing.T) {
	t.Parallel()
	b := setup(t, workshop.Options{KeepFor: time.Nanosecond})
	j := b.order(t, "short")
	b.end <- nil
	for {
		_, changed, err := b.Job(j.ID)
		if err != nil {
			break
		}
		<-changed
	}
	if left, err := os.ReadDir(b.dir); err != nil || len(left) != 0 {
		t.Errorf("there is left: %v %v", left, err)
	}
}

func TestUnfinishedOnesAreInterrupted(t *testing.T) {
	t.Parallel()
	b := setup(t, workshop.Options{AtOnce: 1})
	running, waiting := b.order(t, "running"), b.order(t, "waiting")
	<-b.begun
	if err := os.Mkdir(filepath.Join(b.dir, "s_upload"), 0o700); err != nil { // one that was cut off
		t.Fatal(err)
	}
	b.stop()
	next := setup(t, workshop.Options{Dir: b.dir})
	for _, id := range []string{running.ID, waiting.ID} {
		if j, _, err := next.Job(id); err != nil || j.State != workshop.Interrupted || j.Failure == "" {
			t.Errorf("%s is %s: %v", id, j.State, err)
		}
		if _, err := os.Stat(filepath.Join(b.dir, id, "in")); !os.IsNotExist(err) {
			t.Errorf("its uploads are there: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(b.dir, "s_upload")); !os.IsNotExist(err) {
		t.Errorf("what was never ordered is there: %v", err)
	}
	if _, err := b.Submit(1); fault.KindOf(err) != fault.Throttled {
		t.Errorf("a workshop that has closed takes one in: %v", err)
	}
}

func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, workshop.Options{})
	s, err := b.Submit(10)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(workshop.Upload{Name: "a.csv", Body: strings.NewReader("123456")}); err != nil {
		t.Fatal(err)
	}
	err = s.Add(workshop.Upload{Name: "b.csv", Body: strings.NewReader("12345")})
	if _, large := errors.AsType[workshop.TooLargeError](err); !large {
		t.Errorf("eleven bytes of ten: %v", err)
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "c:", "a\x00", "A.csv", strings.Repeat("x", 201)} {
		if err := s.Add(workshop.Upload{Name: name, Body: strings.NewReader("1")}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	s.Discard()
	if left, err := os.ReadDir(b.dir); err != nil || len(left) != 0 {
		t.Errorf("there is left: %v %v", left, err)
	}
}
