package increase_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/increase"
)

func request(id, code string, desired float64, s account.RequestStatus) account.Request {
	return account.Request{ID: id, Code: code, Desired: desired, Status: s}
}

// story is what a follower tells, in words.
func story(f *increase.Follower, snap account.Snapshot) []string {
	var out []string
	for _, s := range f.Step(snap) {
		line := s.Request + " " + string(s.From) + "→" + string(s.To)
		if s.Granted {
			line += " granted"
		}
		if s.Decided {
			line += " decided"
		}
		out = append(out, line)
	}
	return out
}

func TestRequestsAreFollowedToTheirEnd(t *testing.T) {
	t.Parallel()
	snap := quotas()
	f := increase.Follow(nil)
	for i, step := range []struct {
		requests []account.Request // newest first
		applied  float64           // of L-TOKENS
		want     []string
		done     bool
	}{
		{[]account.Request{request("b", "L-TOKENS", 600_000, "PENDING"), request("a", "L-BELOW", 10_001, "CASE_OPENED"), request("old", "L-USUAL", 9, "DENIED")}, 500_000, []string{"a →CASE_OPENED", "b →PENDING"}, false},
		{[]account.Request{request("b", "L-TOKENS", 600_000, "PENDING"), request("a", "L-BELOW", 10_001, "CASE_OPENED")}, 500_000, nil, false},
		{[]account.Request{request("b", "L-TOKENS", 600_000, "CASE_OPENED"), request("a", "L-BELOW", 10_001, "NOT_APPROVED")}, 500_000, []string{"a CASE_OPENED→NOT_APPROVED decided", "b PENDING→CASE_OPENED"}, false},
		// The value comes before the word.
		{[]account.Request{request("b", "L-TOKENS", 600_000, "CASE_OPENED"), request("a", "L-BELOW", 10_001, "NOT_APPROVED")}, 600_000, []string{"b CASE_OPENED→CASE_OPENED granted decided"}, true},
		{[]account.Request{request("b", "L-TOKENS", 600_000, "APPROVED")}, 600_000, nil, true},
	} {
		snap.Requests = step.requests
		snap.Quotas[2].Applied = &step.applied
		if diff := cmp.Diff(step.want, story(f, snap)); diff != "" || f.Done() != step.done {
			t.Errorf("step %d: done %t, want %t (-want +got):\n%s", i, f.Done(), step.done, diff)
		}
	}
	if !f.Refused() || f.Followed() != 2 {
		t.Errorf("refused %t of %d: want one of two", f.Refused(), f.Followed())
	}
}

func TestWhatIsPickedIsFollowed(t *testing.T) {
	t.Parallel()
	snap := quotas()
	snap.Requests = []account.Request{
		request("new", "L-TOKENS", 600_000, "CASE_CLOSED"), request("other", "L-BELOW", 10_001, "PENDING"), request("old", "L-TOKENS", 550_000, "DENIED"),
	}
	f := increase.Follow([]string{"L-TOKENS", "L-NONE"})
	if got := f.Unknown(snap); !slices.Equal(got, []string{"L-NONE"}) {
		t.Errorf("Unknown() = %v", got)
	}
	// A case that was closed without the value is a refusal.
	if diff := cmp.Diff([]string{"new →CASE_CLOSED decided"}, story(f, snap)); diff != "" || !f.Done() || !f.Refused() {
		t.Errorf("done %t, refused %t (-want +got):\n%s", f.Done(), f.Refused(), diff)
	}
	f = increase.Follow([]string{"old"})
	if diff := cmp.Diff([]string{"old →DENIED decided"}, story(f, snap)); diff != "" {
		t.Errorf("by id (-want +got):\n%s", diff)
	}
}
