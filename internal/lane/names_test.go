package lane

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
)

// TestRunsAreBounded: names of runs come from clients.
func TestRunsAreBounded(t *testing.T) {
	t.Parallel()
	n, now := NewNames(time.Minute), time.Now()
	n.swept = now
	for i := range maxRuns {
		n.Arrive("t", llm.RunID(strconv.Itoa(i)), now)
	}
	if id, begun, _ := n.Arrive("t", "one-more", now); id != 0 || begun || len(n.runs) != maxRuns {
		t.Errorf("one more run: number %d, begun %t, %d remembered; want 0, false, %d", id, begun, len(n.runs), maxRuns)
	}
	if id, _, calls := n.Arrive("t", "7", now); id == 0 || calls != 2 {
		t.Errorf("a run that is remembered: number %d, %d calls; want its own, 2", id, calls)
	}
	if id, _, _ := n.Arrive("t", "one-more", now.Add(3*time.Minute)); id == 0 {
		t.Error("the runs of long ago are still remembered")
	}
}

// TestATurnedAwayRunIsKnownLater: its name outlasts the time for which runs are
// remembered otherwise, and its refused calls do not cost it its precedence.
func TestATurnedAwayRunIsKnownLater(t *testing.T) {
	t.Parallel()
	n := NewNames(time.Minute)
	now := time.Unix(1_000_000, 0)
	id, _, _ := n.Arrive("t", "a", now)
	n.TurnedAway("t", "a", now.Add(time.Hour))
	n.TurnedAway("t", "nobody", now.Add(time.Hour))
	n.Arrive("t", "other", now.Add(59*time.Minute)) // sweeps
	again, begun, calls := n.Arrive("t", "a", now.Add(time.Hour))
	if again != id || begun || calls != 1 {
		t.Errorf("back after an hour it is %d, begun %t, with %d calls; want %d, not begun, 1", again, begun, calls, id)
	}
	n.Arrive("t", "other", now.Add(2*time.Hour))
	if again, _, _ := n.Arrive("t", "a", now.Add(2*time.Hour)); again == id {
		t.Error("it is remembered for ever")
	}
}

// TestRunsUnderWay: a run is under way from its first start until nothing has been
// heard of it for a while.
func TestRunsUnderWay(t *testing.T) {
	t.Parallel()
	n, now := NewNames(time.Minute), time.Unix(1_000_000, 0)
	n.Arrive("t", "waits", now)
	n.Arrive("t", "goes", now)
	n.Begin("t", "goes", now, time.Second)
	if got := n.UnderWay(now.Add(time.Minute)); got != 1 {
		t.Errorf("%d runs are under way, want the one that has begun", got)
	}
	if got := n.UnderWay(now.Add(time.Minute + 1)); got != 0 {
		t.Errorf("%d runs are under way after a minute of silence, want 0", got)
	}
}

// TestTheLatestRunsAreNamed: as many as are asked for, newest first, out of all.
func TestTheLatestRunsAreNamed(t *testing.T) {
	t.Parallel()
	n, now := NewNames(time.Hour), time.Unix(1_000_000, 0)
	for i := range 100 {
		run := llm.RunID(strconv.Itoa(i * 37 % 100))
		n.Arrive("t", run, now)
		n.Begin("t", run, now.Add(time.Duration(i*37%100)*time.Second), time.Second)
	}
	n.Arrive("t", "99", now)
	n.Begin("t", "99", now.Add(200*time.Second), 2*time.Second)
	count, runs := n.Latest(now.Add(200*time.Second), 3)
	want := []Run{
		{Tenant: "t", ID: "99", Calls: 2, Begun: now.Add(99 * time.Second), Queued: 3 * time.Second},
		{Tenant: "t", ID: "98", Calls: 1, Begun: now.Add(98 * time.Second), Queued: time.Second},
		{Tenant: "t", ID: "97", Calls: 1, Begun: now.Add(97 * time.Second), Queued: time.Second},
	}
	if diff := cmp.Diff(want, runs); diff != "" || count != 100 {
		t.Errorf("%d runs, latest (-want +got):\n%s", count, diff)
	}
}
