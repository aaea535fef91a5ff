package servicequotas

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// never is when nothing is due.
const never = math.MaxInt64

// Advance takes every step that is due by now, each at its own instant, so that
// what was approved holds from then on. It is cheap when nothing is due.
func (s *Service) Advance(now time.Time) {
	if now.UnixNano() < s.next.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanceLocked(now)
}

// Between calls do after every step that is due and before any other: what was
// approved before it came first. Do must not call back.
func (s *Service) Between(do func(now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.advanceLocked(now)
	do(now)
}

// advanceLocked also notes when the next step is due.
func (s *Service) advanceLocked(now time.Time) {
	for {
		var first *change
		var at time.Time
		for _, c := range s.undecided {
			if due, ok := c.due(s.courseLocked(c.row.code)); ok && (first == nil || due.Before(at)) {
				first, at = c, due
			}
		}
		if first == nil {
			s.next.Store(never)
			return
		}
		if at.After(now) {
			s.next.Store(at.UnixNano())
			return
		}
		first.step(at, s)
		s.undecided = slices.DeleteFunc(s.undecided, func(c *change) bool { return !c.open() })
	}
}

// newCaseLocked is the number of another case.
func (s *Service) newCaseLocked() string {
	s.cases++
	return fmt.Sprintf("%012d", 170_000_000_000+s.cases)
}
