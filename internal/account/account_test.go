package account_test

import (
	"math"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/account"
)

func TestAmountIsAppliedElseDefault(t *testing.T) {
	t.Parallel()
	number := func(v float64) *float64 { return &v }
	for _, tt := range []struct {
		applied, fallback *float64
		want              int64
		known, below      bool
	}{
		{nil, nil, 0, false, false},
		{nil, number(10000), 10000, true, false},
		{number(2), number(10000), 2, true, true},
		{number(0), number(10000), 0, true, true},
		{number(10000), number(10000), 10000, true, false},
		{number(2.9), nil, 2, true, false},
		{number(-1), nil, 0, true, false},
		{number(3e12), nil, 3e12, true, false}, // above the bound of the service model, and seen
		{number(1e300), nil, 1 << 60, true, false},
		{number(math.NaN()), nil, 0, false, false},
	} {
		q := account.Quota{Applied: tt.applied, Default: tt.fallback}
		got, known := q.Amount()
		if got != tt.want || known != tt.known || q.BelowDefault() != tt.below {
			t.Errorf("%+v: Amount() = %d, %t, BelowDefault() = %t", tt, got, known, q.BelowDefault())
		}
	}
}

func TestOpenRequestsAreFound(t *testing.T) {
	t.Parallel()
	s := account.Snapshot{Requests: []account.Request{
		{ID: "b", Code: "L-1", Status: account.StatusDenied},
		{ID: "a", Code: "L-1", Status: account.StatusCaseOpened},
		{ID: "c", Code: "L-2", Status: account.StatusApproved},
		{ID: "d", Code: "L-3", Status: "NEW_STATUS"},
	}}
	for code, want := range map[string]string{"L-1": "a", "L-2": "", "L-3": "d", "L-4": ""} {
		if got, _ := s.Open(code); got.ID != want {
			t.Errorf("Open(%s) = %q, want %q", code, got.ID, want)
		}
	}
	if !s.AnyOpen() || (&account.Snapshot{Requests: s.Requests[2:3]}).AnyOpen() {
		t.Error("AnyOpen counts a decided request, or passes an open one over")
	}
}

func TestAnApprovalIsUnsettledUntilItsValueComes(t *testing.T) {
	t.Parallel()
	now, less, enough := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), 2.0, 126.0
	for _, c := range []struct {
		status  account.RequestStatus
		ago     time.Duration
		applied *float64
		want    bool
	}{
		{account.StatusPending, 0, &enough, true},
		{account.StatusApproved, time.Minute, &less, true},
		{account.StatusApproved, time.Minute, &enough, false},
		{account.StatusApproved, 2 * time.Hour, &less, false},
		{account.StatusApproved, time.Minute, nil, false},
		{account.StatusDenied, time.Minute, &less, false},
	} {
		s := account.Snapshot{
			Quotas:   []account.Quota{{Code: "L-1", Applied: c.applied}},
			Requests: []account.Request{{Code: "L-1", Desired: 126, Status: c.status, Updated: now.Add(-c.ago)}},
		}
		if got := s.Unsettled(now); got != c.want {
			t.Errorf("%s %s ago: Unsettled() = %t", c.status, c.ago, got)
		}
	}
}
