package ledgertest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// within are the kept entries that went upstream within q.
func (m *Memory) within(q ledger.UseQuery) []ledger.Entry {
	var out []ledger.Entry
	for _, e := range m.Entries() {
		at := e.Time.Add(e.Queued)
		if e.Attempts > 0 && (q.Model == "" || e.Pool.Model == q.Model) && !at.Before(q.Since) && (q.Until.IsZero() || at.Before(q.Until)) {
			out = append(out, e)
		}
	}
	return out
}

// Intervals sums up calls by pool and interval.
func (m *Memory) Intervals(_ context.Context, q ledger.UseQuery) ([]ledger.Interval, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	var out []ledger.Interval
	for _, e := range m.within(q) {
		start := time.Unix(0, e.Time.Add(e.Queued).UnixNano()/int64(q.Width)*int64(q.Width)).UTC()
		i := slices.IndexFunc(out, func(x ledger.Interval) bool { return x.Pool == e.Pool && x.Start.Equal(start) })
		if i < 0 {
			i = len(out)
			out = append(out, ledger.Interval{Pool: e.Pool, Start: start})
		}
		x := &out[i]
		x.Calls++
		x.Attempts += int64(e.Attempts)
		x.Throttled += int64(e.ThrottledRequests + e.ThrottledTokens + e.ThrottledDay)
		x.Held += e.Hold
		x.Settled += e.Settled
		x.Usage = plus(x.Usage, e.Usage)
		x.Queued += e.Queued
		x.MostInput = max(x.MostInput, e.Usage.Input+e.Usage.CacheRead+e.Usage.CacheWrite)
		x.MostOutput = max(x.MostOutput, e.Usage.Output)
	}
	slices.SortFunc(out, func(a, b ledger.Interval) int {
		return cmp.Or(a.Start.Compare(b.Start), llm.ComparePools(a.Pool, b.Pool))
	})
	return out, nil
}

func plus(a, b llm.Usage) llm.Usage {
	a.Input += b.Input
	a.Output += b.Output
	a.CacheRead += b.CacheRead
	a.CacheWrite += b.CacheWrite
	return a
}

// Routes sums up calls that are alike.
func (m *Memory) Routes(_ context.Context, q ledger.UseQuery) ([]ledger.Route, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	var out []ledger.Route
	runs, bodies := map[int]map[llm.RunID]bool{}, map[int]map[uint64]bool{}
	for _, e := range m.within(q) {
		i := slices.IndexFunc(out, func(r ledger.Route) bool {
			return r.Pool == e.Pool && r.ModelID == e.ModelID && r.Operation == e.Operation && r.Tenant == e.Tenant && r.Client == e.Client
		})
		at := e.Time.Add(e.Queued)
		if i < 0 {
			i = len(out)
			out = append(out, ledger.Route{Pool: e.Pool, ModelID: e.ModelID, Operation: e.Operation, Tenant: e.Tenant, Client: e.Client, First: at, Last: at})
			runs[i], bodies[i] = map[llm.RunID]bool{}, map[uint64]bool{}
		}
		addToRoute(&out[i], e, at)
		if e.Run != "" {
			runs[i][e.Run] = true
		}
		if e.Body != 0 && bodies[i][e.Body] {
			out[i].Repeats++
		}
		bodies[i][e.Body] = true
		out[i].Runs = int64(len(runs[i]))
	}
	slices.SortFunc(out, func(a, b ledger.Route) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), llm.ComparePools(a.Pool, b.Pool), cmp.Compare(a.ModelID, b.ModelID),
			cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Client, b.Client))
	})
	return out, nil
}

func addToRoute(r *ledger.Route, e ledger.Entry, at time.Time) {
	if at.Before(r.First) {
		r.First = at
	}
	if at.After(r.Last) {
		r.Last = at
	}
	r.Calls++
	if e.Outcome != ledger.OK {
		r.Failed++
	}
	if e.MaxTokens < 0 {
		r.Unset++
	} else {
		r.MaxTokens += e.MaxTokens
	}
	r.MostInput = max(r.MostInput, e.Usage.Input+e.Usage.CacheRead+e.Usage.CacheWrite)
	r.MostOutput = max(r.MostOutput, e.Usage.Output)
	r.Usage = plus(r.Usage, e.Usage)
	r.Held += e.Hold
	r.Settled += e.Settled
	r.Queued += e.Queued
	r.Latency += e.Latency
	r.Attempts += int64(e.Attempts)
	r.Throttled += int64(e.ThrottledRequests + e.ThrottledTokens + e.ThrottledDay)
	r.Joined += int64(e.JoinedRetries)
	r.ClientAttempts = max(r.ClientAttempts, int64(e.ClientAttempts))
}

// RecordEvent keeps an event that has not been told.
func (m *Memory) RecordEvent(_ context.Context, e ledger.Event) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if same := e.Told(slices.DeleteFunc(slices.Clone(m.recorded), func(b ledger.Event) bool {
		return b.Kind != e.Kind || b.Account != e.Account || b.Region != e.Region || b.Code != e.Code
	})); same != nil {
		return same.ID, nil
	}
	e.ID = int64(len(m.recorded)) + 1
	e.Time = e.Time.UTC()
	m.recorded = append(m.recorded, e)
	return e.ID, nil
}

// Events lists events.
func (m *Memory) Events(_ context.Context, q ledger.EventQuery) ([]ledger.Event, error) {
	if q.Limit < 0 || q.Limit > ledger.MaxLimit {
		return nil, fault.New(fault.Invalid, "limit must be from 1 to %d", ledger.MaxLimit)
	}
	if q.Limit == 0 {
		q.Limit = ledger.DefaultLimit
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []ledger.Event
	for _, e := range m.recorded {
		if e.ID > q.After && (q.Before == 0 || e.ID < q.Before) && !e.Time.Before(q.Since) && (q.Until.IsZero() || e.Time.Before(q.Until)) &&
			(q.Kind == "" || q.Kind == e.Kind) && (q.Account == "" || q.Account == e.Account) &&
			(q.Region == "" || q.Region == e.Region) && (q.Code == "" || q.Code == e.Code) {
			out = append(out, e)
		}
	}
	if q.Before > 0 || q.Since.IsZero() && q.After == 0 {
		return out[max(0, len(out)-q.Limit):], nil
	}
	return out[:min(len(out), q.Limit)], nil
}
