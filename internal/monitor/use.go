package monitor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/llm"
)

// UseQuery says whose use is read, and of when. CloudWatch keeps minutes for
// fifteen days.
type UseQuery struct {
	Region   llm.Region
	From, To time.Time
	// Namespace is where the metrics are; empty: Bedrock's runtime.
	Namespace string
	// Minute is how long a nominal minute lasts; 0 is a minute.
	Minute time.Duration
	// Mine tells the ids of the pool from others: models, profiles, application
	// profiles.
	Mine func(id string) bool
	// Known are ids of the pool that are asked for where CloudWatch does not say
	// which there are.
	Known []string
	// Burndown is how many quota tokens an output token is, for where CloudWatch
	// has no EstimatedTPMQuotaUsage.
	Burndown int64
}

// Use is what everybody in the account used of one pool.
type Use struct {
	From, To time.Time
	IDs      []string // that were asked for; sorted
	Minutes  []Minute // by time; those without a call or a throttle are left out
	// Latency is the mean of a call; 0 without any.
	Latency time.Duration
	// Computed says that quota tokens are reckoned from counts of tokens in at
	// least one minute: CloudWatch had no estimate of its own.
	Computed bool
	// Missing is what could not be read, each with the reason; nil when nothing is.
	Missing []string
}

// Minute is the use of one minute.
type Minute struct {
	Start            time.Time
	Calls, Throttles float64
	// Input and Output are tokens; what is read from the cache is not in Input.
	Input, Output, CacheRead, CacheWrite float64
	Charged                              float64 // quota tokens, as calls settle
}

// Requests is what was asked of the limit on requests, granted or not.
func (m Minute) Requests() float64 { return m.Calls + m.Throttles }

// measure is a metric of Bedrock and where its values go. Of two spellings of one
// metric the larger value counts: an account has one, or both alike.
type measure struct {
	metric, statistic string
	add               func(m *Minute, v float64)
}

const (
	invocations = "Invocations"
	throttles   = "InvocationThrottles"
	latencyStat = "InvocationLatency"
	averageStat = "Average"
	quotaUse    = "EstimatedTPMQuotaUsage"
	mostUseSpan = 15 * 24 * time.Hour
	usePatience = time.Minute
	modelID     = "ModelId"
)

// measures are those of docs.aws.amazon.com/bedrock, monitoring-runtime-metrics,
// with the cache metrics as both of its pages spell them.
func measures() []measure {
	return []measure{
		{invocations, "Sum", func(m *Minute, v float64) { m.Calls += v }},
		{throttles, "Sum", func(m *Minute, v float64) { m.Throttles += v }},
		{"InputTokenCount", "Sum", func(m *Minute, v float64) { m.Input += v }},
		{"OutputTokenCount", "Sum", func(m *Minute, v float64) { m.Output += v }},
		{"CacheReadInputTokenCount", "Sum", func(m *Minute, v float64) { m.CacheRead = max(m.CacheRead, v) }},
		{"CacheReadInputTokens", "Sum", func(m *Minute, v float64) { m.CacheRead = max(m.CacheRead, v) }},
		{"CacheWriteInputTokenCount", "Sum", func(m *Minute, v float64) { m.CacheWrite = max(m.CacheWrite, v) }},
		{"CacheWriteInputTokens", "Sum", func(m *Minute, v float64) { m.CacheWrite = max(m.CacheWrite, v) }},
		{quotaUse, "Sum", func(m *Minute, v float64) { m.Charged += v }},
		{latencyStat, averageStat, nil},
	}
}

