package pace

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// abandonedAfter is how long nobody may read from a stream before it is taken to
// be abandoned and its call is settled with what was expected of it: longer than
// whoever reads a stream thinks between two events.
const abandonedAfter = 10 * time.Minute

// answer is an answer's body on its way to the SDK. It settles the call as soon
// as the answer has told what it used, or, whichever comes first, when it ends,
// breaks, is closed or is abandoned. Reads and Close may overlap.
type answer struct {
	c        *call
	body     io.ReadCloser
	header   http.Header
	streams  bool
	answered time.Time // when it began, by the limits' clock
	unwatch  func() bool

	mu    sync.Mutex // guards what follows
	usage *bedrock.Answer
	done  bool // the hold has been ended
	alone bool // the call is over: its place is given up with the hold
	moved bool // something was read since watch last looked
	watch *time.Timer
}

// answered takes in the response of an attempt.
func (c *call) answered(resp *smithyhttp.Response) {
	if resp.StatusCode >= http.StatusMultipleChoices || resp.Body == nil {
		return
	}
	a := &answer{
		c: c, body: resp.Body, header: resp.Header, streams: c.op.Streams(), answered: c.way.lane.pool.Now(),
		usage: bedrock.NewAnswer(c.op, resp.Header.Get("Content-Type")),
	}
	resp.Body = a
	c.answer = a
	c.sent.mark() // for HTTP clients that report no writing
}

// Read passes bytes on, and looks at them.
func (a *answer) Read(b []byte) (int, error) {
	n, err := a.body.Read(b)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done {
		return n, err
	}
	a.moved = true
	_, _ = a.usage.Write(b[:n]) // never fails
	if !a.streams {
		return n, err // the SDK may yet find fault with it
	}
	if _, complete := a.usage.Usage(); complete || err != nil {
		a.finishLocked(err)
	}
	return n, err
}

// Close ends the answer. What was not read by now is not waited for.
func (a *answer) Close() error {
	err := a.body.Close()
	if a.streams {
		a.finish(context.Canceled)
	}
	return err
}

// handOver lets a stream live on without its call. If its context ends, nothing
// more will be read.
func (a *answer) handOver(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.alone = true
	if a.done {
		a.c.place.leave(quota.Settled{})
		return
	}
	if ctx.Done() != nil {
		a.unwatch = context.AfterFunc(ctx, func() { a.finish(ctx.Err()) })
	}
	a.watch = time.AfterFunc(a.c.p.real(abandonedAfter), a.look)
}

// look gives up a stream from which nothing was read for a long time.
func (a *answer) look() {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.done:
	case a.moved:
		a.moved = false
		a.watch.Reset(a.c.p.real(abandonedAfter))
	default:
		a.finishLocked(context.DeadlineExceeded)
	}
}

// finish ends the hold with what the answer has told. Only the first time counts.
func (a *answer) finish(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finishLocked(err)
}

func (a *answer) finishLocked(err error) {
	if a.done {
		return
	}
	a.done = true
	if a.watch != nil {
		a.watch.Stop()
	}
	if a.unwatch != nil {
		a.unwatch()
	}
	a.settle(err)
	if a.alone {
		a.c.place.leave(quota.Settled{})
	}
}

// settle charges the call. err is why the answer ended, if it did not end well.
func (a *answer) settle(err error) {
	c, d := a.c, &a.c.demand
	u, complete := a.usage.Usage()
	latency := a.usage.LatencyMs()
	if !complete {
		if told, ms, ok := bedrock.HeaderUsage(a.header.Get); ok {
			u, complete, latency = told, true, ms
		}
	}
	a.arrivedBy(latency)
	typ, message, excepted := a.usage.Exception()
	switch {
	case complete:
		c.p.forecasts.observe(d, u, c.sent.lasted())
		c.place.settle(d.settled(u))
	case excepted && !a.usage.FirstContent():
		if by, ok := limitOf(bedrock.ClassifyException(typ, message).Kind); ok {
			c.place.throttled(by)
		}
		c.place.settle(d.read(u))
	case err == nil && !a.streams:
		c.place.settle(d.charges.Forecast())
	default:
		c.place.settle(d.broken(u))
	}
}

// plausible is how long a network may delay a request.
const plausible = 500 * time.Millisecond

// arrivedBy bounds when the call had reached the upstream: before its answer
// began, and, where the upstream says how long it took, that long before now. For
// a window the later instant is the safe one.
func (a *answer) arrivedBy(ms int64) {
	sent := a.c.sent
	by := a.answered
	if ms > 0 {
		if latest := sent.pool.Now().Add(-a.c.p.real(time.Duration(ms) * time.Millisecond)); latest.Before(by) {
			by = latest
		}
	}
	if at := sent.at.Load(); at != 0 && by.UnixNano()-at < int64(plausible) {
		sent.pool.Started(sent.hold, by)
	}
}

// limitOf is the limit that a throttle is about; false when it does not say, or
// the failure is none.
func limitOf(k bedrock.FailKind) (quota.Kind, bool) {
	switch k {
	case bedrock.FailThrottleRequests:
		return quota.RequestsPerMinute, true
	case bedrock.FailThrottleTokens:
		return quota.TokensPerMinute, true
	case bedrock.FailThrottleDay:
		return quota.TokensPerDay, true
	default:
		return 0, false
	}
}
