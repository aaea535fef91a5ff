package cli

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// limitRow is one line of quota list: a limit by which calls are paced, or a quota
// of Service Quotas that is none. Null is what is not known.
type limitRow struct {
	Pool llm.Pool `json:"pool"`
	// Limit is null for a quota that is not known to be a limit of calls: Match is
	// "none" for one whose name looks like that, of a model that was not
	// recognised.
	Limit *string `json:"limit"`
	Code  string  `json:"code"`
	Name  string  `json:"name"`
	// Applied is what AWS applies or the configuration names; null where neither
	// is told, and Effective is by AWS's default.
	Applied       *float64         `json:"applied"`
	Default       *float64         `json:"default"`
	Effective     *float64         `json:"effective"`
	Adjustable    *bool            `json:"adjustable"`
	UsedShare     *float64         `json:"used_share_now"`
	UsedShareP95  *float64         `json:"used_share_p95"`
	UsedSharePeak *float64         `json:"used_share_peak"`
	Status        console.Status   `json:"status"`
	OpenRequest   *account.Request `json:"open_request"`
	Source        limit.Provenance `json:"source"`
	AsOf          *time.Time       `json:"as_of"`
	Match         account.Match    `json:"match"`
	Variant       string           `json:"variant"`
	Used          *int64           `json:"used_now"`
	Waiting       int              `json:"waiting"`
	Lower         *int64           `json:"lower"`
	Upper         *int64           `json:"upper"`
	Law           adapt.Law        `json:"law"`
	Throttles     int              `json:"throttles"`
	LastThrottle  *time.Time       `json:"last_throttle"`
	Window        float64          `json:"window_seconds"`
	Why           string           `json:"why"`
}

// paced is the row of a limit.
func paced(q *console.Quota) limitRow {
	applied, effective := float64(q.Applied), float64(q.Effective)
	r := limitRow{
		Pool: q.Pool, Limit: &q.Limit, Code: q.Code, Name: q.Name, Applied: &applied, Default: q.Default, Effective: &effective,
		Adjustable: q.Adjustable, UsedShare: q.UsedShare, UsedShareP95: q.UsedShareP95, UsedSharePeak: q.UsedSharePeak,
		Status: q.Status, OpenRequest: q.OpenRequest, Source: q.Source, AsOf: q.AsOf, Match: q.Match,
		Used: q.Used, Waiting: q.Waiting, Lower: q.Lower, Upper: q.Upper, Law: q.Law, Throttles: q.Throttles,
		LastThrottle: q.LastThrottle, Window: q.Window, Why: q.Why,
	}
	if q.Source == limit.Default {
		r.Applied = nil
	}
	return r
}

// unpaced is the row of a quota by which no call is paced.
func unpaced(snap *account.Snapshot, q account.Quota) limitRow {
	at, law := snap.At.UTC(), adapt.LawUnknown
	r := limitRow{
		Pool: q.Pool, Code: q.Code, Name: q.Name, Applied: q.Applied, Default: q.Default, Adjustable: &q.Adjustable,
		Source: limit.Discovered, AsOf: &at, Match: q.Match, Variant: q.Variant, Law: law, Status: console.StatusUnknown,
	}
	if q.Limit != "" {
		r.Limit = &q.Limit
	}
	if q.Applied == nil {
		r.Source = limit.Default
	}
	if open, ok := snap.Open(q.Code); ok {
		r.OpenRequest = &open
	}
	v, told := q.Value()
	if told {
		r.Effective = &v
	}
	switch {
	case told && v <= 0:
		r.Status = console.StatusZero
	case q.BelowDefault():
		r.Status = console.StatusBelowDefault
	case !q.Adjustable:
		r.Status = console.StatusNotAdjustable
	}
	r.Why = map[account.Match]string{
		account.MatchNone:  "its name looks like a limit of a model, and no model is called so: nothing is paced by it",
		account.MatchOther: "its name is not that of a limit of calls: nothing is paced by it",
	}[q.Match]
	if r.Why == "" {
		r.Why = "it is known, and no call is paced by it: another row has taken its place, or its calls are of a variant"
	}
	return r
}

// others are the quotas of a snapshot that a filter selects and that no limit in
// rows stands for.
func others(snap *account.Snapshot, f console.Filter, rows []limitRow) []limitRow {
	shown := map[string]bool{}
	for i := range rows {
		if p := rows[i].Pool; p.Account == snap.Account && p.Region == snap.Region {
			shown[rows[i].Code] = true
		}
	}
	var out []limitRow
	for _, q := range snap.Quotas {
		whole := q.Pool.Model == "" && (f.Model != "" || f.Path != "")
		if !shown[q.Code] && !whole && f.Match(q.Pool) {
			out = append(out, unpaced(snap, q))
		}
	}
	return out
}

// matched reports whether it is known what the row is a limit of.
func (r *limitRow) matched() bool { return r.Limit != nil }

// limitName is the limit in a word; a dash where it is none.
func (r *limitRow) limitName() string {
	if r.Limit == nil {
		return "-"
	}
	return *r.Limit
}

// request is the open request in a word or two; empty without one.
func (r *limitRow) request() string {
	if r.OpenRequest == nil {
		return ""
	}
	return figure(&r.OpenRequest.Desired) + ": " + requestStatus(r.OpenRequest)
}

// requestStatus is where a request stands, as people say it.
func requestStatus(r *account.Request) string {
	return strings.ToLower(strings.ReplaceAll(string(r.Status), "_", " "))
}
