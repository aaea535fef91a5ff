package emulator

import (
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
)

// maxStarts is how many starts are kept.
const maxStarts = 1000

// poolStats is what a pool counts. It is guarded by its account's lock.
type poolStats struct {
	requests, accepted          int64
	throttled                   Throttled
	inFlight, held, settled     int64
	usage                       llm.Usage
	others                      OthersStats
	firstStart, lastStart       time.Time
	firstAccepted, lastAccepted time.Time
	starts                      []start // a ring once it is full
	oldest                      int     // where the ring begins
}

type start struct {
	at      int64 // Unix milliseconds
	blocked meter.Measure
}

func (s *poolStats) started(now time.Time, blocked meter.Measure) {
	s.requests++
	if s.firstStart.IsZero() {
		s.firstStart = now
	}
	s.lastStart = now
	s.throttled.count(blocked)
	if blocked == meter.None {
		s.accepted++
		if s.firstAccepted.IsZero() {
			s.firstAccepted = now
		}
		s.lastAccepted = now
	}
	x := start{now.UnixMilli(), blocked}
	if len(s.starts) < maxStarts {
		s.starts = append(s.starts, x)
		return
	}
	s.starts[s.oldest] = x
	s.oldest = (s.oldest + 1) % maxStarts
}

// count counts a refusal, if it is one.
func (t *Throttled) count(blocked meter.Measure) {
	switch blocked {
	case meter.Requests:
		t.Requests++
	case meter.Tokens:
		t.Tokens++
	case meter.Day:
		t.Day++
	case meter.None:
	}
}

// started counts a call of another user.
func (s *OthersStats) started(tokens int64, blocked meter.Measure) {
	s.Requests++
	s.Throttled.count(blocked)
	if blocked == meter.None {
		s.Accepted++
		s.Tokens += tokens
	}
}

// leapt counts calls that nobody looked at while they were made. They are
// taken to be accepted.
func (s *OthersStats) leapt(calls, tokens int64) {
	s.Requests += calls
	s.Accepted += calls
	s.Tokens += tokens
}

func (s *poolStats) use(u llm.Usage) {
	s.usage.Input += u.Input
	s.usage.Output += u.Output
	s.usage.CacheRead += u.CacheRead
	s.usage.CacheWrite += u.CacheWrite
}
