package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// call is one client call, led by one goroutine. Only that goroutine touches
// it, but for joined.
type call struct {
	d       *Dispatcher
	r       *Request
	way     *way
	demand  demand
	flight  *flight.Flight
	id      llm.CallID
	arrived time.Time

	ctx    context.Context //nolint:containedctx // the leader's own: it outlives every client's
	cancel context.CancelCauseFunc

	entry  *lane.Entry // nil when the call is not metered
	stage  stage
	queued int64     // bytes counted as waiting
	sent   *sentMark // of the latest attempt

	failures    int // upstream failures that follow the retry schedule
	unexplained int // quota throttles although the mirror had room

	caching caching

	record ledger.Entry
	story  *Story       // nil when it is not told
	joined atomic.Int32 // retries of the client that came to this call
}

// stage is what the call holds.
type stage uint8

const (
	stageOut     stage = iota // nothing
	stageWaiting              // a place in the lane
	stageGranted              // a hold
	stageEnded                // its hold has been ended; the lane waits to hear of it
)

// Why a call is given up.
var (
	errLeft    = errors.New("The client left")         //nolint:staticcheck // the beginning of a message
	errStopped = errors.New("The gateway was stopped") //nolint:staticcheck // likewise

	errNoAnswer = errors.New("the call ended without an answer")
)

// gaveUp is the error of a call that was given up, and when.
func (c *call) gaveUp(when string) error {
	return &fault.Error{Kind: fault.Cancelled, Message: context.Cause(c.ctx).Error() + when + ".", Err: c.ctx.Err()}
}

// lead carries the call to its end.
func (c *call) lead() {
	defer c.d.calls.Done()
	defer c.cancel(nil)
	defer c.finish()
	deepen(int(c.stage))
	cancel := c.cancel
	c.flight.OnOrphaned(func() { cancel(errLeft) })
	if c.repeated() {
		return
	}
	if err := c.admit(); err != nil {
		c.fail(err)
		return
	}
	for c.await() && c.attempt() {
	}
}

// deepen makes a new goroutine's stack as large as leading a call needs while
// there is nothing on it. To grow it in steps on the way, frames and all, took a
// fifth of a call's time (BenchmarkDo). The collector shrinks the stacks of calls
// that wait.
//
//go:noinline
func deepen(i int) byte {
	var room [5 << 10]byte
	room[i]++
	return room[i+1]
}

