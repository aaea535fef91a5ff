package lane

import (
	"strconv"
	"testing"
	"time"

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
	n.Begin("t", "goes", now)
	if got := n.UnderWay(now.Add(time.Minute)); got != 1 {
		t.Errorf("%d runs are under way, want the one that has begun", got)
	}
	if got := n.UnderWay(now.Add(time.Minute + 1)); got != 0 {
		t.Errorf("%d runs are under way after a minute of silence, want 0", got)
	}
}
