package pace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// maxUnexplained is how many throttles of one call, for which the mirror of the
// limit had room, are taken in silence. What comes after is trouble like any
// other, and the SDK's own retries deal with it.
const maxUnexplained = 2

// call is one call of an operation. It belongs to the goroutine of its caller;
// what the reader of a stream shares of it is its place and its demand, which
// changes no more.
type call struct {
	p      *Pacer
	way    *way
	op     llm.Operation
	model  string
	labels labels
	place  place
	demand demand

	begun       bool  // it has been in line
	over        error // why it waits no more, whatever retries it
	unexplained int
	last        error // of the attempt before
	sent        *sentMark
	answer      *answer // of the latest attempt; nil when it brought none
}

// sentMark is when an attempt was on the wire. The transport may set it late,
// even after the answer.
type sentMark struct {
	pool *limit.Pool
	hold quota.Hold
	at   atomic.Int64 // Unix nanoseconds by the limits' clock; 0 before
}

func (s *sentMark) wrote(info httptrace.WroteRequestInfo) {
	if info.Err == nil {
		s.mark()
	}
}

func (s *sentMark) mark() {
	now := s.pool.Now()
	if s.at.CompareAndSwap(0, now.UnixNano()) {
		s.pool.Started(s.hold, now)
	}
}

// lasted is how long the attempt has been under way; 0 when that is not known.
func (s *sentMark) lasted() time.Duration {
	at := s.at.Load()
	if at == 0 {
		return 0
	}
	return max(0, time.Duration(s.pool.Now().UnixNano()-at))
}

// attempt makes an attempt when its turn has come; a retry of the SDK's waits at
// the head of its line. While the upstream refuses the call on a quota, the
// mirror of that limit is corrected, and the call waits again in the same way.
func (c *call) attempt(ctx context.Context, req *smithyhttp.Request, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, md middleware.Metadata, err error) {
	if !c.begun {
		c.begun = true
		c.over = c.enqueue(ctx, req)
	} else {
		c.place.again()
	}
	for {
		if c.over == nil {
			c.over = c.wait(ctx)
		}
		if c.over != nil {
			return out, md, c.over
		}
		c.answer = nil
		c.sent = &sentMark{pool: c.way.lane.pool, hold: c.place.hold()}
		// What follows writes into the request: addresses, headers, the signature.
		out, md, err = next.HandleFinalize(ctx, middleware.FinalizeInput{Request: req.Clone()})
		if err == nil {
			c.succeeded()
			return out, md, nil
		}
		if err = c.failed(ctx, err); err != nil {
			c.last = err
			return out, md, err
		}
		if err := req.RewindStream(); err != nil {
			return out, md, fmt.Errorf("pace: rewind the request: %w", err)
		}
		c.place.again()
	}
}

// enqueue puts the call in line.
func (c *call) enqueue(ctx context.Context, req *smithyhttp.Request) error {
	asked, err := peek(c.op, req)
	if err != nil {
		return impossible(c.model, "", "%s", fault.Message(err))
	}
	route := estimate.Route{Model: c.way.model.ID, Tenant: llm.Tenant(c.labels.tenant)}
	c.demand = c.p.forecasts.demand(route, c.way.model, c.way.path, asked)
	if err := c.possible(); err != nil {
		return err
	}
	wait := c.maxWait(ctx)
	run := pacer.Run{By: c.runTime(), CallTime: c.demand.took}
	refusal, ok := c.place.enter(pacer.Request{Spec: c.spec(), Wait: wait, Charges: c.demand.charges, Run: run})
	switch {
	case ok:
		return nil
	case refusal.Run:
		return c.runTooLate(refusal, run.By)
	default:
		return refused(c.model, refusal.By.String(), refusal.Start-wait, fmt.Sprintf(
			"%s would let a call of %s start in %v, and it may wait %v", refusal.By, c.model, refusal.Start.Round(time.Millisecond), wait.Round(time.Millisecond)))
	}
}

