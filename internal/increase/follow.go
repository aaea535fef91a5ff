package increase

import (
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/llm"
)

// Step is a request that moved on.
type Step struct {
	Time    time.Time     `json:"time"`
	Account llm.AccountID `json:"account"`
	Region  llm.Region    `json:"region"`
	Request string        `json:"request"`
	CaseID  string        `json:"case_id"` // empty without one
	Code    string        `json:"code"`
	Name    string        `json:"name"`
	Desired float64       `json:"desired"`
	// Applied is what the account has now; nil where it is not known.
	Applied *float64 `json:"applied"`
	// From is empty for a request that is seen for the first time.
	From account.RequestStatus `json:"from"`
	To   account.RequestStatus `json:"to"`
	// Granted says that the account has what was asked for, or that AWS says so.
	Granted bool `json:"granted"`
	Decided bool `json:"decided"`
}

// Follower knows how far the requests have come that it follows. The zero value
// follows none.
type Follower struct {
	picked []string // codes and ids; none: every open request
	latest map[string]Step
}

// Follow follows the requests of codes and of ids, or all that are open when
// there are none: also ones that are made later.
func Follow(picked []string) *Follower {
	return &Follower{picked: picked, latest: map[string]Step{}}
}

// Unknown lists what was picked and has no request in a snapshot.
func (f *Follower) Unknown(snap account.Snapshot) []string {
	return slices.DeleteFunc(slices.Clone(f.picked), func(word string) bool {
		return slices.ContainsFunc(snap.Requests, func(r account.Request) bool { return r.ID == word || r.Code == word })
	})
}

// Step lists what is new in a snapshot: oldest request first. A request whose value
// has come counts as granted, although AWS may not have said so yet.
func (f *Follower) Step(snap account.Snapshot) []Step {
	var out []Step
	for _, r := range slices.Backward(snap.Requests) {
		before, seen := f.latest[r.ID]
		if !seen && !f.wanted(snap, r) || before.Decided {
			continue
		}
		s := Step{
			Time: snap.At, Account: snap.Account, Region: snap.Region, Request: r.ID, CaseID: r.CaseID, Code: r.Code, Name: r.Name, Desired: r.Desired,
			From: before.To, To: r.Status,
		}
		if q, ok := snap.Quota(r.Code); ok {
			if v, told := q.Value(); told {
				s.Applied = &v
			}
		}
		reached := s.Applied != nil && *s.Applied >= r.Desired
		s.Granted = r.Status == account.StatusApproved || reached && (r.Status.Open() || r.Status == account.StatusCaseClosed)
		s.Decided = !r.Status.Open() || reached
		if seen && s.To == before.To && s.Granted == before.Granted {
			continue
		}
		f.latest[r.ID] = s
		out = append(out, s)
	}
	return out
}

// wanted reports whether a request that is new is to be followed: of a code the
// newest one, or all that are open.
func (f *Follower) wanted(snap account.Snapshot, r account.Request) bool {
	switch {
	case len(f.picked) == 0:
		return r.Status.Open()
	case slices.Contains(f.picked, r.ID):
		return true
	case !slices.Contains(f.picked, r.Code):
		return false
	}
	newest := slices.IndexFunc(snap.Requests, func(o account.Request) bool { return o.Code == r.Code })
	return r.Status.Open() || snap.Requests[newest].ID == r.ID
}

// Done reports whether every request that is followed has been decided.
func (f *Follower) Done() bool {
	for _, s := range f.latest {
		if !s.Decided {
			return false
		}
	}
	return true
}

// Refused reports whether a request was decided and not granted.
func (f *Follower) Refused() bool {
	for _, s := range f.latest {
		if s.Decided && !s.Granted {
			return true
		}
	}
	return false
}

// Followed is how many requests are followed.
func (f *Follower) Followed() int { return len(f.latest) }
