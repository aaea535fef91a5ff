package dispatch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/upstream"
	"github.com/headgate/headgate/internal/wire/bedrock"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

const (
	copyBuffer = 32 << 10
	// holdBack bounds what is kept of a stream that has shown no content yet, so
	// that it can still be retried.
	holdBack = 64 << 10
)

var buffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }} //nolint:gochecknoglobals // a pool is process-wide by its nature

// passing is one answer on its way from the upstream to the client.
type passing struct {
	c     *call
	resp  *upstream.Response
	usage *bedrock.Answer
	// answered is when the answer began, by the limits' clock.
	answered time.Time
	begun    bool
	held     []byte
	blind    bool // the usage reader gave up; bytes pass all the same
}

// pass copies a good answer to the client and reads its usage on the way. It
// reports whether the call goes on waiting, because the answer broke before it
// began.
func (c *call) pass(resp *upstream.Response) bool {
	p := &passing{c: c, resp: resp, answered: c.now(), usage: bedrock.NewAnswer(c.r.Operation, resp.Header.Get("Content-Type"))}
	p.blind = c.r.Operation.Streams() && !isEventStream(resp.Header)
	if p.blind || !c.r.Operation.Streams() {
		p.begin()
	}
	err := p.copy()
	if err == nil {
		err = p.whole()
	}
	typ, message, excepted := p.usage.Exception()
	if !p.begun && c.ctx.Err() == nil && (err != nil || excepted) {
		if f := bedrock.ClassifyException(typ, message); err != nil || f.Kind != bedrock.FailFinal {
			return p.retry(f, err)
		}
	}
	p.begin()
	p.end(err, typ, message)
	return false
}

// isEventStream reports whether an answer can be read as the event stream that
// was asked for. What is in front of Bedrock may answer with something else.
func isEventStream(h http.Header) bool {
	typ, coding := h.Get("Content-Type"), h.Get("Content-Encoding")
	return (typ == "" || strings.HasPrefix(typ, eventstream.ContentType)) && (coding == "" || coding == "identity")
}

// whole says what is missing of an answer that ended without an error. A stream
// that was cut between two messages ends as a good one does, but without the
// last word on its usage.
func (p *passing) whole() error {
	err := p.usage.End()
	if p.blind || !p.c.r.Operation.Streams() {
		return nil // not an event stream after all, or unreadable: the client judges
	}
	_, complete := p.usage.Usage()
	if _, _, excepted := p.usage.Exception(); err == nil && !complete && !excepted {
		return io.ErrUnexpectedEOF
	}
	return err
}

// retry gives the attempt up before anything of it was passed on.
func (p *passing) retry(f bedrock.Failure, err error) bool {
	c := p.c
	c.story.failed(f.Type, "")
	last := &answer{status: p.resp.Status, header: p.resp.Header, body: p.held}
	if f.Kind.Throttle() && f.Kind != bedrock.FailThrottleOther {
		return c.throttled(f, last)
	}
	c.settle(p.read())
	if err != nil {
		return c.trouble(f, broke("read stream before its first content", err))
	}
	return c.troubleWith(f, last, nil)
}

// read is what a stream has cost that broke before its content: it was admitted
// and its input read. What that came to, the stream has said or is estimated.
func (p *passing) read() quota.Settled {
	c := p.c
	u, _ := p.usage.Usage()
	u.Output = 0
	if u.Input+u.CacheRead+u.CacheWrite == 0 {
		u.Input = c.demand.usage.Input
	}
	return settled(c.way.model, c.way.target.Path, c.way.rates, u)
}

