package dispatch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// What the header x-headgate-cache and the ledger say of a call.
const (
	cacheOff    = "off"
	cacheHit    = "hit"
	cacheMiss   = "miss"
	cacheJoined = "joined" // it was answered with another one under way
)

// caching is how a call takes part in the cache.
type caching struct {
	cache.Decision

	key cache.Key
	// asked and answered are when the cache was looked into; zero before.
	asked, answered time.Time
}

// takes reports whether it does.
func (k *caching) takes() bool { return k.Look || k.Keep }

// caching asks the rules.
func (d *Dispatcher) caching(r *Request, w *way, peek *bedrock.Request) caching {
	if d.opts.Cache == nil {
		return caching{}
	}
	tenant := tenantOf(r.Labels)
	ask := cache.Call{Operation: r.Operation, Tenant: tenant, ModelID: r.ModelID, Model: w.target.Model, Label: r.Labels.Cache}
	if peek.TemperatureSet {
		ask.Temperature = &peek.Temperature
	}
	k := caching{Decision: d.opts.Cache.Rules().Decide(ask)}
	if !k.takes() {
		return caching{}
	}
	request := cache.Request{
		Upstream: d.opts.Cache.Upstream(), Operation: r.Operation, ModelID: r.ModelID, Pool: w.lane.pool.ID, Tenant: tenant, Variant: variant(r.Header), Body: r.Body,
	}
	var ok bool
	if k.key, ok = request.Key(k.Shared); !ok {
		return caching{}
	}
	return k
}

// share names the calls under way that may be one: those that ask for the same in
// the same form, and wait in the same class, since a call that joins waits as long
// as the one that it joins.
func (k *caching) share(r *Request) flight.Share {
	if !k.Look {
		return flight.Share{}
	}
	b := append([]byte{byte(r.Labels.Class)}, k.key[:]...)
	return sha256.Sum256(append(b, r.Operation...))
}

// kept answers a call from the cache, or returns nil. A stale answer is asked for
// anew behind the client's back.
func (d *Dispatcher) kept(ctx context.Context, r *Request, w *way, peek bedrock.Request, k *caching, arrived time.Time) *Response {
	if !k.Look {
		return nil
	}
	k.asked = time.Now()
	a, stale := d.opts.Cache.Get(ctx, k.key, k.asked)
	if k.answered = time.Now(); a == nil {
		return nil
	}
	header, body, ok := a.As(r.Operation)
	if !ok {
		return nil
	}
	if stale {
		d.refresh(r, w, peek, k) //nolint:contextcheck // it outlives this client on purpose
	}
	e := d.repeat(r, w, arrived)
	e.Cache = cacheHit
	e.Saved = saved(a.Usage, a.Cost)
	e.FirstByte = time.Since(arrived)
	e.Latency = e.FirstByte
	d.tellRepeat(r, e, k.asked, k.answered)
	stampRepeat(header, &e, w)
	header.Set("X-Headgate-Cache-Key", k.key.String())
	header.Set("Age", strconv.FormatInt(max(0, int64(time.Since(a.Stored).Seconds())), 10))
	if !r.Operation.Streams() {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return &Response{Status: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(body))}
}

func saved(u llm.Usage, cost int64) ledger.Saved {
	return ledger.Saved{Tokens: u.Total(), Cost: max(0, cost)}
}

// repeat begins the record of a call that is answered without one of its own
// upstream: it costs nothing.
func (d *Dispatcher) repeat(r *Request, w *way, arrived time.Time) ledger.Entry {
	return ledger.Entry{
		ID: d.ids.call(arrived), Time: arrived, Class: r.Labels.Class, Tenant: tenantOf(r.Labels), Principal: r.Principal,
		Run: r.Labels.Run, RunInferred: r.Labels.Inferred, Operation: r.Operation, ModelID: r.ModelID, Pool: w.lane.pool.ID, Route: w.route,
		Client: r.Client, ClientAttempts: r.ClientAttempts, Status: http.StatusOK, Outcome: ledger.OK,
	}
}