// Everyone reads what everybody in the account used of a pool. It fails where
// nothing at all can be read; else what is missing is named.
func Everyone(ctx context.Context, from Source, q UseQuery) (Use, error) {
	ctx, cancel := context.WithTimeout(ctx, usePatience)
	defer cancel()
	q.Minute, q.Namespace = cmp.Or(q.Minute, time.Minute), cmp.Or(q.Namespace, alarm.Namespace)
	if oldest := q.To.Add(-time.Duration(float64(mostUseSpan) * q.Minute.Minutes())); q.From.Before(oldest) {
		q.From = oldest
	}
	u := Use{From: q.From, To: q.To}
	ids, err := called(ctx, from, q)
	if err != nil {
		if len(q.Known) == 0 || ctx.Err() != nil {
			return u, err
		}
		u.Missing = append(u.Missing, "which models have metrics: "+reason(err))
		ids = q.Known
	}
	u.IDs = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(u.IDs) == 0 {
		return u, nil
	}
	var queries []Query
	for _, id := range u.IDs {
		for _, m := range measures() {
			queries = append(queries, Query{
				Namespace: q.Namespace, Metric: m.metric, Statistic: m.statistic, Period: time.Minute,
				Dimensions: []alarm.Dimension{{Name: modelID, Value: id}},
			})
		}
	}
	series, err := from.Series(ctx, q.Region, queries, q.From, q.To)
	if err != nil {
		if !slices.ContainsFunc(series, func(s Series) bool { return s.Complete || len(s.Points) > 0 }) {
			return u, err
		}
		u.Missing = append(u.Missing, "some of the metrics: "+reason(err))
	}
	u.fill(series, q)
	return u, nil
}

// called are the ids of the pool that CloudWatch has calls or throttles of.
func called(ctx context.Context, from Source, q UseQuery) ([]string, error) {
	var ids []string
	for _, metric := range []string{invocations, throttles} {
		all, err := from.Values(ctx, q.Region, q.Namespace, metric, modelID)
		if err != nil {
			return nil, err
		}
		for _, id := range all {
			if q.Mine(id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// fill adds up the ids' series, minute by minute.
func (u *Use) fill(series []Series, q UseQuery) {
	kinds := measures()
	one := map[string]map[int64]*Minute{} // by id, for the spellings of one metric
	at := func(id string, start time.Time) *Minute {
		if one[id] == nil {
			one[id] = map[int64]*Minute{}
		}
		key := start.UnixNano() / int64(q.Minute)
		if one[id][key] == nil {
			one[id][key] = &Minute{Start: start}
		}
		return one[id][key]
	}
	lasted, ended := 0.0, 0.0
	partial := map[string]bool{}
	for i, s := range series {
		id, kind := s.Query.Dimensions[0].Value, kinds[i%len(kinds)]
		if !s.Complete {
			partial[s.Query.Metric] = true
		}
		for _, p := range s.Points {
			m := at(id, p.Start)
			if kind.add != nil {
				kind.add(m, p.Value)
				continue
			}
			lasted += p.Value * m.Calls // Invocations came before
			ended += m.Calls
		}
	}
	sum := map[int64]*Minute{}
	for _, minutes := range one {
		for key, m := range minutes {
			if m.Charged == 0 && m.Input+m.Output+m.CacheWrite > 0 {
				m.Charged, u.Computed = m.Input+m.CacheWrite+float64(max(q.Burndown, 1))*m.Output, true
			}
			if sum[key] == nil {
				sum[key] = &Minute{Start: m.Start}
			}
			sum[key].plus(*m)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sum)) {
		if m := sum[key]; m.Requests() > 0 || m.Charged > 0 {
			u.Minutes = append(u.Minutes, *m)
		}
	}
	if ended > 0 {
		u.Latency = time.Duration(lasted / ended * float64(time.Millisecond))
	}
	for _, metric := range slices.Sorted(maps.Keys(partial)) {
		u.Missing = append(u.Missing, metric+" of some ids or minutes: CloudWatch did not give all of it")
	}
}

func (m *Minute) plus(o Minute) {
	m.Calls += o.Calls
	m.Throttles += o.Throttles
	m.Input += o.Input
	m.Output += o.Output
	m.CacheRead += o.CacheRead
	m.CacheWrite += o.CacheWrite
	m.Charged += o.Charged
}

// Total adds up all minutes.
func (u *Use) Total() Minute {
	var all Minute
	for _, m := range u.Minutes {
		all.plus(m)
	}
	return all
}
