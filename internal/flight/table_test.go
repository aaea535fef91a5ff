package flight_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/llm"
)

const (
	keepFor = time.Minute
	grace   = 30 * time.Second
)

// labelled is a call with an SDK invocation id, plain one without.
func labelled(id string) flight.Key {
	k := plain("body of " + id)
	k.Invocation = id
	return k
}

func plain(body string) flight.Key {
	return flight.Key{Principal: "AKIDEXAMPLE", Operation: llm.OpConverse, Model: "m", Body: []byte(body)}
}

// answer is what the producer does for a call that succeeds.
func answer(t tb, f *flight.Flight, body string) {
	t.Helper()
	f.Answer().Begin(http.StatusOK, http.Header{})
	write(t, f.Answer(), body)
	f.Done(nil, true)
}

// lead joins key and fails the test unless that begins a flight.
func lead(t tb, table *flight.Table, key flight.Key) *flight.Client {
	t.Helper()
	c, leader := table.Join(key)
	if !leader {
		t.Fatalf("Join(%q, %q) found a flight, want a new one", key.Invocation, key.Body)
	}
	return c
}

// follow joins key and fails the test unless that finds f.
func follow(t tb, table *flight.Table, key flight.Key, f *flight.Flight) *flight.Client {
	t.Helper()
	c, leader := table.Join(key)
	if leader || c.Flight() != f {
		t.Fatalf("Join(%q, %q) began a flight or found another one", key.Invocation, key.Body)
	}
	return c
}

// serve reads the whole answer and closes.
func serve(t tb, c *flight.Client, want string) {
	t.Helper()
	if got := readAll(t, c); got != want {
		t.Fatalf("client got %q, want %q", got, want)
	}
	_ = c.Close()
}

func wantStatus(t tb, table *flight.Table, want flight.Status) {
	t.Helper()
	got := table.Status()
	got.KeptBytes = 0
	if got != want {
		t.Fatalf("Status = %+v, want %+v", got, want)
	}
}

func TestRetryOfAnInvocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := flight.New(flight.Options{KeepFor: keepFor})
		first := lead(t, table, labelled("a"))
		f := first.Flight()
		f.SetPhase(flight.Running)
		// The retry comes while the first connection still looks open.
		second := follow(t, table, labelled("a"), f)
		_ = first.Close()
		answer(t, f, "text")
		serve(t, second, "text")
		serve(t, follow(t, table, labelled("a"), f), "text")

		time.Sleep(keepFor - time.Second)
		serve(t, follow(t, table, labelled("a"), f), "text")
		time.Sleep(time.Second)
		synctest.Wait()
		wantStatus(t, table, flight.Status{})
		_ = lead(t, table, labelled("a")).Close()
	})
}

func TestWhatIsNotARetry(t *testing.T) {
	t.Parallel()
	base := labelled("a")
	for _, tc := range []struct {
		name   string
		change func(*flight.Key)
	}{
		{"another invocation", func(k *flight.Key) { k.Invocation = "b" }},
		{"another principal", func(k *flight.Key) { k.Principal = "AKIDOTHER" }},
		{"another body", func(k *flight.Key) { k.Body = []byte("else") }},
		{"another model", func(k *flight.Key) { k.Model = "n" }},
		{"another operation", func(k *flight.Key) { k.Operation = llm.OpConverseStream }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, invocation := range []string{"a", ""} {
				table := flight.New(flight.Options{})
				key := base
				key.Invocation = invocation
				first := lead(t, table, key)
				first.Flight().SetPhase(flight.Running)
				_ = first.Close()
				other := key
				tc.change(&other)
				_ = lead(t, table, other).Close()
			}
		})
	}
}

