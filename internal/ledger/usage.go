package ledger

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// SumReader sums up calls by when they came, from roll-ups that outlive the calls.
type SumReader interface {
	// Usage sums up calls by step of time, and by what else the query says.
	Usage(ctx context.Context, q UsageQuery) (Usage, error)
	// Sums sums up all calls that q selects, to the nanosecond as long as the calls
	// of its ends are kept, and else to the step that still is.
	Sums(ctx context.Context, q SumQuery) (Sums, error)
}

// UsageStep is the length of a point of usage.
type UsageStep string

// The steps: a minute, an hour or a day in UTC.
const (
	UsageMinute UsageStep = "minute"
	UsageHour   UsageStep = "hour"
	UsageDay    UsageStep = "day"
)

// Length is how long the step is.
func (s UsageStep) Length() time.Duration {
	switch s {
	case UsageMinute:
		return time.Minute
	case UsageDay:
		return 24 * time.Hour
	default:
		return time.Hour
	}
}

// UsageBy is what else a point of usage is of.
type UsageBy string

// What points are of besides their time.
const (
	UsageByNone   UsageBy = "none"
	UsageByPool   UsageBy = "pool"
	UsageByTenant UsageBy = "tenant"
	UsageByModel  UsageBy = "model"
)

// Limits of the points of one answer.
const (
	DefaultPoints = 1000
	MaxPoints     = 10_000
)

// UsageQuery selects calls and how they are summed up. Its other zero fields select
// everything.
type UsageQuery struct {
	// Since and Until are the arrivals that are asked for. The steps that they are in
	// are summed up in whole.
	Since, Until time.Time
	Step         UsageStep // empty is an hour
	By           UsageBy   // empty is none
	Tenant       llm.Tenant
	// Model is a model as it was called, or the model of the pool.
	Model string
	// Limit is the most points: 0 is DefaultPoints, the most is MaxPoints.
	Limit int
}

// Checked is q with its step, what it is by and its limit filled in, or an error of
// kind Invalid.
func (q UsageQuery) Checked() (UsageQuery, error) {
	switch q.Step {
	case UsageMinute, UsageHour, UsageDay:
	case "":
		q.Step = UsageHour
	default:
		return q, fault.New(fault.Invalid, "usage is told by minute, hour or day, not by %q", q.Step)
	}
	switch q.By {
	case UsageByNone, UsageByPool, UsageByTenant, UsageByModel:
	case "":
		q.By = UsageByNone
	default:
		return q, fault.New(fault.Invalid, "usage is summed by none, pool, tenant or model, not by %q", q.By)
	}
	if q.Limit < 0 || q.Limit > MaxPoints {
		return q, fault.New(fault.Invalid, "limit must be from 1 to %d, not %d", MaxPoints, q.Limit)
	}
	if q.Limit == 0 {
		q.Limit = DefaultPoints
	}
	return q, nil
}

// Usage is what calls used over time.
type Usage struct {
	// Points are in the order of time, then of their names. They are the newest ones
	// when there are more than the limit; steps without a call have none.
	Points []UsagePoint
	// More is how many older points there are besides.
	More int
}

// UsagePoint sums up the calls that came within one step.
type UsagePoint struct {
	Time time.Time // when the step begins
	// What the calls have in common, where the query sums by it: Model is the pool's
	// model, or what a call that reached no pool asked for.
	Pool   llm.Pool
	Tenant llm.Tenant
	Model  string
	Sums
}

// SumQuery selects calls. Zero fields select everything.
type SumQuery struct {
	Since  time.Time // arrival at or after
	Until  time.Time // arrival before
	Tenant llm.Tenant
	Model  string // as for UsageQuery
}

// Sums sums up calls.
type Sums struct {
	Calls, OK int64
	Refused   int64 // by Headgate
	Failed    int64 // neither ok nor refused
	// Throttles are the upstream's, and Waited counts the calls that waited for a limit
	// before they were sent; of these Avoided met no throttle at all.
	Throttles, Waited, Avoided int64
	Attempts                   int64
	Queued, Latency            time.Duration
	Usage                      llm.Usage
	Held, Settled              int64 // quota tokens
	// NanoUSD lacks the calls that Unpriced counts; see Cost.
	NanoUSD        int64
	Free, Unpriced int64
}

// Add counts one more call.
func (s *Sums) Add(e Entry) {
	s.Calls++
	switch e.Outcome {
	case OK:
		s.OK++
	case Refused:
		s.Refused++
	default:
		s.Failed++
	}
	throttles := int64(e.ThrottledRequests + e.ThrottledTokens + e.ThrottledDay)
	s.Throttles += throttles
	if e.WaitedForLimit() {
		s.Waited++
		if throttles == 0 {
			s.Avoided++
		}
	}
	s.Attempts += int64(e.Attempts)
	s.Queued += e.Queued
	s.Latency += e.Latency
	s.Usage.Input += e.Usage.Input
	s.Usage.Output += e.Usage.Output
	s.Usage.CacheRead += e.Usage.CacheRead
	s.Usage.CacheWrite += e.Usage.CacheWrite
	s.Held += e.Hold
	s.Settled += e.Settled
	switch {
	case e.Cost >= 0:
		s.NanoUSD += e.Cost
	case e.Free():
		s.Free++
	default:
		s.Unpriced++
	}
}

// WaitedForLimit says that the call was sent, and waited for a limit before.
func (e *Entry) WaitedForLimit() bool { return e.Attempts > 0 && e.Reason != "" }
