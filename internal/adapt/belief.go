package adapt

import (
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// Belief is what is believed of one limit, and why.
type Belief struct {
	Kind quota.Kind
	// Amount is the published one. Lower and Upper are the bracket of what is
	// really enforced, and Effective is what calls are paced by, in its unit.
	Amount, Lower, Upper, Effective int64
	Law                             Law
	// Trial says that what a window would refuse is being tried now.
	Trial bool
	// Burst is what a bucket is known or taken to hold, as the time that the limit
	// takes to earn it; zero when the law does not matter.
	Burst time.Duration
	// Throttles is how many were drawn a conclusion from, and Last the latest.
	Throttles int
	Last      time.Time
	// Learned are the switches of the upstream's accounting that were found.
	Learned []string
	// Why tells all of it in words.
	Why string
}

// Beliefs says what is believed of each limit that is learned, in the order of
// Meters.
func (s *Set) Beliefs() []Belief {
	var out []Belief
	for i := range s.meters {
		m := &s.meters[i]
		l, limit := m.learner, m.Limit()
		b := Belief{
			Kind: limit.Kind, Amount: limit.Amount,
			Lower: part(limit.Amount, min(l.lower, l.share)), Upper: part(limit.Amount, max(l.upper, l.share)), Effective: part(limit.Amount, l.share),
			Law: m.trial.law, Trial: !m.trial.begun.IsZero(), Throttles: m.throttles, Last: m.last,
		}
		if r := m.Rule(); r.NoWindow || r.Bucket {
			b.Burst = r.Burst
		}
		if limit.Kind == quota.TokensPerMinute {
			b.Learned = s.books.learned(s.opts.Accounting)
		}
		b.Why = b.why(l)
		out = append(out, b)
	}
	return out
}

func part(amount int64, share float64) int64 { return int64(float64(amount)*share + 0.5) }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

func (b Belief) why(l *learner) string {
	if b.Throttles == 0 && b.Law == LawUnknown && l.share == 1 && !b.Trial {
		return "no throttle has contradicted the published amount; the law is not known, so the rules hold that are safe under all"
	}
	var said []string
	switch {
	case l.share < 1 && l.windowed:
		said = append(said, fmt.Sprintf("calls were refused when %s of the amount was in use within a window", percent(min(l.least, l.upper))))
	case l.share < 1 && l.upper > 0.995: // nothing that rounds to a percent
		said = append(said, fmt.Sprintf("calls were refused although the amount was not used up: at least %s of it is there", percent(min(l.lower, l.share))))
	case l.share < 1:
		said = append(said, fmt.Sprintf("calls were refused although at least %s of the amount was left: between %s and %s of it is there",
			percent(1-min(1, l.upper)), percent(min(l.lower, l.share)), percent(l.upper)))
	}
	if l.probes > 0 {
		said = append(said, "more is being tried, a little more each minute")
	}
	switch b.Law {
	case LawBucket:
		said = append(said, "a bucket: more than the amount was taken within a window")
	case LawShort:
		said = append(said, "a short bucket: a burst was refused while the window had room")
	case LawWindow:
		said = append(said, "a window: what exceeded the amount within one was refused")
	case LawEven:
		said = append(said, "requests in a burst were refused: they go evenly spaced")
	case LawUnknown:
	}
	if b.Trial {
		said = append(said, "a trial is under way: what a window would refuse is sent, to see whether it is a bucket")
	}
	for _, s := range b.Learned {
		said = append(said, "throttles were explained by "+s)
	}
	if len(said) == 0 {
		said = append(said, "throttles came and passed; the published amount holds again")
	}
	return strings.Join(said, "; ")
}

// learned names the switches that are on and were not configured.
func (a *accounting) learned(configured quota.Accounting) []string {
	var out []string
	if a.cacheRead && !configured.ReserveCacheRead {
		out = append(out, "cache reads in the hold (quotas.accounting.reserve_cache_read)")
	}
	if a.burndown && !configured.ReserveBurndown {
		out = append(out, "the burndown in the hold (quotas.accounting.reserve_burndown)")
	}
	if a.delay > configured.RefundDelay {
		out = append(out, fmt.Sprintf("refunds that come about %v late (quotas.accounting.refund_delay)", a.nominal(a.delay).Round(10*time.Millisecond)))
	}
	return out
}

// nominal is a duration as if the window were a whole minute.
func (a *accounting) nominal(d time.Duration) time.Duration {
	return time.Duration(float64(d) / float64(a.second) * float64(time.Second))
}

// Adopt takes over the rules that the meters have, restored from what an earlier
// process had learned. It is called before the first reservation.
func (s *Set) Adopt(now time.Time) {
	for i := range s.meters {
		m := &s.meters[i]
		r := m.Rule()
		if r.Share < 1 {
			m.learner.adopt(now, r.Share)
		}
		switch {
		case r.NoWindow:
			m.trial.law = LawBucket
		case r.Bucket:
			m.trial.law = LawShort
		}
		if r.Bucket {
			m.trial.burst = r.Burst
		}
		m.apply()
	}
}