func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]func(*flight.Flight){
		"refused by us": func(f *flight.Flight) { f.Done(http.ErrAbortHandler, false) },
		"cut off":       func(f *flight.Flight) { f.Done(http.ErrAbortHandler, true) },
		"not worth it":  func(f *flight.Flight) { f.Answer().Begin(http.StatusServiceUnavailable, nil); f.Done(nil, false) },
		"too large": func(f *flight.Flight) {
			f.Answer().Begin(http.StatusOK, nil)
			_, _ = f.Answer().Write(make([]byte, 11))
			f.Done(nil, true)
		},
	} {
		for _, key := range []flight.Key{labelled("a"), plain("a")} {
			table := flight.New(flight.Options{AnswerBytes: 10})
			c := lead(t, table, key)
			c.Flight().SetPhase(flight.Running)
			_ = c.Close()
			done(c.Flight())
			if got := table.Status(); got != (flight.Status{}) {
				t.Errorf("%s (invocation %q): Status = %+v, want nothing", name, key.Invocation, got)
			}
		}
	}
}

func TestNothingIsKept(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]flight.Options{"no bytes": {KeepBytes: -1}, "no time": {KeepFor: -1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := flight.New(opts)
			first := lead(t, table, labelled("a"))
			again := follow(t, table, labelled("a"), first.Flight()) // what is under way is joined all the same
			answer(t, first.Flight(), "answer")
			serve(t, first, "answer")
			serve(t, again, "answer")
			lead(t, table, labelled("a"))
			if got := table.Status(); got.Kept != 0 {
				t.Errorf("%d answers are kept, want none", got.Kept)
			}
		})
	}
}

func TestTwoLiveClientsNeverMeet(t *testing.T) {
	t.Parallel()
	table := flight.New(flight.Options{})
	first := lead(t, table, plain("same"))
	second := lead(t, table, plain("same"))
	first.Flight().SetPhase(flight.Running)
	_ = first.Close()
	// The first one's client is gone: a third may be it again, and only one.
	third := follow(t, table, plain("same"), first.Flight())
	fourth := lead(t, table, plain("same"))
	answer(t, first.Flight(), "one")
	answer(t, second.Flight(), "two")
	serve(t, third, "one")
	serve(t, second, "two")
	answer(t, fourth.Flight(), "four")
	serve(t, fourth, "four")
	wantStatus(t, table, flight.Status{})
}

func TestUnlabelledAnswerIsGivenOutOnce(t *testing.T) {
	t.Parallel()
	for name, leaveFirst := range map[string]bool{"left before the answer": true, "left before reading it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := flight.New(flight.Options{})
			c := lead(t, table, plain("p"))
			f := c.Flight()
			f.SetPhase(flight.Running)
			if leaveFirst {
				_ = c.Close()
			}
			answer(t, f, "text")
			_ = c.Close()
			wantStatus(t, table, flight.Status{Left: 1, Kept: 1})
			// A client that leaves once more without the answer may come once more.
			_ = follow(t, table, plain("p"), f).Close()
			serve(t, follow(t, table, plain("p"), f), "text")
			wantStatus(t, table, flight.Status{})
			_ = lead(t, table, plain("p")).Close()
		})
	}
}

func TestServedUnlabelledAnswerIsNotKept(t *testing.T) {
	t.Parallel()
	table := flight.New(flight.Options{})
	c := lead(t, table, plain("p"))
	answer(t, c.Flight(), "text")
	serve(t, c, "text")
	wantStatus(t, table, flight.Status{})
}

func TestWaitingCallKeepsItsPlaceForGrace(t *testing.T) {
	t.Parallel()
	for _, key := range []flight.Key{labelled("a"), plain("a")} {
		synctest.Test(t, func(t *testing.T) {
			table := flight.New(flight.Options{Grace: grace})
			c := lead(t, table, key)
			f := c.Flight()
			var orphaned []time.Duration
			start := time.Now()
			f.OnOrphaned(func() { orphaned = append(orphaned, time.Since(start)) })
			_ = c.Close()
			time.Sleep(grace - time.Second)
			c = follow(t, table, key, f) // in time: the clock stands still while it waits
			time.Sleep(2 * grace)
			_ = c.Close()
			_ = c.Close() // no second leave
			time.Sleep(grace)
			synctest.Wait()
			if want := grace - time.Second + 2*grace + grace; len(orphaned) != 1 || orphaned[0] != want {
				t.Fatalf("orphaned after %v, want once after %v", orphaned, want)
			}
			_ = lead(t, table, key).Close()
			f.Done(http.ErrAbortHandler, true)
			f.Done(nil, true) // the first counts
		})
	}
}

func TestRunningCallGoesOnWithoutAClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := flight.New(flight.Options{Grace: grace})
		c := lead(t, table, labelled("a"))
		f := c.Flight()
		var orphaned atomic.Bool
		f.OnOrphaned(func() { orphaned.Store(true) })
		_ = c.Close() // while it waits: the grace timer runs
		f.SetPhase(flight.Running)
		time.Sleep(2 * grace)
		synctest.Wait()
		f.SetPhase(flight.Streaming) // content that nobody reads yet
		if orphaned.Load() {
			t.Fatal("a running call was orphaned, want it to go on")
		}
		f.SetPhase(flight.Waiting) // the attempt failed, and nobody has waited for long
		if !orphaned.Load() {
			t.Error("a call that must wait again long after its client left is not orphaned")
		}
		f.Done(http.ErrAbortHandler, false)
	})
}

func TestBackedOffCallHasTheRestOfItsGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := flight.New(flight.Options{Grace: grace})
		c := lead(t, table, plain("a"))
		f := c.Flight()
		var orphaned atomic.Bool
		f.OnOrphaned(func() { orphaned.Store(true) })
		f.SetPhase(flight.Running)
		_ = c.Close()
		time.Sleep(grace / 2)
		f.SetPhase(flight.Waiting)
		time.Sleep(grace/2 - time.Nanosecond)
		synctest.Wait()
		if orphaned.Load() {
			t.Error("orphaned before the grace was over")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !orphaned.Load() {
			t.Error("not orphaned when the grace was over")
		}
		f.Done(http.ErrAbortHandler, false)
		wantStatus(t, table, flight.Status{})
	})
}

func TestLeavingAStreamStopsItAtOnce(t *testing.T) {
	t.Parallel()
	for _, key := range []flight.Key{labelled("a"), plain("a")} {
		table := flight.New(flight.Options{})
		c := lead(t, table, key)
		f := c.Flight()
		f.SetPhase(flight.Streaming)
		other := c
		if key.Invocation != "" {
			other = follow(t, table, key, f)
			_ = c.Close()
		}
		orphaned := 0
		_ = other.Close()
		f.OnOrphaned(func() { orphaned++ }) // late, but told
		if orphaned != 1 {
			t.Errorf("invocation %q: told %d times that the last client left, want once", key.Invocation, orphaned)
		}
		_ = lead(t, table, key).Close() // nobody joins a stream that was told to stop
		f.Done(http.ErrAbortHandler, false)
	}
}

func TestServedClientDoesNotOrphan(t *testing.T) {
	t.Parallel()
	table := flight.New(flight.Options{})
	c := lead(t, table, plain("a"))
	f := c.Flight()
	f.SetPhase(flight.Streaming)
	f.OnOrphaned(func() { t.Error("orphaned by a client that has it all") })
	f.Answer().Begin(http.StatusOK, nil)
	f.Answer().End(nil)
	serve(t, c, "")
	f.Done(nil, true)
	wantStatus(t, table, flight.Status{})
}

func TestOldestAnswersGiveWay(t *testing.T) {
	t.Parallel()
	table := flight.New(flight.Options{KeepBytes: 8 << 10})
	body := strings.Repeat("x", 1<<10) // and as much again for keeping it: four fit
	var flights []*flight.Flight
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		c := lead(t, table, labelled(id))
		answer(t, c.Flight(), body)
		serve(t, c, body)
		flights = append(flights, c.Flight())
	}
	if got := table.Status(); got.Kept != 4 || got.KeptBytes != 8<<10 || got.Calls != 4 {
		t.Errorf("Status = %+v, want 4 answers and 8 KiB", got)
	}
	serve(t, follow(t, table, labelled("b"), flights[1]), body)
	_ = lead(t, table, labelled("a")).Close()
}

// A reader goes on when the answer it reads is given up.
func TestEvictionDoesNotDisturbReaders(t *testing.T) {
	t.Parallel()
	table := flight.New(flight.Options{KeepBytes: 1 << 10})
	c := lead(t, table, labelled("a"))
	answer(t, c.Flight(), "text")
	wantStatus(t, table, flight.Status{})
	serve(t, c, "text")
}
