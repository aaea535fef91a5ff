package servicequotas

import (
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// meterKey is what has a rate of its own.
type meterKey struct {
	account   string
	region    llm.Region
	operation string
}

// bucket is what is left of a rate.
type bucket struct {
	left float64
	at   time.Time
}

// rate is how many calls a second an operation takes, and as many at once:
// docs.aws.amazon.com/servicequotas, userguide/reference_limits. Those that the
// page does not name are taken for 5.
func rate(operation string) float64 {
	switch operation {
	case "ListServiceQuotas", "ListAWSDefaultServiceQuotas":
		return 10
	}
	return 5
}

// RateHeader tells with each answer how many calls a real second the operation
// takes. AWS tells nobody.
const RateHeader = "X-Emulator-Rate"

// unlimited is the rate that is told where there is none.
const unlimited = 1_000_000

// told is what RateHeader says of an operation.
func (s *Service) told(operation string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	rate := float64(unlimited)
	if !s.config.NoRateLimits {
		rate = s.rateLocked(operation) * float64(time.Minute) / float64(s.config.Minute)
	}
	return strconv.FormatFloat(min(rate, unlimited), 'f', -1, 64)
}

// SetRates replaces the rates of operations, as Config.Rates has them. The map
// must not change any more.
func (s *Service) SetRates(rates map[string]float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perSecond = rates
	s.rates = map[meterKey]bucket{}
}

// rateLocked is the operation's rate in force.
func (s *Service) rateLocked(operation string) float64 {
	for _, name := range []string{operation, "*"} {
		if r, ok := s.perSecond[name]; ok {
			return r
		}
	}
	return rate(operation)
}

// takeLocked reports whether one more call fits.
func (s *Service) takeLocked(k meterKey, now time.Time) bool {
	if s.config.NoRateLimits {
		return true
	}
	perSecond := s.rateLocked(k.operation)
	most := max(perSecond, 1)
	b, known := s.rates[k]
	if !known {
		b = bucket{most, now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(most, b.left+float64(passed)/float64(s.config.Minute/60)*perSecond)
		b.at = now
	}
	ok := b.left >= 1
	if ok {
		b.left--
	}
	s.rates[k] = b
	return ok
}
