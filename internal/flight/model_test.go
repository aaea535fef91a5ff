package flight_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/flight"
)

// bubble hides the deadline of a test, which must not be asked for in a synctest
// bubble.
type bubble struct{ rapid.TB }

// world is the clients and the producers of a table, as they would be.
type world struct {
	table   *flight.Table
	clients []*flight.Client
	calls   []*producer
}

// producer is the leader's side of one flight.
type producer struct {
	flight   *flight.Flight
	phase    flight.Phase
	orphaned int
	done     bool
}

func (w *world) join(t *rapid.T) {
	key := plain(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "body"))
	key.Invocation = rapid.SampledFrom([]string{"", "", "1", "2"}).Draw(t, "invocation")
	c, leader := w.table.Join(key)
	known := false
	for _, p := range w.calls {
		if known = known || p.flight == c.Flight(); p.flight == c.Flight() && p.orphaned > 0 && !leader {
			t.Fatalf("joined a call that was given up")
		}
	}
	if known == leader {
		t.Fatalf("leader = %t of a flight that is known: %t", leader, known)
	}
	if leader {
		p := &producer{flight: c.Flight()}
		p.flight.OnOrphaned(func() { p.orphaned++ })
		w.calls = append(w.calls, p)
	}
	if key.Invocation == "" && !leader {
		for _, other := range w.clients {
			if other.Flight() == c.Flight() {
				t.Fatalf("two live clients share a call")
			}
		}
	}
	w.clients = append(w.clients, c)
}

func (w *world) leave(t *rapid.T) {
	if len(w.clients) == 0 {
		t.Skip("no client")
	}
	i := rapid.IntRange(0, len(w.clients)-1).Draw(t, "client")
	_ = w.clients[i].Close()
	w.clients = append(w.clients[:i], w.clients[i+1:]...)
}

func (w *world) step(t *rapid.T) {
	p := w.running(t)
	p.phase = rapid.SampledFrom([]flight.Phase{flight.Waiting, flight.Running, flight.Streaming}).Draw(t, "phase")
	p.flight.SetPhase(p.phase)
}

func (w *world) finish(t *rapid.T) {
	p := w.running(t)
	p.done = true
	if rapid.Bool().Draw(t, "ok") {
		p.flight.Answer().Begin(http.StatusOK, nil)
		write(t, p.flight.Answer(), "text")
		p.flight.Done(nil, true)
		return
	}
	p.flight.Done(errors.New("refused"), false)
}

func (w *world) running(t *rapid.T) *producer {
	for _, p := range w.calls {
		if !p.done {
			return p
		}
	}
	t.Skip("no call under way")
	return nil
}

// Whatever clients and producers do and whenever: no call is given up twice or
// while a client is there, no call that was given up is joined, live clients
// share nothing without an invocation id, and nothing is left in the end.
func TestTableModel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubble{t}, func(t *rapid.T) {
			w := &world{table: flight.New(flight.Options{KeepFor: keepFor, Grace: grace, KeepBytes: 4 << 10})}
			t.Repeat(map[string]func(*rapid.T){
				"join":   w.join,
				"leave":  w.leave,
				"phase":  w.step,
				"finish": w.finish,
				"sleep": func(t *rapid.T) {
					time.Sleep(time.Duration(rapid.IntRange(1, 50).Draw(t, "seconds")) * time.Second)
					synctest.Wait()
				},
				"": func(t *rapid.T) { w.check(t) },
			})
			for _, c := range w.clients {
				_ = c.Close()
			}
			for _, p := range w.calls {
				p.flight.Done(errors.New("stopped"), false)
			}
			time.Sleep(keepFor)
			synctest.Wait()
			if got := w.table.Status(); got != (flight.Status{}) {
				t.Fatalf("in the end Status = %+v, want nothing", got)
			}
		})
	})
}

func (w *world) check(t *rapid.T) {
	for i, p := range w.calls {
		attended := false
		for _, c := range w.clients {
			attended = attended || c.Flight() == p.flight
		}
		if p.orphaned > 1 || (p.orphaned == 1 && attended) {
			t.Fatalf("call %d: given up %d times, attended: %t", i, p.orphaned, attended)
		}
	}
	if s := w.table.Status(); s.KeptBytes > 4<<10 || s.Kept > s.Calls+s.Left {
		t.Fatalf("Status = %s", fmt.Sprintf("%+v", s))
	}
}

func BenchmarkJoinDone2KB(b *testing.B) {
	table := flight.New(flight.Options{})
	body, buf := make([]byte, 2<<10), make([]byte, 32<<10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c, _ := table.Join(flight.Key{Principal: "AKIDEXAMPLE", Invocation: fmt.Sprint(i), Model: "m", Body: body})
		f := c.Flight()
		f.SetPhase(flight.Running)
		f.Answer().Begin(http.StatusOK, nil)
		_, _ = f.Answer().Write(body)
		f.Done(nil, true)
		for {
			if _, err := c.Read(buf); err != nil {
				break
			}
		}
		_ = c.Close()
	}
}
