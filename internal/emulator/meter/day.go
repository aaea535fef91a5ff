package meter

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// DayLaw says how a limit per day counts. The zero value counts tokens of a
// calendar day. Its text forms are those of DayForms.
type DayLaw struct {
	// Rolling counts the last 24 hours, in minutes: what was charged within one
	// is forgotten together. Else a day begins at midnight UTC.
	Rolling bool
	// Priced counts tokens by Weights instead of input + cache write + burndown
	// × output.
	Priced bool
}

// DayForms lists the text forms of day laws.
func DayForms() []string { return []string{"calendar", "calendar:priced", "rolling", "rolling:priced"} }

// String is the text form.
func (d DayLaw) String() string {
	text := "calendar"
	if d.Rolling {
		text = "rolling"
	}
	if d.Priced {
		text += ":priced"
	}
	return text
}

// MarshalText writes the text form.
func (d DayLaw) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form. Empty is the zero DayLaw.
func (d *DayLaw) UnmarshalText(text []byte) error {
	switch string(text) {
	case "", "calendar":
		*d = DayLaw{}
	case "calendar:priced":
		*d = DayLaw{Priced: true}
	case "rolling":
		*d = DayLaw{Rolling: true}
	case "rolling:priced":
		*d = DayLaw{Rolling: true, Priced: true}
	default:
		return fmt.Errorf("day law %q is unknown; there are %s", text, strings.Join(DayForms(), ", "))
	}
	return nil
}

// Weights are how many units a token of each kind is. A call sets its input
// aside and, as output, the most that it may put out, each at its weight. How
// Bedrock weighs the tokens of a day is not published.
type Weights struct {
	Input      float64 `json:"input" yaml:"input"`
	Output     float64 `json:"output" yaml:"output"`
	CacheRead  float64 `json:"cache_read" yaml:"cache_read"`
	CacheWrite float64 `json:"cache_write" yaml:"cache_write"`
}

// DefaultWeights are the relations of Claude's list prices, with an input token
// as the unit. They are our own guess.
func DefaultWeights() Weights { return Weights{Input: 1, Output: 5, CacheRead: 0.1, CacheWrite: 1.25} }

// maxWeight keeps the arithmetic within whole numbers.
const maxWeight = 1000

// Validate reports a weight that is not from 0 to 1,000.
func (w Weights) Validate() error {
	var errs []error
	for _, x := range [...]struct {
		name  string
		value float64
	}{{"input", w.Input}, {"output", w.Output}, {"cache_read", w.CacheRead}, {"cache_write", w.CacheWrite}} {
		if !(x.value >= 0 && x.value <= maxWeight) { // NaN included
			errs = append(errs, fmt.Errorf("%s: %v is not from 0 to %v", x.name, x.value, maxWeight))
		}
	}
	return errors.Join(errs...)
}

// Units weighs tokens. A part of a unit counts as one.
func (w Weights) Units(u llm.Usage) int64 {
	sum := w.Input*float64(u.Input) + w.Output*float64(u.Output) + w.CacheRead*float64(u.CacheRead) + w.CacheWrite*float64(u.CacheWrite)
	// Tenths are not exact in binary: what is above a whole by less than that
	// can matter is the whole.
	return int64(math.Ceil(sum - 1e-6))
}

// minutesOfDay is the grain of a rolling day.
const minutesOfDay = 24 * 60

// NewDay starts a limit per day of amount units, full at now. A priced one
// counts by DefaultWeights until its Weights are set. Window is what a day
// lasts, above zero; a calendar day begins at a multiple of it.
func NewDay(law DayLaw, amount int64, window time.Duration, now time.Time) *Limit {
	l := &Limit{Measure: Day, Amount: amount, Law: Law{Kind: Fixed}, Day: law, window: window}
	l.counter = newState(l.Law, amount, window, 0, now)
	if law.Rolling {
		l.Law.Kind = Sliding
		l.counter = newSliding(amount, window, window/minutesOfDay)
	}
	if law.Priced {
		w := DefaultWeights()
		l.Weights = &w
	}
	return l
}
