package dispatch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// Do carries one request and returns when its answer begins. The error is a
// *fault.Error. When ctx ends, the client is taken to have left: a call that
// waits keeps its place for a while, one that runs goes on and its answer is
// kept.
func (d *Dispatcher) Do(ctx context.Context, r *Request) (*Response, error) {
	arrived := time.Now()
	w, err := d.way(r.ModelID)
	if err != nil {
		d.reject(r, arrived, err)
		return nil, err
	}
	peek, err := bedrock.Peek(r.Operation, r.Body)
	if err == nil {
		err = d.labels(r, peek.Metadata)
	}
	if err != nil {
		d.reject(r, arrived, err)
		return nil, err
	}
	k := d.caching(r, w, &peek)
	if resp := d.kept(ctx, r, w, peek, &k, arrived); resp != nil {
		return resp, nil
	}
	return d.join(ctx, r, w, peek, &k, arrived)
}

// join has a call made, or returns to it, or follows another client's that is under
// way. One that it followed and that failed is made once more.
func (d *Dispatcher) join(ctx context.Context, r *Request, w *way, peek bedrock.Request, k *caching, arrived time.Time) (*Response, error) {
	key := flight.Key{
		Principal: r.Principal, Invocation: r.Invocation, Operation: r.Operation, Model: r.ModelID, Body: r.Body,
		Tenant: tenantOf(r.Labels), Variant: variant(r.Header), Share: k.share(r),
	}
	for again := false; ; again = true {
		client, leader := d.opts.Flights.Join(key)
		if client.Shares() {
			f := d.follow(r, w, client.Flight(), arrived)
			resp, err := d.attend(ctx, r, client, false)
			switch {
			case !again && mayLead(ctx, resp, err):
				if resp != nil {
					_ = resp.Body.Close() // returns nil
				}
				continue
			case err != nil:
				f.failed(err)
				return nil, err
			}
			return f.answered(w, resp), nil
		}
		if leader {
			c := d.newCall(r, w, peek, client.Flight(), arrived)
			if c.caching = *k; k.takes() {
				c.record.Cache = cacheMiss
				c.story.cached(k.asked, k.answered, cacheMiss)
			}
			d.calls.Add(1)
			go c.lead() //nolint:contextcheck // it outlives this client on purpose
		} else {
			d.joined(client.Flight())
		}
		return d.attend(ctx, r, client, !leader)
	}
}

// labels adds what the body's metadata says to the labels; headers go before it.
func (d *Dispatcher) labels(r *Request, metadata bedrock.Metadata) error {
	for key, value := range metadata {
		if err := r.Labels.Fill(key, value, d.opts.TimeScale); err != nil {
			return err
		}
	}
	return nil
}

