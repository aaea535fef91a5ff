package limit

import (
	"sync"
	"time"
)

// service is an upstream that outlives the process under test: it enforces
// requests and tokens, and counts what it refuses. It is safe for concurrent
// use.
type service struct {
	mu       sync.Mutex
	limits   []enforced
	refusals int
	calls    int
	owed     int64 // what calls under way will cost beyond their holds
}

// enforced is one limit of a service: a bucket of one window, or an exact
// sliding window.
type enforced struct {
	amount  int64
	window  time.Duration
	sliding bool
	request bool // counts calls, not tokens

	level   float64 // of the bucket
	drained time.Time
	entries []spent // of the window
}

type spent struct {
	at     time.Time
	amount int64
	call   int
}

func (e *enforced) cost(tokens int64) int64 {
	if e.request {
		return 1
	}
	return tokens
}

func (e *enforced) turn(now time.Time) {
	if e.sliding {
		for len(e.entries) > 0 && !e.entries[0].at.After(now.Add(-e.window)) {
			e.entries = e.entries[1:]
		}
		return
	}
	e.level = max(0, e.level-float64(e.amount)*float64(now.Sub(e.drained))/float64(e.window))
	e.drained = now
}

func (e *enforced) fits(n int64) bool {
	if !e.sliding {
		return e.level+float64(n) <= float64(e.amount)+1e-6
	}
	for _, s := range e.entries {
		n += s.amount
	}
	return n <= e.amount
}

func (e *enforced) charge(now time.Time, call int, n int64) {
	e.level += float64(n)
	if e.sliding {
		e.entries = append(e.entries, spent{now, n, call})
	}
}

// counted is what a limit counts now, with what calls under way will bring.
func (s *service) counted(i int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.limits[i]
	e.turn(time.Now())
	var sum int64
	for _, entry := range e.entries {
		sum += entry.amount
	}
	if !e.request {
		sum += s.owed
	}
	return sum
}

// arrive takes or refuses a call that brings a hold, and will cost something.
func (s *service) arrive(hold, cost int64) (call int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	now := time.Now()
	for i := range s.limits {
		e := &s.limits[i]
		e.turn(now)
		if !e.fits(e.cost(hold)) {
			s.refusals++
			return 0, false
		}
	}
	for i := range s.limits {
		s.limits[i].charge(now, s.calls, s.limits[i].cost(hold))
	}
	s.owed += max(0, cost-hold)
	return s.calls, true
}

// settle ends a call that was taken: refunds go to where the hold was charged,
// debt is charged now.
func (s *service) settle(call int, hold, settled int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.owed -= max(0, settled-hold)
	for i := range s.limits {
		e := &s.limits[i]
		if e.request {
			continue
		}
		e.turn(now)
		e.level = max(0, e.level+float64(settled-hold))
		switch {
		case !e.sliding:
		case settled > hold:
			e.entries = append(e.entries, spent{now, settled - hold, -1})
		default:
			for j := range e.entries {
				if e.entries[j].call == call {
					e.entries[j].amount += settled - hold
				}
			}
		}
	}
}
