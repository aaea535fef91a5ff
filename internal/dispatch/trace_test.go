package dispatch

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/ledger"
)

// stories keeps what it is told.
type stories struct {
	content int

	mu   sync.Mutex // guards what follows
	told []*Story
}

func (s *stories) Sampled([16]byte) bool { return true }
func (s *stories) ContentBytes() int     { return s.content }
func (s *stories) Trace(st *Story) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, st)
}

// TestAStoryHasEachStep: the wait for a turn, the attempt that was throttled, the
// wait for the limit, and the attempt that went well, one after the other.
func TestAStoryHasEachStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000), throttle("requests"))
		s := &stories{content: 7}
		b.opts.Tracer = s
		r := request("a")
		r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
		if status, _, err := b.send(t.Context(), r); status != 200 || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
		b.quiet(t, 1)
		if len(s.told) != 1 {
			t.Fatalf("%d stories of one call", len(s.told))
		}
		st := s.told[0]
		type step struct {
			kind   StepKind
			status int
			limit  string
			took   time.Duration
		}
		var got []step
		for i, x := range st.Steps {
			got = append(got, step{x.Kind, x.Status, x.Limit, x.End.Sub(x.Begin).Round(time.Second)})
			if i > 0 && x.Begin.Before(st.Steps[i-1].End) || x.Span == [8]byte{} {
				t.Errorf("step %d begins before the one before has ended, or has no id", i)
			}
		}
		want := []step{{StepQueue, 0, "", 0}, {StepAttempt, 429, "requests_per_minute", 0}, {StepQueue, 0, "requests_per_minute", 30 * time.Second}, {StepAttempt, 200, "", 3 * time.Second}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(step{})); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		if st.At.Trace != st.Parent.Trace || st.At.Sampled || st.At.Span == st.Parent.Span || st.StopReason != "end_turn" || st.Entry.Outcome != ledger.OK {
			t.Errorf("the story is %+v", st)
		}
		if string(st.Answer) != `{"outpu` || string(st.Request) != string(r.Body) {
			t.Errorf("of the answer it holds %q, of the request %q", st.Answer, st.Request)
		}
	})
}

// TestAStoryEndsWithItsCall: that of a call which was given up, or never was one,
// and without a trace of the client's it begins one.
func TestAStoryEndsWithItsCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000))
		s := &stories{}
		b.opts.Tracer = s
		for _, run := range []string{"a", "b"} {
			go b.send(t.Context(), request(run))
			synctest.Wait()
		}
		wrong := request("c")
		wrong.ModelID = "no-such.model"
		if _, _, err := b.send(t.Context(), wrong); err == nil {
			t.Error("a call for no model was answered")
		}
		time.Sleep(4 * time.Second)
		b.Close()
		if len(s.told) != 3 {
			t.Fatalf("%d stories of three calls", len(s.told))
		}
		for _, st := range s.told {
			if st.At.IsZero() || !st.Parent.IsZero() || st.Request != nil || st.Answer != nil {
				t.Errorf("the story of %s: at %v, below %v, or it holds a body", st.Entry.Run, st.At, st.Parent)
			}
			for _, x := range st.Steps {
				if x.End.IsZero() {
					t.Errorf("the story of %s has a step without an end", st.Entry.Run)
				}
			}
		}
		if last := s.told[2]; last.Entry.Outcome != ledger.Cancelled || len(last.Steps) != 1 || !strings.Contains(last.Entry.ErrorMessage, "stopped") {
			t.Errorf("the call that waited is told as %+v", last)
		}
	})
}
