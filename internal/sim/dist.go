package sim

import (
	"fmt"
	"math"
)

// DistKind is a family of distributions.
type DistKind string

// The distributions.
const (
	// Constant is always Value.
	Constant DistKind = "constant"
	// Lognormal has the median Value; the logarithm spreads by Sigma. Its mean
	// is Value × exp(Sigma²/2).
	Lognormal DistKind = "lognormal"
	// Pareto is at least Value and exceeds x with probability (Value/x)^Alpha.
	Pareto DistKind = "pareto"
)

// Dist is a distribution of a positive amount: tokens.
type Dist struct {
	Kind  DistKind `json:"kind"            yaml:"kind"`
	Value float64  `json:"value"           yaml:"value"`
	Sigma float64  `json:"sigma,omitempty" yaml:"sigma"`
	Alpha float64  `json:"alpha,omitempty" yaml:"alpha"`
	// Max caps what is drawn; 0 means no cap but a billion.
	Max float64 `json:"max,omitempty" yaml:"max"`
}

// mostTokens caps every amount, so that sums stay exact.
const mostTokens = 1e9

// at is the value of the distribution at a standard normal deviate: its
// quantile at Φ(z). Amounts drawn at correlated deviates are correlated.
func (d Dist) at(z float64) int64 {
	v := d.Value
	switch d.Kind {
	case Lognormal:
		v *= math.Exp(d.Sigma * z)
	case Pareto:
		above := 0.5 * math.Erfc(z/math.Sqrt2) // 1 - Φ(z)
		v *= math.Pow(max(above, 1e-12), -1/d.Alpha)
	case Constant:
	}
	most := float64(mostTokens)
	if d.Max > 0 {
		most = min(most, d.Max)
	}
	return int64(math.Round(min(v, most)))
}

// fault says what is wrong with the distribution, empty when nothing is.
func (d Dist) fault() string {
	switch {
	case d.Kind != Constant && d.Kind != Lognormal && d.Kind != Pareto:
		return fmt.Sprintf("kind %q: want constant, lognormal or pareto", d.Kind)
	case !(d.Value >= 0 && d.Value <= mostTokens):
		return fmt.Sprintf("value %v: want 0 to %v", d.Value, float64(mostTokens))
	case d.Kind == Lognormal && !(d.Sigma >= 0 && d.Sigma <= 5):
		return fmt.Sprintf("sigma %v: want 0 to 5", d.Sigma)
	case d.Kind == Pareto && !(d.Alpha > 0 && d.Alpha <= 100):
		return fmt.Sprintf("alpha %v: want above 0, to 100", d.Alpha)
	case !(d.Max >= 0 && d.Max <= mostTokens):
		return fmt.Sprintf("max %v: want 0 to %v", d.Max, float64(mostTokens))
	}
	return ""
}
