package emulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
)

// Law says how a quota forgets.
type Law = meter.Law

// The kinds of Law.
const (
	// Bucket refills continuously; by default it holds a minute's worth.
	Bucket = meter.Bucket
	// Fixed counts anew at each minute of the clock.
	Fixed = meter.Fixed
	// Sliding counts exactly what was taken in the last minute.
	Sliding = meter.Sliding
	// First counts anew in minutes that begin with a call.
	First = meter.First
	// SlidingCounter estimates the last minute from two of the clock's.
	SlidingCounter = meter.SlidingCounter
	// Dual is a bucket of a minute and one of a second.
	Dual = meter.Dual
	// Shards are buckets that share the amount; each call meets one.
	Shards = meter.Shards
)

// Forms lists the text forms of laws, with examples of what they may be given.
func Forms() []string { return meter.Forms() }

// DayForms lists the text forms of day laws.
func DayForms() []string { return meter.DayForms() }

// The parts of a Quota; see there.
type (
	// Accounting says what a call sets aside, and when and where it gets back
	// what it did not use.
	Accounting = meter.Accounting
	// Hidden is how much of the published amount is enforced.
	Hidden = meter.Hidden
	// Others is what other users of the account take.
	Others = meter.Others
	// DayLaw says how a limit per day counts.
	DayLaw = meter.DayLaw
	// Weights are what a token of each kind counts in a priced day.
	Weights = meter.Weights
	// Span is a duration that is written as text.
	Span = meter.Span
)

// Quota limits one pool, or each of many: every source Region, model and path
// that fits has limits of its own. Where several quotas fit a pool, the one
// with the most exact model, then path, then Region holds, as a whole.
type Quota struct {
	Model  string `json:"model" yaml:"model"`             // a bare model id; "*" or empty: any
	Path   string `json:"path" yaml:"path"`               // on-demand, geo or global; "*" or empty: any
	Region string `json:"region,omitempty" yaml:"region"` // "*" or empty: any
	// The limits. Nil: no such limit. 0: a quota of zero, which refuses every
	// call with the message of the day's quota, as the service does.
	RequestsPerMinute *int64 `json:"requests_per_minute,omitempty" yaml:"requests_per_minute"`
	TokensPerMinute   *int64 `json:"tokens_per_minute,omitempty" yaml:"tokens_per_minute"`
	TokensPerDay      *int64 `json:"tokens_per_day,omitempty" yaml:"tokens_per_day"`
	// Law of the limits per minute.
	Law Law `json:"law" yaml:"law"`
	// DayLaw is that of the limit per day.
	DayLaw DayLaw `json:"day_law" yaml:"day_law"`
	// DayWeights take the place of meter.DefaultWeights in a day that is priced.
	DayWeights *Weights `json:"day_weights,omitempty" yaml:"day_weights"`
	// Hidden is how much of the amounts is really enforced, from when the quota
	// was set. Nil: all.
	Hidden *Hidden `json:"hidden,omitempty" yaml:"hidden"`
	// Accounting takes the place of Config.Accounting, as a whole. Nil: that.
	Accounting *Accounting `json:"accounting,omitempty" yaml:"accounting"`
	// Others take from each pool's limits, and from the account's day, from when
	// the quota was set or the pool was first used. Nil: nobody does.
	Others *Others `json:"others,omitempty" yaml:"others"`
	// Seed varies what is random of this quota: phases, routes, drifts, others.
	Seed uint64 `json:"seed,omitempty" yaml:"seed"`
}

// validate reports everything that is wrong, each with its key.
func (q Quota) validate() error {
	var errs []error
	for _, l := range []struct {
		name  string
		value *int64
	}{
		{"requests_per_minute", q.RequestsPerMinute},
		{"tokens_per_minute", q.TokensPerMinute},
		{"tokens_per_day", q.TokensPerDay},
	} {
		if l.value != nil && (*l.value < 0 || *l.value > maxQuota) {
			errs = append(errs, fmt.Errorf("%s: %d is not from 0 to 10^15", l.name, *l.value))
		}
	}
	if !wild(q.Path) && (!llm.Path(q.Path).Valid() || llm.Path(q.Path) == llm.PathMantle) {
		errs = append(errs, fmt.Errorf("path: %q is none of on-demand, geo, global", q.Path))
	}
	check := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	check("law", q.Law.Validate())
	check("day_weights", validateWeights(q.DayLaw, q.DayWeights))
	if q.Hidden != nil {
		check("hidden", q.Hidden.Validate())
	}
	if q.Accounting != nil {
		check("accounting", q.Accounting.Validate())
	}
	if q.Others != nil {
		check("others", q.Others.Validate())
	}
	return errors.Join(errs...)
}

func validateWeights(law DayLaw, w *Weights) error {
	switch {
	case w == nil:
		return nil
	case !law.Priced:
		return errors.New("only a priced day has weights: calendar:priced or rolling:priced")
	}
	return w.Validate()
}

// validateDay checks an amount of tokens over all models; nil is none.
func validateDay(tokens *int64) error {
	if tokens != nil && (*tokens < 0 || *tokens > maxQuota) {
		return fmt.Errorf("tokens_per_day: %d is not from 0 to 10^15", *tokens)
	}
	return nil
}

// maxQuota is above every quota seen (3·10^12 tokens a day).
const maxQuota = 1e15

// rank tells how exactly a quota fits a pool; false: not at all.
func (q *Quota) rank(key llm.Pool) (rank int, ok bool) {
	for _, part := range [...]struct {
		pattern, value string
		weight         int
	}{{q.Model, string(key.Model), 4}, {q.Path, string(key.Path), 2}, {q.Region, string(key.Region), 1}} {
		switch {
		case wild(part.pattern):
		case part.pattern != part.value:
			return 0, false
		default:
			rank += part.weight
		}
	}
	return rank, true
}

// same reports whether two quotas are for the same pools, so that one replaces
// the other.
func (q *Quota) same(o *Quota) bool {
	alike := func(x, y string) bool { return x == y || wild(x) && wild(y) }
	return alike(q.Model, o.Model) && alike(q.Path, o.Path) && alike(q.Region, o.Region)
}

// QuotaFor is the index of the quota that holds for a pool, whose account is
// not looked at: the most exact that fits, of equals the last. It is -1 when
// none fits.
func QuotaFor(quotas []Quota, key llm.Pool) int {
	best, bestRank := -1, -1
	for i := range quotas {
		if rank, ok := quotas[i].rank(key); ok && rank >= bestRank {
			best, bestRank = i, rank
		}
	}
	return best
}

// LoadQuotas reads quotas from a file; see ParseQuotas.
func LoadQuotas(name string) ([]Quota, error) {
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("quotas: %w", err)
	}
	return ParseQuotas(text)
}

// ParseQuotas reads a list of quotas from YAML, in the names of Quota's yaml
// tags. Unknown keys are errors with their line. What the quotas mean is checked
// too.
func ParseQuotas(text []byte) ([]Quota, error) {
	var list []Quota
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("quotas: %s", yaml.FormatError(err, false, true))
	}
	if len(list) == 0 {
		return nil, errors.New("quotas: the file lists none")
	}
	var errs []error
	for i, q := range list {
		if err := q.validate(); err != nil {
			errs = append(errs, fmt.Errorf("quotas[%d]: %w", i, err))
		}
	}
	return list, errors.Join(errs...)
}
