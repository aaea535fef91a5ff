package pace

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// DefaultMaxWait is how long a call may wait for its turn when nothing else
// bounds it.
const DefaultMaxWait = 10 * time.Minute

// Config is what a Pacer is made of. The zero value paces every known model by
// AWS's default quotas.
type Config struct {
	// Limits are what Service Quotas shows as applied. What none of them names has
	// AWS's defaults, which may be more than the account has; a model without
	// known defaults is not paced.
	Limits []Limit
	// MaxWait bounds how long a call waits. 0 means DefaultMaxWait. A call's
	// context may bound it further.
	MaxWait time.Duration
	// Logger is told what an operator should know: limits that are only assumed,
	// throttles that the limits had room for. Nil: nobody.
	Logger *slog.Logger
	// TimeScale is how many times faster than real time the upstream's windows
	// run. 0 means 1; more is for trials against an emulator whose time runs
	// faster.
	TimeScale float64
}

// Limit is the quotas of one model on one path. Quotas of 0 do not bind.
type Limit struct {
	// Model is the model as calls name it: an id, an inference profile or an
	// ARN. All names of the same model on the same path share the limit.
	Model string
	// Region is the source Region that the limit is for. Empty: any, each with
	// the whole limit.
	Region string

	RequestsPerMinute int64
	TokensPerMinute   int64
	TokensPerDay      int64
}

// anyRegion is where the model ids of limits without a Region are looked up.
// What a model id means does not depend on it.
const anyRegion = "us-east-1"

// configured are the limits of a configuration by pool. A pool without a Region
// stands for those of every Region.
type configured map[llm.Pool][]quota.Limit

// resolve finds the pools of the limits. It reports everything that is wrong at
// once.
func (c Config) resolve(cat *catalog.Catalog) (configured, error) {
	var errs []error
	if c.MaxWait < 0 {
		errs = append(errs, errors.New("pace: MaxWait is below 0"))
	}
	if !(c.TimeScale == 0 || c.TimeScale >= 1 && c.TimeScale <= maxTimeScale) {
		errs = append(errs, fmt.Errorf("pace: TimeScale is %v: want 1 to %d, or 0 for 1", c.TimeScale, maxTimeScale))
	}
	pools := configured{}
	for i, l := range c.Limits {
		id, err := l.pool(cat)
		if err != nil {
			errs = append(errs, fmt.Errorf("pace: Limits[%d]: %w", i, err))
			continue
		}
		if _, twice := pools[id]; twice {
			errs = append(errs, fmt.Errorf("pace: Limits[%d]: %s is the model and path of an earlier limit: state all its quotas in one", i, l.Model))
			continue
		}
		pools[id] = l.quotas()
	}
	return pools, errors.Join(errs...)
}

const maxTimeScale = 100_000

func (l Limit) pool(cat *catalog.Catalog) (llm.Pool, error) {
	for _, amount := range [...]int64{l.RequestsPerMinute, l.TokensPerMinute, l.TokensPerDay} {
		if amount < 0 {
			return llm.Pool{}, fmt.Errorf("a quota of %s is below 0", l.Model)
		}
	}
	source := llm.Region(l.Region)
	if source == "" {
		source = anyRegion
	}
	target, err := cat.Resolve(l.Model, source)
	if err != nil {
		return llm.Pool{}, errors.New(fault.Message(err))
	}
	return llm.Pool{Region: llm.Region(l.Region), Model: target.Model, Path: target.Path}, nil
}

func (l Limit) quotas() []quota.Limit {
	var out []quota.Limit
	for _, q := range [...]quota.Limit{
		{Kind: quota.RequestsPerMinute, Amount: l.RequestsPerMinute},
		{Kind: quota.TokensPerMinute, Amount: l.TokensPerMinute},
		{Kind: quota.TokensPerDay, Amount: l.TokensPerDay},
	} {
		if q.Amount > 0 {
			out = append(out, q)
		}
	}
	return out
}

// source says which limits a pool has: the configured ones, else AWS's defaults,
// else none.
func (c configured) source(cat *catalog.Catalog) limit.Source {
	return func(pool llm.Pool) limit.Limits {
		anywhere := pool
		anywhere.Region = ""
		for _, id := range [...]llm.Pool{pool, anywhere} {
			if limits, ok := c[id]; ok {
				return limit.Limits{Pool: pool, Limits: limits, Provenance: limit.Configured}
			}
		}
		out := limit.Limits{Pool: pool, Provenance: limit.Unlimited}
		for _, q := range cat.Quotas(pool.Model, pool.Path) {
			if kind, ok := kindOf(q.Kind); ok && q.Known && q.Until.IsZero() {
				out.Limits = append(out.Limits, quota.Limit{Kind: kind, Amount: q.Limit()})
				out.Provenance = limit.Default
			}
		}
		return out
	}
}

// kindOf is the kind of limit that a quota of the catalog is, if it paces calls
// of the runtime endpoint.
func kindOf(k catalog.QuotaKind) (quota.Kind, bool) {
	switch k {
	case catalog.RequestsPerMinute:
		return quota.RequestsPerMinute, true
	case catalog.TokensPerMinute:
		return quota.TokensPerMinute, true
	case catalog.TokensPerDay:
		return quota.TokensPerDay, true
	default:
		return 0, false
	}
}
