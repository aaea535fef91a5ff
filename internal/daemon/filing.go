package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/webhook"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// Filer files requests of the account, and keeps in its ledger what is filed.
func (a *Account) Filer() *filing.Filer { return filing.New(a.AWS, filings{a.Ledger}) }

// OpenElsewhere is how many requests of the snapshot's account were open in other
// Regions when they were asked last.
func (a *Account) OpenElsewhere(ctx context.Context, here account.Snapshot) (int, error) {
	known, err := a.Ledger.Snapshots(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, snap := range known {
		if snap.Account != here.Account || snap.Region == here.Region {
			continue
		}
		for _, r := range snap.Requests {
			if r.Status.Open() {
				n++
			}
		}
	}
	return n, nil
}

// Use sums up the calls in the ledger that draw on a quota, in minutes that are as
// much shorter as the gateway that made them was faster.
func (a *Account) Use(ctx context.Context, q account.Quota, since, until time.Time, scale float64) (increase.Use, error) {
	query := ledger.UseQuery{Since: since, Until: until, Width: time.Duration(float64(time.Minute) / max(1, scale)), Model: q.Pool.Model}
	intervals, err := a.Ledger.Intervals(ctx, query)
	if err != nil {
		return increase.Use{}, err
	}
	var minutes []increase.Minute
	var calls increase.Calls
	nominal := func(d time.Duration) time.Duration { return time.Duration(float64(d) * max(1, scale)) }
	for _, i := range intervals {
		if q.Limit != "" && draws(q.Pool, i.Pool) {
			calls = calls.Plus(increase.Calls{Calls: i.Calls, Usage: i.Usage, Tokens: i.Settled, MostInput: i.MostInput, MostOutput: i.MostOutput, Queued: nominal(i.Queued)})
			minutes = append(minutes, increase.Minute{Start: i.Start, Requests: i.Attempts - i.Throttled, Throttled: i.Throttled, Tokens: i.Settled})
		}
	}
	return increase.Measure(since, until, minutes, calls), nil
}

// draws reports whether calls of a pool draw on a quota of another: the account's
// own has no model, and a pool of which only the credentials know the account has
// none.
func draws(on, from llm.Pool) bool {
	return from.Region == on.Region && (from.Account == "" || from.Account == on.Account) &&
		(on.Model == "" || from.Model == on.Model && from.Path == on.Path)
}

// filings keeps what is filed as events.
type filings struct{ events ledger.Events }

// filed is the data of the events of a request.
type filed struct {
	Filing  int64    `json:"filing,omitempty"` // the event of its beginning; not in that one
	Desired float64  `json:"desired"`
	Listed  bool     `json:"listed,omitempty"`
	Known   []string `json:"known,omitempty"`
	Request string   `json:"request,omitempty"`
	CaseID  string   `json:"case_id,omitempty"`
	Status  string   `json:"status,omitempty"`
	Found   bool     `json:"found,omitempty"`
	Failure string   `json:"failure,omitempty"`
}

// Begin keeps that a request is about to be made.
func (f filings) Begin(ctx context.Context, i filing.Intent) (int64, error) {
	return f.record(ctx, i, i.Time, ledger.EventRequestFiling,
		fmt.Sprintf("AWS is about to be asked for %s of %s", increase.Number(i.Value), i.Code),
		filed{Desired: i.Value, Listed: i.Listed, Known: i.Known})
}

// End keeps what became of a request.
func (f filings) End(ctx context.Context, i filing.Intent, e filing.End) error {
	data := filed{Filing: i.ID, Desired: i.Value, Found: e.Found, Failure: e.Failure}
	kind, text := ledger.EventRequestFailed, fmt.Sprintf("AWS was asked for %s of %s and took no request: %s", increase.Number(i.Value), i.Code, e.Failure)
	if e.Taken() {
		data.Request, data.CaseID, data.Status = e.Request.ID, e.Request.CaseID, string(e.Request.Status)
		kind, text = ledger.EventRequestFiled, fmt.Sprintf("AWS was asked for %s of %s: request %s", increase.Number(i.Value), i.Code, e.Request.ID)
	}
	_, err := f.record(ctx, i, time.Now(), kind, text, data)
	return err
}

func (f filings) record(ctx context.Context, i filing.Intent, at time.Time, kind ledger.EventKind, text string, d filed) (int64, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	return f.events.RecordEvent(ctx, ledger.Event{Time: at, Kind: kind, Account: i.Account, Region: i.Region, Code: i.Code, Text: text, Data: data})
}

// Open lists the intents without an end, among the newest thousand.
func (f filings) Open(ctx context.Context, of llm.AccountID, in llm.Region) ([]filing.Intent, error) {
	ended := map[int64]bool{}
	for _, kind := range []ledger.EventKind{ledger.EventRequestFiled, ledger.EventRequestFailed} {
		list, err := f.events.Events(ctx, ledger.EventQuery{Kind: kind, Account: of, Region: in, Limit: ledger.MaxLimit})
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			var d filed
			if err := json.Unmarshal(e.Data, &d); err != nil {
				return nil, fmt.Errorf("read event %d: %w", e.ID, err)
			}
			ended[d.Filing] = true
		}
	}
	begun, err := f.events.Events(ctx, ledger.EventQuery{Kind: ledger.EventRequestFiling, Account: of, Region: in, Limit: ledger.MaxLimit})
	if err != nil {
		return nil, err
	}
	var out []filing.Intent
	for _, e := range begun {
		if ended[e.ID] {
			continue
		}
		var d filed
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return nil, fmt.Errorf("read event %d: %w", e.ID, err)
		}
		out = append(out, filing.Intent{ID: e.ID, Time: e.Time, Account: e.Account, Region: e.Region, Code: e.Code, Value: d.Desired, Listed: d.Listed, Known: d.Known})
	}
	return out, nil
}

// Hook tells a program elsewhere of requests that move on.
type Hook struct{ hook *webhook.Hook }

// NewHook checks the address and the secret of a webhook: see package webhook.
func NewHook(url, secret string) (*Hook, error) {
	h, err := webhook.New(webhook.Options{URL: url, Secret: secret})
	if err != nil {
		return nil, err
	}
	return &Hook{h}, nil
}

// Tell tells of a step, and returns when the receiver has taken it or will not. A
// step that several programs tell of has one id.
func (h *Hook) Tell(ctx context.Context, s increase.Step) error {
	id := s.Request + "." + string(s.To)
	if s.Granted {
		id += ".granted"
	}
	return h.hook.Send(ctx, webhook.Message{ID: id, Type: string(ledger.EventRequestStatus), Time: s.Time, Data: s})
}

// Host is where it tells, without the path.
func (h *Hook) Host() string { return h.hook.Host() }