// finish is the last word on every path, a panic included: the hold is ended,
// the answer is complete, and the ledger has its entry.
func (c *call) finish() {
	if v := recover(); v != nil {
		c.d.opts.Logger.Error("panic while leading a call",
			slog.String("call", string(c.id)), slog.String("panic", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
		c.fail(&fault.Error{Kind: fault.Internal, Op: "lead call", Err: fmt.Errorf("panic: %v", v)})
	}
	switch c.stage {
	case stageGranted:
		// Nobody said what it used: charge what was expected.
		c.settle(c.demand.charges.Forecast())
		c.way.lane.Finish(c.entry, c.demand.charges.Forecast())
	case stageEnded:
		c.way.lane.Finish(c.entry, c.demand.charges.Forecast())
	case stageWaiting:
		c.leaveLane()
	case stageOut:
	}
	c.stage = stageOut
	c.notWaiting()
	c.flight.Done(errNoAnswer, false)
	c.d.forget(c)
	c.record.Latency = time.Since(c.arrived)
	c.record.JoinedRetries = int(c.joined.Load())
	c.d.opts.Ledger.Record(c.record)
	c.tell()
}

// fail ends the call with an error of ours. What has begun to be answered keeps
// its beginning.
func (c *call) fail(err error) {
	c.record.ErrorKind = fault.KindOf(err).String()
	c.record.ErrorMessage = fault.Message(err)
	c.record.Outcome = outcomeOf(fault.KindOf(err))
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		f = &fault.Error{Kind: fault.Internal, Err: err}
		err = f
	}
	f.Call = string(c.id)
	if f.Limit != "" {
		c.record.Limit = f.Limit
	}
	c.record.RetryAfter = c.real(f.RetryAfter)
	if f.Kind != fault.Cancelled && c.record.Status == 0 {
		c.record.Status, _ = bedrock.StatusOf(err)
	}
	switch k := fault.KindOf(err); k {
	default:
	case fault.Internal, fault.Upstream, fault.Timeout, fault.Denied: // denied is what the operator must mend
		c.d.opts.Logger.Warn("call failed", slog.String("call", string(c.id)), slog.String("pool", c.record.Pool.String()), slog.Any("error", err))
	}
	c.flight.Done(err, false)
}

func outcomeOf(k fault.Kind) ledger.Outcome {
	switch k {
	case fault.Throttled, fault.Exhausted:
		return ledger.Refused
	case fault.Invalid, fault.NotFound:
		return ledger.Invalid
	case fault.Denied:
		return ledger.Denied
	case fault.Cancelled:
		return ledger.Cancelled
	case fault.Upstream, fault.Timeout:
		return ledger.UpstreamError
	default:
		return ledger.Internal
	}
}

// await waits for the scheduler's grant. It reports false when the call is over.
func (c *call) await() bool {
	if c.entry == nil {
		return c.ctx.Err() == nil
	}
	c.story.begin(StepQueue)
	select {
	case v := <-c.entry.Verdicts():
		c.story.waited(c.entry)
		return c.judge(v)
	case <-c.ctx.Done():
		c.leaveLane()
		c.fail(c.gaveUp(" while the call waited for " + c.waitedFor()))
		return false
	}
}

func (c *call) judge(v lane.Verdict) bool {
	c.notWaiting()
	switch v {
	case lane.Expired:
		c.stage = stageOut
		c.fail(c.tooLate())
		return false
	case lane.Dropped:
		c.stage = stageOut
		c.fail(c.dropped())
		return false
	case lane.Granted:
	}
	c.stage = stageGranted
	waited := time.Duration(0)
	if c.record.Attempts == 0 {
		waited = time.Since(c.arrived)
		c.record.Queued = waited
		if by, some := c.entry.WaitedFor(); some {
			c.limitedBy(by)
			c.record.Reason = "waited its turn: " + c.record.Limit + " was used up"
		}
	}
	if c.r.Labels.Run != "" {
		c.d.names.Begin(c.record.Tenant, c.r.Labels.Run, time.Now(), waited)
	}
	// The grant must outlive us before it is used.
	c.way.lane.pool.Persist(context.WithoutCancel(c.ctx))
	return true
}

// leaveLane gives up the call's place. A grant that came at the same moment is
// given back.
func (c *call) leaveLane() {
	c.stage = stageOut
	if c.way.lane.Cancel(c.entry) {
		return
	}
	if <-c.entry.Verdicts() == lane.Granted {
		c.way.lane.pool.Release(c.way.lane.pool.Now(), c.entry.Hold)
		c.way.lane.Finish(c.entry, quota.Settled{})
	}
}

// settle ends the hold; the lane hears of it in done.
func (c *call) settle(used quota.Settled) {
	if c.entry == nil || c.stage != stageGranted {
		return
	}
	pool := c.way.lane.pool
	pool.Settle(pool.Now(), c.entry.Hold, used)
	c.stage = stageEnded
	c.record.Settled += used.Tokens
}

// done ends the call's place in the lane, with what it cost.
func (c *call) done(used quota.Settled) {
	c.settle(used)
	if c.stage == stageEnded {
		c.stage = stageOut
		c.way.lane.Finish(c.entry, used)
	}
}

// notWaiting takes the body out of the count of waiting bytes.
func (c *call) notWaiting() {
	if c.queued > 0 {
		c.d.waitingBytes.Add(-c.queued)
		c.queued = 0
	}
}

func (c *call) waitedFor() string {
	if c.entry != nil {
		if by, some := c.entry.WaitedFor(); some {
			return by.String()
		}
	}
	return "its turn"
}

// tooLate is the refusal of a call whose deadline passed while it waited.
func (c *call) tooLate() error {
	waited := c.nominal(time.Since(c.arrived)).Round(time.Millisecond)
	err := fault.New(fault.Throttled, "Too many requests, please wait before trying again. Headgate: the call waited %v for %s and its deadline passed.", waited, c.waitedFor())
	if by, waited := c.entry.WaitedFor(); waited {
		c.limitedBy(by)
		err.Limit = by.String()
	}
	pool := c.way.lane.pool
	at, _ := pool.Forecast(pool.Now(), quota.Work{}, c.demand.charges)
	err.RetryAfter = max(time.Second, c.nominal(at.Sub(pool.Now())))
	return err
}

// dropped is the refusal of a call whose run had not begun and was given up.
func (c *call) dropped() error {
	waited := c.nominal(time.Since(c.arrived)).Round(time.Millisecond)
	p := c.entry.Promise()
	c.expect(p.Again)
	err := fault.New(fault.Throttled, "Too many requests, please wait before trying again. Headgate: more runs want to be done by their x-headgate-run-deadline than can be, and after %v this one, which had not begun and is the largest, was given up so that more of the others are. %s", waited, comeBack(p))
	if by, waited := c.entry.WaitedFor(); waited {
		c.limitedBy(by)
		err.Limit = by.String()
	}
	err.RetryAfter = max(time.Second, c.nominal(p.Again))
	c.record.Reason = fmt.Sprintf("given up after %v, before the run had begun, so that more runs are done in time; it may come back after %v", waited, c.nominal(p.Again).Round(time.Second))
	return err
}

// real turns a duration that the user thinks in into the real one.
func (c *call) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.d.opts.TimeScale)
}

// nominal turns a real duration into the one that the user thinks in.
func (c *call) nominal(d time.Duration) time.Duration {
	const most = 1 << 62 // a day's limit behind a long line is years off
	return time.Duration(min(float64(d)*c.d.opts.TimeScale, most))
}
