package ledger

import (
	"context"
	"slices"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/llm"
)

// Explain tells in words what became of a call, from its own record and those of
// the calls around it. Scale multiplies the durations in the words. The error is of
// kind NotFound when there is no such call.
func Explain(ctx context.Context, r Reader, id llm.CallID, scale float64) (Entry, explain.Explanation, error) {
	e, err := r.Call(ctx, id)
	if err != nil {
		return Entry{}, explain.Explanation{}, err
	}
	in := explain.Input{Call: told(e), Scale: scale}
	if e.Pool != (llm.Pool{}) {
		if in.Around, err = r.Around(ctx, e, scale); err != nil {
			return Entry{}, explain.Explanation{}, err
		}
	}
	if e.Run != "" {
		run, calls, err := r.Run(ctx, e.Tenant, e.Run)
		if err != nil {
			return Entry{}, explain.Explanation{}, err
		}
		in.Place = explain.Place{Calls: run.Calls, Queued: run.Queued}
		in.Place.Number = 1 + slices.IndexFunc(calls, func(c Entry) bool { return c.ID == e.ID })
	}
	return e, explain.Explain(in), nil
}

// told is what is told of an entry.
func told(e Entry) explain.Call {
	return explain.Call{
		ID: e.ID, Time: e.Time, Class: e.Class, Tenant: e.Tenant, Run: e.Run, RunInferred: e.RunInferred,
		Operation: e.Operation, ModelID: e.ModelID, Route: e.Route, Pool: e.Pool, Client: e.Client,
		Usage: e.Usage, Hold: e.Hold, Forecast: e.Forecast, Settled: e.Settled, MaxTokens: e.MaxTokens,
		Cost: e.Cost, PriceAsOf: e.PriceAsOf, Queued: e.Queued, FirstByte: e.FirstByte, Latency: e.Latency, Attempts: e.Attempts,
		ThrottledRequests: e.ThrottledRequests, ThrottledTokens: e.ThrottledTokens, ThrottledDay: e.ThrottledDay,
		Status: e.Status, Outcome: string(e.Outcome), ErrorKind: e.ErrorKind, ErrorMessage: e.ErrorMessage,
		Reason: e.Reason, Limit: e.Limit, LimitAmount: e.LimitAmount, Ahead: e.Ahead, Expected: e.Expected, RetryAfter: e.RetryAfter,
		JoinedRetries: e.JoinedRetries, ClientAttempts: e.ClientAttempts, Cache: e.Cache,
	}
}
