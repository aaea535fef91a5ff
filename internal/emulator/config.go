package emulator

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
)

// Defaults of Config.
const (
	// DefaultAccount is the account of an emulator that was given none.
	DefaultAccount = "111122223333"
	// DefaultRegion is the source Region of requests that name none.
	DefaultRegion = "us-east-1"
	// DefaultTimeToFirstToken and DefaultPerToken are near what a small model
	// takes.
	DefaultTimeToFirstToken = 500 * time.Millisecond
	DefaultPerToken         = 8 * time.Millisecond
)

// Law says how a quota forgets.
type Law = meter.Law

// Accounting says what a call sets aside.
type Accounting = meter.Accounting

// The kinds of Law.
const (
	// Bucket refills continuously; by default it holds a minute's worth.
	Bucket = meter.Bucket
	// Fixed counts anew at each minute of the clock.
	Fixed = meter.Fixed
	// Sliding counts exactly what was taken in the last minute.
	Sliding = meter.Sliding
)

// Config is what an Emulator is made of. The zero value works.
type Config struct {
	// Accounts, chosen by a request's credentials. None: one account,
	// DefaultAccount, that takes any credentials and has no quotas.
	Accounts []Account
	// Region is the source Region of requests that name none, as those with a
	// bearer key do. Default DefaultRegion.
	Region llm.Region
	// TimeScale makes time run faster: windows, cache lifetimes and latencies
	// are divided by it. Default 1. Signatures and time stamps stay real.
	TimeScale float64
	// Latency is the pace of answers.
	Latency Latency
	// Accounting are the variants of what a call sets aside.
	Accounting Accounting
	// Faults are things that go wrong.
	Faults []Fault
	// Script has answers to give instead of made-up ones. May be nil.
	Script *Script
	// Seed varies made-up answers, random phases of laws and random faults.
	Seed uint64
	// Now is the clock of quotas, signatures and statistics. Default time.Now.
	// Latencies are waited for in real time whatever it shows.
	Now func() time.Time
	// Logger gets a debug line for each refusal. Default: none.
	Logger *slog.Logger
}

// Account is an AWS account. At most one may be without credentials: it takes
// all requests whose credentials belong to no other.
type Account struct {
	ID string `json:"id" yaml:"id"` // twelve digits
	// AccessKeyID is the key that requests of the account are signed with.
	AccessKeyID string `json:"access_key_id,omitempty" yaml:"access_key_id"`
	// SecretAccessKey checks signatures. Empty: the key alone is believed.
	SecretAccessKey string `json:"-" yaml:"secret_access_key"`
	// APIKeys are the account's Bedrock API keys (Authorization: Bearer).
	APIKeys []string `json:"-" yaml:"api_keys"`
	// Quotas of the account. A pool that none fits is not limited.
	Quotas []Quota `json:"quotas,omitempty" yaml:"quotas"`
	// TokensPerDay is the quota over all models in each Region; 0 means none.
	TokensPerDay int64 `json:"tokens_per_day,omitempty" yaml:"tokens_per_day"`
	// Applications are application inference profiles: id (the last part of
	// the ARN) and the model or profile id that it copies.
	Applications map[string]string `json:"applications,omitempty" yaml:"applications"`
}

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
	// Law of the limits per minute. A day's is always the calendar's, in UTC.
	Law Law `json:"law" yaml:"law"`
}

// Latency is the pace of answers in nominal time. A duration of zero means the
// default, one below zero none.
type Latency struct {
	TimeToFirstToken time.Duration `json:"time_to_first_token" yaml:"time_to_first_token"`
	PerToken         time.Duration `json:"per_token" yaml:"per_token"`
}

// NoLatency answers at once and uses no timers.
func NoLatency() Latency { return Latency{TimeToFirstToken: -1, PerToken: -1} }

func (l Latency) resolved() Latency {
	pick := func(d, fallback time.Duration) time.Duration {
		if d == 0 {
			return fallback
		}
		return max(d, 0)
	}
	return Latency{pick(l.TimeToFirstToken, DefaultTimeToFirstToken), pick(l.PerToken, DefaultPerToken)}
}

// withDefaults fills what was left out.
func (c Config) withDefaults() Config {
	if len(c.Accounts) == 0 {
		c.Accounts = []Account{{ID: DefaultAccount}}
	}
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.TimeScale == 0 {
		c.TimeScale = 1
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Latency = c.Latency.resolved()
	return c
}

// validate reports everything that is wrong, each with its key's path. It
// never repeats a secret.
func (c Config) validate() error {
	var errs []error
	if c.TimeScale <= 0 || c.TimeScale > 1e6 {
		errs = append(errs, fmt.Errorf("time_scale: %v is not above 0 and at most 1000000", c.TimeScale))
	}
	if c.Accounting.MinReservedOutput < 0 {
		errs = append(errs, errors.New("accounting.min_reserved_output: below zero"))
	}
	open := 0
	ids, keys := map[string]bool{}, map[string]bool{}
	for i, a := range c.Accounts {
		at := fmt.Sprintf("accounts[%d]", i)
		if a.AccessKeyID == "" && len(a.APIKeys) == 0 {
			open++
		}
		if ids[a.ID] || a.ID == "" {
			errs = append(errs, fmt.Errorf("%s.id: %q is empty or taken", at, a.ID))
		}
		ids[a.ID] = true
		for _, key := range append([]string{a.AccessKeyID}, a.APIKeys...) {
			if key != "" && keys[key] {
				errs = append(errs, fmt.Errorf("%s: a key of it belongs to another account too", at))
			}
			keys[key] = true
		}
		if a.TokensPerDay < 0 {
			errs = append(errs, fmt.Errorf("%s.tokens_per_day: below zero", at))
		}
		for j, q := range a.Quotas {
			if err := q.validate(); err != nil {
				errs = append(errs, fmt.Errorf("%s.quotas[%d]: %w", at, j, err))
			}
		}
	}
	if open > 1 {
		errs = append(errs, errors.New("accounts: more than one is without credentials"))
	}
	if err := validateFaults(c.Faults); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (q Quota) validate() error {
	for _, l := range []struct {
		name  string
		value *int64
	}{
		{"requests_per_minute", q.RequestsPerMinute},
		{"tokens_per_minute", q.TokensPerMinute},
		{"tokens_per_day", q.TokensPerDay},
	} {
		if l.value != nil && (*l.value < 0 || *l.value > maxQuota) {
			return fmt.Errorf("%s: %d is not from 0 to 10^15", l.name, *l.value)
		}
	}
	if !wild(q.Path) && (!llm.Path(q.Path).Valid() || llm.Path(q.Path) == llm.PathMantle) {
		return fmt.Errorf("path: %q is none of on-demand, geo, global", q.Path)
	}
	if q.Law.Capacity < 0 || q.Law.Phase < 0 {
		return errors.New("law: a duration below zero")
	}
	return nil
}

// maxQuota is above every quota seen (3·10^12 tokens a day).
const maxQuota = 1e15

// wild reports whether a pattern fits everything.
func wild(pattern string) bool { return pattern == "" || pattern == "*" }

// fits reports whether a shell pattern such as "anthropic.*" fits a name.
func fits(pattern, name string) bool {
	if wild(pattern) {
		return true
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
