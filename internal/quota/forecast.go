package quota

import "time"

// Work is an amount of calls that will be served before another.
type Work struct {
	Calls  int64
	Tokens int64 // their forecast settlements
}

// Add adds calls and tokens, which may be negative.
func (w *Work) Add(calls, tokens int64) {
	w.Calls += calls
	w.Tokens += tokens
}

// Forecast estimates when a call would start if the work ahead of it were
// served first, at the full speed of the limits, and which limit decides. It
// charges nothing. For request limits it is exact as long as calls start as
// soon as they may; for token limits it is the fluid estimate.
func (s *Set) Forecast(now time.Time, ahead Work, c Charges) (time.Time, Kind) {
	t := now.UnixNano()
	at, kind := t, Kind(0)
	for _, m := range s.meters {
		if fits := m.forecast(t, ahead, c.of(m.limit)); fits > at {
			at, kind = fits, m.limit.Kind
		}
	}
	return now.Add(time.Duration(at - t)), kind
}

func (m *Meter) forecast(now int64, ahead Work, own Charge) int64 {
	if m.limit.Amount <= 0 {
		return now
	}
	if m.limit.Kind == RequestsPerMinute {
		return m.forecastStart(now, ahead.Calls+1)
	}
	at := m.fits(now, own)
	if ahead.Tokens == 0 {
		return at
	}
	total := ahead.Tokens + m.planned(own)
	if m.plan.paced {
		at = max(at, m.plan.pace.fits(now, total))
		at = max(at, max(now, m.plan.pace.drained)+m.plan.pace.cost(ahead.Tokens)-m.plan.pace.burst)
	}
	w := &m.plan.window
	if total <= m.limit.Amount {
		return max(at, w.fits(now, total, m.limit.Amount))
	}
	rate := pace{window: w.keep, amount: m.limit.Amount}
	return max(at, now+rate.cost(w.sum+total-m.limit.Amount))
}

// forecastStart is when the nth call from now may start.
func (m *Meter) forecastStart(now, n int64) int64 {
	base := max(now, m.blocked)
	m.starts.expire(now - m.keep())
	if m.spacedUntil > now {
		return max(base, m.spacing.drained+(n-1)*m.spacing.cost(1))
	}
	free := m.limit.Amount - int64(m.starts.n)
	if n <= free {
		return base
	}
	// After the free ones the starts of the last window come round again, each
	// a window later; those that are made now come after them.
	k := n - max(free, 0) - 1
	rounds, i := k/m.limit.Amount+1, k%m.limit.Amount
	from := now
	if i < int64(m.starts.n) {
		from = m.starts.at(int(i)).at
	}
	return max(base, from+rounds*m.keep())
}