// tellRepeat records it, with how long it took to get the answer.
func (d *Dispatcher) tellRepeat(r *Request, e ledger.Entry, begin, end time.Time) {
	d.opts.Ledger.Record(e)
	if story := d.newStory(r); story != nil {
		story.Entry = e
		story.cached(begin, end, e.Cache)
		d.opts.Tracer.Trace(story)
	}
}

// stampRepeat adds our own headers.
func stampRepeat(h http.Header, e *ledger.Entry, w *way) {
	h.Set("X-Headgate-Call", string(e.ID))
	h.Set("X-Headgate-Pool", w.lane.name)
	h.Set("X-Headgate-Queued-Ms", "0")
	h.Set("X-Headgate-Attempts", "0")
	h.Set("X-Headgate-Cache", e.Cache)
}

// refresh makes a call whose kept answer is stale, unless it is under way already.
// It waits in the batch class: nobody waits for it.
func (d *Dispatcher) refresh(r *Request, w *way, peek bedrock.Request, k *caching) {
	anew := *r
	anew.Header = r.Header.Clone()
	anew.Labels.Class, anew.Labels.Cache, anew.Labels.Deadline = llm.ClassBatch, "refresh", 0
	anew.Invocation = ""
	client, leader := d.opts.Flights.Join(flight.Key{
		Principal: r.Principal, Operation: r.Operation, Model: r.ModelID, Tenant: tenantOf(r.Labels), Variant: variant(r.Header),
		Body: r.Body, Share: k.share(&anew),
	})
	if !leader {
		_ = client.Close() // returns nil
		return
	}
	again := *k
	again.Look = false // the stale answer must not answer it
	c := d.newCall(&anew, w, peek, client.Flight(), time.Now())
	c.caching, c.record.Cache = again, cacheMiss
	d.calls.Add(2)
	go c.lead()
	go func() {
		defer d.calls.Done()
		defer client.Close()
		_, _ = io.Copy(io.Discard, client) // its failures are recorded
	}()
}

// repeated answers a call that leads a flight from what was kept since it was looked
// for: the flight that it would have joined has just ended.
func (c *call) repeated() bool {
	if !c.caching.Look {
		return false
	}
	a, _ := c.d.opts.Cache.Get(c.ctx, c.caching.key, time.Now())
	if a == nil {
		return false
	}
	header, body, ok := a.As(c.r.Operation)
	if !ok {
		return false
	}
	c.record.Cache, c.record.Saved = cacheHit, saved(a.Usage, a.Cost)
	c.record.Status, c.record.Outcome, c.record.Cost = http.StatusOK, ledger.OK, 0
	c.record.Hold, c.record.Forecast = 0, 0
	c.record.FirstByte = time.Since(c.arrived)
	answer := c.flight.Answer()
	answer.Begin(http.StatusOK, c.stamp(header))
	_, _ = answer.Write(body) // fails only when it has ended
	c.flight.Done(nil, true)
	return true
}

// keep puts a good and complete answer into the cache. It must come before the
// flight is done: whoever finds no flight to join then finds the answer.
func (p *passing) keep(u llm.Usage) {
	c := p.c
	if !c.caching.Keep || p.resp.Status != http.StatusOK || p.blind || !cache.Keepable(p.usage.StopReason()) {
		return
	}
	body, ok := c.flight.Answer().Bytes(c.d.opts.Cache.AnswerBytes())
	if !ok {
		return
	}
	c.d.opts.Cache.Put(c.caching.key, &cache.Answer{
		Operation: c.r.Operation, Header: cache.Kept(p.resp.Header), Body: body,
		Tenant: c.record.Tenant, ModelID: c.r.ModelID, Pool: c.record.Pool, Usage: u, Settled: c.record.Settled, Cost: c.record.Cost,
		Stored: time.Now(), Fresh: c.caching.TTL, Stale: c.caching.Stale,
	})
}