// copy moves bytes until the upstream ends, and returns what ended it early.
func (p *passing) copy() error {
	buf := buffers.Get().(*[copyBuffer]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer buffers.Put(buf)
	for {
		n, err := p.resp.Body.Read(buf[:])
		if n > 0 {
			if werr := p.take(buf[:n]); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take passes bytes on, or holds them back while the stream can still be
// retried.
func (p *passing) take(b []byte) error {
	p.c.keepContent(b)
	if !p.blind {
		_, _ = p.usage.Write(b) // never fails
		_, faulty := errors.AsType[*eventstream.Error](p.usage.End())
		p.blind = faulty && !p.begun // bytes that make no frame from the first are no stream: the client judges
	}
	if !p.begun {
		p.held = append(p.held, b...)
		if _, _, broke := p.usage.Exception(); broke && !p.usage.FirstContent() {
			return nil
		}
		if p.blind || p.usage.FirstContent() || len(p.held) > holdBack {
			p.begin()
		}
		return nil
	}
	_, err := p.c.flight.Answer().Write(b)
	return err
}

// begin lets the client see the answer.
func (p *passing) begin() {
	if p.begun {
		return
	}
	p.begun = true
	c := p.c
	if c.r.Operation.Streams() {
		c.story.begin(StepStream)
	}
	c.record.Status = p.resp.Status
	c.record.FirstByte = time.Since(c.arrived)
	if c.r.Operation.Streams() {
		c.flight.SetPhase(flight.Streaming)
	}
	if c.r.Operation.Streams() {
		p.resp.Header.Del("Content-Length") // an exception of ours may follow
	}
	a := c.flight.Answer()
	a.Begin(p.resp.Status, c.stamp(p.resp.Header))
	if len(p.held) > 0 {
		_, _ = a.Write(p.held) // fails only when it has ended, and then nobody reads it
		p.held = nil
	}
}

// end settles and completes an answer that has begun.
func (p *passing) end(err error, exception, message string) {
	c := p.c
	u, complete := p.use()
	c.stopped(p.usage.StopReason())
	switch {
	case complete:
		c.record.Usage = u
		c.account(u)
		c.d.meter.observe(estimate.Route{Model: c.way.target.Model, Tenant: c.record.Tenant}, c.demand, u, c.lasted())
		c.done(settled(c.way.model, c.way.target.Path, c.way.rates, u))
	case err == nil && exception == "":
		c.done(c.demand.charges.Forecast())
	default:
		// The stream broke: nobody says what it cost. What passed, or what was
		// expected, whichever is more.
		c.record.Usage = u
		used, expected := settled(c.way.model, c.way.target.Path, c.way.rates, u), c.demand.charges.Forecast()
		used.Tokens, used.Output = max(used.Tokens, expected.Tokens), max(used.Output, expected.Output)
		used.Input, used.Priced = max(used.Input, expected.Input), max(used.Priced, expected.Priced)
		c.done(used)
	}
	c.record.Outcome = ledger.OK
	switch {
	case c.ctx.Err() != nil && complete && c.r.Operation.Streams() && p.usage.AtBoundary():
		err = nil // its client has all of it, and left before the upstream did
	case c.ctx.Err() != nil:
		c.record.Outcome, c.record.ErrorKind = ledger.Cancelled, fault.Cancelled.String()
		err = c.ctx.Err()
	case exception != "":
		c.record.Outcome, c.record.ErrorKind = ledger.Broken, exception
		c.story.failed(exception, "")
		if bedrock.ClassifyException(exception, message).Kind != bedrock.FailFinal {
			c.record.ErrorMessage = message // a final one may quote the request
		}
	case err != nil:
		c.record.Outcome, c.record.ErrorKind = ledger.Broken, fault.Upstream.String()
		c.story.failed(fault.Upstream.String(), "")
		c.record.ErrorMessage = "the upstream's answer broke off"
		err = p.mourn(err)
	}
	if err == nil && complete && c.record.Outcome == ledger.OK {
		p.keep(u)
	}
	c.flight.Done(err, p.resp.Status == http.StatusOK && c.record.Outcome == ledger.OK)
}

// mourn ends a stream that the upstream cut: with an exception frame, since SDKs
// take a clean cut for a good end; or, inside a frame, by breaking it visibly.
func (p *passing) mourn(err error) error {
	if !p.c.r.Operation.Streams() || p.blind || !p.usage.AtBoundary() {
		return fmt.Errorf("copy answer: %w", err)
	}
	frame := bedrock.ExceptionFrame(fault.New(fault.Upstream, "The stream from Bedrock broke off before its end."))
	if _, werr := p.c.flight.Answer().Write(frame); werr != nil {
		return werr
	}
	return nil
}

// use is what the answer says that it used, and whether that is all. It also
// learns from the answer when the call reached the upstream.
func (p *passing) use() (llm.Usage, bool) {
	u, complete := p.usage.Usage()
	latency := p.usage.LatencyMs()
	if !complete {
		if headerUsage, ms, ok := bedrock.HeaderUsage(p.resp.Header.Get); ok {
			u, complete, latency = headerUsage, true, ms
		}
	}
	p.arrivedBy(latency)
	return u, complete
}

// arrivedBy bounds when the call had reached the upstream: before its answer
// began, and, where the upstream says how long it took, that long before now. The
// instant it was sent is a lower bound; for a window the later is the safe one,
// but only as far as a network may plausibly delay a request.
func (p *passing) arrivedBy(ms int64) {
	c := p.c
	if c.entry == nil {
		return
	}
	const plausible = 500 * time.Millisecond
	by := p.answered
	if ms > 0 {
		latest := c.now().Add(-time.Duration(float64(ms) / c.d.opts.TimeScale * float64(time.Millisecond)))
		if latest.Before(by) {
			by = latest
		}
	}
	if sent := c.sent.at.Load(); sent != 0 && by.UnixNano()-sent < int64(plausible) {
		c.startedAt(c.entry.Hold, by)
	}
}

// account prices the call.
func (c *call) account(u llm.Usage) {
	if c.way.rates.known {
		c.record.Cost = c.way.rates.price.Cost(u)
		c.record.PriceAsOf = c.way.rates.asOf
	}
}