// runTooLate is the error of a run that could not be done by its deadline.
func (c *call) runTooLate(r pacer.Refusal, by time.Duration) error {
	c.turnedAway(r.Promise)
	then := fmt.Sprintf("with %s as it is: come back after %v", r.By, r.Again.Round(time.Millisecond))
	if r.Alone > 0 {
		then = fmt.Sprintf("even with %s to itself it takes about %v", r.By, r.Alone.Round(time.Millisecond))
	}
	return refused(c.model, r.By.String(), r.Again, fmt.Sprintf("the run cannot be done within its %v, %s", by.Round(time.Millisecond), then))
}

// turnedAway has the run known when it comes back.
func (c *call) turnedAway(p pacer.Promise) {
	c.p.names.TurnedAway(llm.Tenant(c.labels.tenant), llm.RunID(c.labels.run), time.Now().Add(p.Again))
}

// peek reads from the request's bytes what it asks for.
func peek(op llm.Operation, req *smithyhttp.Request) (bedrock.Request, error) {
	p := peeker{op: op}
	stream := req.GetStream()
	if stream == nil {
		return bedrock.Peek(op, nil)
	}
	// The SDK's streams are of bytes in memory, and hand them over whole.
	if w, ok := stream.(io.WriterTo); ok {
		if _, err := w.WriteTo(&p); err != nil {
			return p.found, err
		}
	} else if body, err := io.ReadAll(stream); err != nil {
		return p.found, err
	} else if _, err := p.Write(body); err != nil {
		return p.found, err
	}
	return p.found, req.RewindStream()
}

// peeker takes a whole body in one write.
type peeker struct {
	op    llm.Operation
	found bedrock.Request
}

func (p *peeker) Write(body []byte) (int, error) {
	var err error
	p.found, err = bedrock.Peek(p.op, body)
	return len(body), err
}

// possible refuses what no wait can mend, and says once for each model that
// calls without a bound of their output set aside the most.
func (c *call) possible() error {
	d := &c.demand
	if d.unset && d.maxTokens > 0 {
		c.way.unset.Do(func() {
			c.p.log.Warn("calls without maxTokens set aside the model's maximum of the quota while they run: set it to what answers need",
				slog.String("model", c.model), slog.Int64("max_tokens", d.maxTokens))
		})
	}
	l, never := c.way.lane.pool.Never(d.charges)
	if !never {
		return nil
	}
	hint := "lower maxTokens"
	if d.unset {
		hint = "set maxTokens: without it Bedrock sets aside the model's maximum"
	}
	return impossible(c.model, l.Kind.String(), "a call of %s sets aside %d tokens (about %d of input, and maxTokens %d), more than %s of %d can ever hold: %s",
		c.model, d.charges.Tokens.Hold, d.input, d.maxTokens, l.Kind, l.Amount, hint)
}

// maxWait is how long the call may wait.
func (c *call) maxWait(ctx context.Context) time.Duration {
	wait := c.p.maxWait
	if at, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(at))
	}
	if !c.labels.deadline.IsZero() {
		wait = min(wait, time.Until(c.labels.deadline))
	}
	return max(0, wait)
}

// runTime is how long the run may take from now until all of it is done; 0 when
// that was not said.
func (c *call) runTime() time.Duration {
	if c.labels.run == "" || c.labels.runBy.IsZero() {
		return 0
	}
	return max(1, time.Until(c.labels.runBy))
}

// spec describes the call to the scheduler.
func (c *call) spec() sched.Spec {
	l := &c.labels
	s := sched.Spec{
		Class:  l.class.llm(),
		Tenant: c.p.names.Tenant(llm.Tenant(l.tenant)),
		Cost:   c.way.lane.pool.Share(c.demand.charges.Forecast()),
		Tokens: c.demand.mean,
	}
	if l.run != "" {
		id, begun, calls := c.p.names.Arrive(llm.Tenant(l.tenant), llm.RunID(l.run), time.Now())
		s.Run, s.Begun, s.Ordinary = id, begun, calls > sched.StatedCalls
		if id != 0 { // a call that is its own run makes no others
			s.RunCalls = int32(min(l.calls, sched.StatedCalls)) //nolint:gosec // bounded
		}
	}
	return s
}

