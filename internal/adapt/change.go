package adapt

import (
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// SetLimits puts other limits in the place of the set's own, as
// quota.Set.SetLimits does, and reports whether anything has changed. What was
// learned of how a limit forgets stays; how much of it is there is another
// question once its amount is another, and is learned anew.
func (s *Set) SetLimits(now time.Time, limits []quota.Limit) bool {
	if !s.set.SetLimits(now, limits) {
		return false
	}
	s.learn(len(limits))
	return true
}

// learn sees that each of the set's own limits that can be learned, the first n of
// its meters, is.
func (s *Set) learn(n int) {
	before := s.meters
	s.meters = nil
	for _, m := range s.set.Meters()[:n] {
		if s.opts.Mode == ModeOff || m.Limit().Kind.Window() != time.Minute || m.Limit().Amount <= 0 {
			continue
		}
		s.meters = append(s.meters, s.learnable(m, before))
	}
}

// learnable is a limit with what is known of it already.
func (s *Set) learnable(m *quota.Meter, before []metered) metered {
	limit := m.Limit()
	out := metered{Meter: m, learner: newLearner(limit.Amount, limit.Window, s.jitter), trial: trial{law: LawUnknown}}
	for _, b := range before {
		switch {
		case b.Meter != m:
		case b.learner.amount == float64(limit.Amount):
			return b
		default:
			out.trial, out.throttles, out.last, out.known, out.next = b.trial, b.throttles, b.last, b.known, b.next
			out.trial.begun = time.Time{} // its question was about the former amount
			out.apply()
		}
	}
	return out
}
