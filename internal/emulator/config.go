package emulator

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"time"

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
	// DefaultCaseAfter and DefaultDecideAfter are far shorter than what AWS
	// takes, which is hours to weeks, so that one can watch.
	DefaultCaseAfter   = 10 * time.Second
	DefaultDecideAfter = time.Minute
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
	// Accounting are the variants of what a call sets aside, for quotas that have
	// none of their own and for the account's day.
	Accounting Accounting
	// Faults are things that go wrong.
	Faults []Fault
	// CloudWatch is how the metrics of the account are kept and shown.
	CloudWatch CloudWatch
	// ServiceQuotas is how the quotas of the account are shown and raised.
	ServiceQuotas ServiceQuotas
	// Script has answers to give instead of made-up ones. May be nil.
	Script *Script
	// Seed varies made-up answers, random faults, and what is random of quotas.
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
	// Preset is what the account starts with; empty: nothing. Quotas and Defaults
	// are laid over it.
	Preset Preset `json:"preset,omitempty" yaml:"preset"`
	// Defaults are what Service Quotas tells the account of AWS's defaults, by
	// quota code, where they differ from the catalog's.
	Defaults map[string]float64 `json:"defaults,omitempty" yaml:"defaults"`
	// Quotas of the account. A pool that none fits is not limited.
	Quotas []Quota `json:"quotas,omitempty" yaml:"quotas"`
	// TokensPerDay is the quota over all models in each Region. Nil: none. 0: a
	// quota of zero, which refuses every call.
	TokensPerDay *int64 `json:"tokens_per_day,omitempty" yaml:"tokens_per_day"`
	// DayLaw is that of TokensPerDay.
	DayLaw DayLaw `json:"day_law" yaml:"day_law"`
	// DayWeights take the place of meter.DefaultWeights when DayLaw is priced.
	DayWeights *Weights `json:"day_weights,omitempty" yaml:"day_weights"`
	// Applications are application inference profiles: id (the last part of
	// the ARN) and the model or profile id that it copies.
	Applications map[string]string `json:"applications,omitempty" yaml:"applications"`
}

// CloudWatch has the switches of the emulator's Amazon CloudWatch.
type CloudWatch struct {
	// NoRateLimits answers however often it is asked.
	NoRateLimits bool
	// OlderCacheNames calls the cache metrics CacheReadInputTokens and
	// CacheWriteInputTokens, not CacheReadInputTokenCount and
	// CacheWriteInputTokenCount: both spellings are documented.
	OlderCacheNames bool
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
	if err := c.Accounting.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("accounting: %w", err))
	}
	if o := c.ServiceQuotas.Outcome; o != "" && !o.Valid() {
		errs = append(errs, fmt.Errorf("service_quotas.outcome: %q is none of %v", o, Outcomes()))
	}
	if err := validateIncreases(c.ServiceQuotas.Increases); err != nil {
		errs = append(errs, fmt.Errorf("service_quotas.increases: %w", err))
	}
	if err := validateRates(c.ServiceQuotas.Rates); err != nil {
		errs = append(errs, fmt.Errorf("service_quotas.rates: %w", err))
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
		if a.Preset != "" && !slices.Contains(Presets(), a.Preset) {
			errs = append(errs, fmt.Errorf("%s.preset: %q is none of %v", at, a.Preset, Presets()))
		}
		for code, v := range a.Defaults {
			if v < 0 || v > maxQuota {
				errs = append(errs, fmt.Errorf("%s.defaults: %s: %v is not from 0 to 10^15", at, code, v))
			}
		}
		if err := validateDay(a.TokensPerDay); err != nil {
			errs = append(errs, fmt.Errorf("%s.%w", at, err))
		}
		if err := validateWeights(a.DayLaw, a.DayWeights); err != nil {
			errs = append(errs, fmt.Errorf("%s.day_weights: %w", at, err))
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