// wait waits for the call's turn.
func (c *call) wait(ctx context.Context) error {
	granted, err := c.place.wait(ctx)
	switch {
	case granted:
		if c.labels.run != "" {
			c.p.names.Begin(llm.Tenant(c.labels.tenant), llm.RunID(c.labels.run), time.Now(), 0)
		}
		return nil
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return &smithy.CanceledError{Err: err}
	}
	if p, dropped := c.place.dropped(); dropped {
		c.turnedAway(p)
		return refused(c.model, c.place.limit(), p.Again, fmt.Sprintf(
			"more runs want to be done by their deadlines than can be, and this one, which has not begun and is the largest, was given up: come back after %v", p.Again.Round(time.Millisecond)))
	}
	pool := c.way.lane.pool
	at, _ := pool.Forecast(pool.Now(), quota.Work{}, c.demand.charges)
	by := c.place.limit()
	what := by
	if what == "" {
		what = "its turn"
	}
	return refused(c.model, by, at.Sub(pool.Now()), "a call of "+c.model+" waited for "+what+", and its deadline passed", err, c.last)
}

// failed ends the hold of an attempt that brought no answer, as far as the
// upstream will have charged it. It returns the error to give up the attempt
// with, or nil when the call is to wait for another one.
func (c *call) failed(ctx context.Context, err error) error {
	kind, status := classify(err)
	by, throttled := limitOf(kind)
	switch {
	case throttled:
		return c.throttled(by, err)
	case c.answer != nil:
		c.answer.finish(err) // it began well, and could not be read
	case c.sent.at.Load() == 0 && status == 0:
		c.place.release() // it was never on the wire
	case ctx.Err() != nil:
		c.place.settle(c.demand.charges.Forecast()) // it is taken to have been worked on
	default:
		c.place.settle(quota.Settled{}) // it counts as a request, and its tokens are given back
	}
	return err
}

// throttled takes in that the upstream refused the attempt on a quota.
func (c *call) throttled(by quota.Kind, err error) error {
	pool := c.way.lane.pool
	at := c.place.throttled(by)
	c.unexplained++
	c.p.log.Info("upstream throttled a call that the limits had room for",
		slog.String("pool", pool.ID.String()), slog.String("limit", by.String()), slog.Time("again_at", at))
	switch {
	case at.IsZero(), c.unexplained > maxUnexplained:
		return err
	case at.After(c.place.deadline()):
		return refused(c.model, by.String(), at.Sub(pool.Now()), fmt.Sprintf("Bedrock refused a call of %s on %s, which clears after the call's deadline", c.model, by), err)
	}
	return nil
}

// classify judges the SDK's error, and tells the status of the answer that it
// stands for, 0 when there was none.
func classify(err error) (bedrock.FailKind, int) {
	api, ok := errors.AsType[smithy.APIError](err)
	resp, answered := errors.AsType[*smithyhttp.ResponseError](err)
	status := 0
	if answered && resp.Response != nil {
		status = resp.HTTPStatusCode()
	}
	if !ok || status < http.StatusMultipleChoices {
		return bedrock.FailNone, status
	}
	return bedrock.Classify(status, api.ErrorCode(), bedrock.ErrorBody(api.ErrorMessage())).Kind, status
}

// succeeded settles an answer that has been read whole. A stream's settles as it
// is read.
func (c *call) succeeded() {
	if !c.op.Streams() && c.answer != nil {
		c.answer.finish(nil)
	}
}

// end is the last word on every path. A stream that has begun is handed over to
// its reader.
func (c *call) end(ctx context.Context, ok bool) {
	if ok && c.op.Streams() && c.answer != nil {
		c.answer.handOver(ctx)
		return
	}
	c.place.leave(c.demand.charges.Forecast())
}