// variant is what of a request's headers changes its answer: the media type
// that it accepts, and Bedrock's own, such as the guardrail, the trace and the
// service tier, or the length that the emulator is asked for (docs.aws.amazon.com/bedrock, API_runtime_InvokeModel).
func variant(h http.Header) string {
	var said []string
	for name, values := range h {
		if name == "Accept" || strings.HasPrefix(name, "X-Amzn-Bedrock-") || strings.HasPrefix(name, "X-Emulator-") {
			said = append(said, name+":"+strings.Join(values, "\n"))
		}
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}

func (d *Dispatcher) newCall(r *Request, w *way, peek bedrock.Request, f *flight.Flight, arrived time.Time) *call {
	c := &call{d: d, r: r, way: w, flight: f, id: d.ids.call(arrived), arrived: arrived}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	tenant := tenantOf(r.Labels)
	c.demand = d.meter.demand(estimate.Route{Model: w.target.Model, Tenant: tenant}, w.model, w.target.Path, w.rates, peek)
	c.record = ledger.Entry{
		ID: c.id, Time: arrived, Class: r.Labels.Class, Tenant: tenant, Principal: r.Principal,
		Run: r.Labels.Run, RunInferred: r.Labels.Inferred, Operation: r.Operation, ModelID: r.ModelID, Route: w.route, Pool: w.lane.pool.ID,
		Hold: c.demand.charges.Tokens.Hold, Forecast: c.demand.charges.Tokens.Forecast,
		Cost: ledger.UnknownCost, Client: r.Client, Outcome: ledger.Internal,
		MaxTokens: c.demand.maxTokens, ClientAttempts: r.ClientAttempts, Body: f.Digest(),
	}
	switch {
	case !r.Operation.Metered():
		c.record.Hold, c.record.Forecast, c.record.MaxTokens = 0, 0, 0
	case c.demand.unset:
		c.record.MaxTokens = ledger.UnsetTokens
	}
	c.story = d.newStory(r)
	if c.story != nil {
		c.story.Embedding = w.model.Embedding
	}
	d.led.Store(f, c)
	if d.stopped.Load() { // a face that was cut off may still be handing over
		c.cancel(errStopped)
	}
	c.warnUnset()
	return c
}

// joined counts a client that came back to a call which is still being led.
func (d *Dispatcher) joined(f *flight.Flight) {
	if c, ok := d.led.Load(f); ok {
		c.(*call).joined.Add(1) //nolint:forcetypeassert // led holds nothing else
	}
}

func (d *Dispatcher) forget(c *call) { d.led.Delete(c.flight) }

// reject records a request that never became a call.
func (d *Dispatcher) reject(r *Request, arrived time.Time, err error) {
	id := d.ids.call(arrived)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		f.Call = string(id)
	}
	status, _ := bedrock.StatusOf(err)
	e := ledger.Entry{
		ID: id, Status: status, Time: arrived, Class: r.Labels.Class, Tenant: tenantOf(r.Labels), Principal: r.Principal,
		Run: r.Labels.Run, RunInferred: r.Labels.Inferred, Operation: r.Operation, ModelID: r.ModelID, Client: r.Client,
		Cost: ledger.UnknownCost, Latency: time.Since(arrived),
		Outcome: outcomeOf(fault.KindOf(err)), ErrorKind: fault.KindOf(err).String(), ErrorMessage: fault.Message(err),
	}
	d.opts.Ledger.Record(e)
	if story := d.newStory(r); story != nil {
		story.Entry = e
		d.opts.Tracer.Trace(story)
	}
}

// readMargin is the part of a client's read timeout that is left when its wait
// is ended for it.
const readMargin = 12

// errStillWaiting ends a wait that the client's own read timeout would end.
var errStillWaiting = errors.New("the client's read timeout is near")

// attend waits for the answer on behalf of one client.
func (d *Dispatcher) attend(ctx context.Context, r *Request, client *flight.Client, joined bool) (*Response, error) {
	wait := ctx
	if r.ReadTimeout > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeoutCause(ctx, r.ReadTimeout-r.ReadTimeout/readMargin, errStillWaiting)
		defer cancel()
	}
	if client.Shares() && r.Labels.Deadline > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeoutCause(wait, r.Labels.Deadline, errFollowed)
		defer cancel()
	}
	status, shared, err := client.Wait(wait)
	if err != nil {
		_ = client.Close() // returns nil
		switch {
		case ctx.Err() != nil:
			return nil, &fault.Error{Kind: fault.Cancelled, Op: "wait for answer", Err: ctx.Err()}
		case errors.Is(context.Cause(wait), errFollowed) && wait.Err() != nil:
			return nil, d.tooLong()
		case errors.Is(context.Cause(wait), errStillWaiting) && wait.Err() != nil:
			return nil, &fault.Error{
				Kind: fault.Throttled, Limit: "client read timeout", RetryAfter: time.Second,
				Message: "Too many requests, please wait before trying again. Headgate: the call still waits and keeps its place; the same call sent again takes it up.",
			}
		}
		return nil, err
	}
	header := shared.Clone()
	if joined {
		header.Set("X-Headgate-Joined", "true")
	}
	// A read does not know of contexts: a client that leaves closes its reader.
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	return &Response{Status: status, Header: header, Body: body{client, stop}}, nil
}

// body is a client's reader of its answer.
type body struct {
	client *flight.Client
	stop   func() bool
}

func (b body) Read(p []byte) (int, error) { return b.client.Read(p) }

func (b body) Close() error {
	b.stop()
	return b.client.Close()
}

var _ io.ReadCloser = body{}
