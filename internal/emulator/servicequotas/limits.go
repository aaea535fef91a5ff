package servicequotas

import (
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

// takeLocked reports whether one more call fits.
func (s *Service) takeLocked(k meterKey, now time.Time) bool {
	if s.config.NoRateLimits {
		return true
	}
	most := rate(k.operation)
	b, known := s.rates[k]
	if !known {
		b = bucket{most, now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(most, b.left+float64(passed)/float64(s.config.Minute/60)*most)
		b.at = now
	}
	ok := b.left >= 1
	if ok {
		b.left--
	}
	s.rates[k] = b
	return ok
}
