package advisor

import (
	"fmt"
	"math"
	"slices"

	"github.com/headgate/headgate/internal/quota"
)

// Minute is what was used in one minute: by everybody in the account, and of that
// through Headgate.
type Minute struct {
	// Index counts nominal minutes since 1970.
	Index    int64
	All, Own Amounts
}

// Amounts is what was used of each kind of limit.
type Amounts struct {
	Requests, Tokens float64 // throttled requests too; tokens as they settle
	Input, Output    float64
}

// of is what a kind of limit counts; false for one that these minutes, which are
// of one pool, cannot tell.
func (a Amounts) of(k quota.Kind) (float64, bool) {
	switch k {
	case quota.RequestsPerMinute:
		return a.Requests, true
	case quota.TokensPerMinute, quota.TokensPerDay:
		return a.Tokens, true
	case quota.InputTokensPerMinute:
		return a.Input, true
	case quota.OutputTokensPerMinute:
		return a.Output, true
	case quota.AccountTokensPerDay:
	}
	return 0, false
}

// Measured is what was used of a limit.
type Measured struct {
	Limit string `json:"limit"`
	// P95 and Peak are of everybody in the account: the 95th percentile of the
	// minutes in which something was used, and the busiest; of a day's limit, of
	// its days.
	P95  int64 `json:"p95"`
	Peak int64 `json:"peak"`
	// Others is the most that went past Headgate, a minute, in any five minutes; of
	// a day's limit, in any day. OthersShare is its part of all.
	Others      int64   `json:"others_peak"`
	OthersShare float64 `json:"others_share"`
}

// apart is how many minutes are added up before what is Headgate's own is taken
// off: the two sources count a call when it begins and when it has ended.
const apart = 5

// Measure sums up minutes for a kind of limit; false where nothing was used, or it
// cannot be told of one pool.
func Measure(k quota.Kind, minutes []Minute) (Measured, bool) {
	width := max(int64(k.Window().Minutes()), 1)
	group := max(width, apart)
	windows, groups := map[int64]float64{}, map[int64][2]float64{}
	total := 0.0
	for _, m := range minutes {
		all, ok := m.All.of(k)
		if !ok {
			return Measured{}, false
		}
		own, _ := m.Own.of(k)
		if all > 0 {
			windows[m.Index/width] += all
		}
		g := groups[m.Index/group]
		groups[m.Index/group] = [2]float64{g[0] + all, g[1] + own}
		total += all
	}
	if total == 0 {
		return Measured{}, false
	}
	out := Measured{Limit: k.String()}
	var used []float64
	for _, v := range windows {
		used = append(used, v)
	}
	slices.Sort(used)
	out.Peak = whole(used[len(used)-1])
	out.P95 = whole(used[int(math.Ceil(0.95*float64(len(used))))-1])
	others := 0.0
	for _, g := range groups {
		rest := max(g[0]-g[1], 0)
		others += rest
		out.Others = max(out.Others, whole(rest*float64(width)/float64(group)))
	}
	out.OthersShare = others / total
	return out, true
}

// waiting says of an open request what it means for an advice.
func waiting(a *Advice, l Limit, b Bound) {
	desired := int64(l.Open.Desired)
	a.How = HowWait
	a.Why += fmt.Sprintf("; request %s for %d is %s: AWS takes one at a time", l.Open.ID, desired, l.Open.Status)
	if desired < a.Ask {
		a.Why += fmt.Sprintf(", and %d are needed: ask again when it is decided", a.Ask)
	}
	a.Gives = gives(l, b, max(desired*max(l.Factor, 1), l.Amount))
}

// basis is what an advice rests on.
func basis(l Limit, text string) string {
	if m := l.Used; m != nil {
		text += fmt.Sprintf("; measured: 95 %% of the busy minutes at most %d, the busiest %d, others at most %d", m.P95, m.Peak, m.Others)
		if l.Kind.Window().Hours() > 1 {
			text += " (days)"
		}
	}
	return text
}

// idle says how busy another path was: in words for its lever.
func (o Other) idle() string {
	for _, l := range o.Limits {
		if l.Used != nil && l.Kind == quota.RequestsPerMinute {
			return fmt.Sprintf("; its busiest minute had %d requests", l.Used.Peak)
		}
	}
	switch {
	case o.Measured:
		return "; it was idle all the time that was measured"
	case o.PeakShare != nil:
		return fmt.Sprintf("; through Headgate its busiest minute of the last day used %.0f %%", 100**o.PeakShare)
	}
	return ""
}
