package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/upstream"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// maxErrorBody bounds what is read of an upstream's error.
const maxErrorBody = 64 << 10

// attempt makes one upstream request. It reports whether the call goes on
// waiting for another one.
func (c *call) attempt() bool {
	c.story.begin(StepAttempt)
	goesOn := c.tried()
	c.story.end(StepStream)
	c.story.end(StepAttempt)
	return goesOn
}

func (c *call) tried() bool {
	c.flight.SetPhase(flight.Running)
	c.record.Attempts++
	sent := &sentMark{}
	c.sent = sent
	var hold quota.Hold // of this attempt: the entry has another one when Sent comes late
	if c.entry != nil {
		hold = c.entry.Hold
	}
	r := &upstream.Request{
		Method: http.MethodPost, RawPath: c.r.RawPath, RawQuery: c.r.RawQuery, Header: c.story.outgoing(c.r.Header), Body: c.r.Body, Region: c.way.target.Region,
		Sent: func(at time.Time) {
			instant := c.now().Add(-time.Since(at))
			sent.at.Store(instant.UnixNano())
			c.startedAt(hold, instant)
		},
	}
	resp, err := c.d.opts.Upstream.Do(c.ctx, r)
	if err != nil {
		c.story.failed(fault.KindOf(err).String(), "")
		if c.ctx.Err() != nil {
			used := c.demand.charges.Forecast()
			if sent.at.Load() == 0 {
				c.endHold(false)
				used = quota.Settled{}
			}
			c.done(used)
			c.fail(c.gaveUp(""))
			return false
		}
		c.endHold(sent.at.Load() != 0)
		if k := fault.KindOf(err); k != fault.Upstream && k != fault.Timeout {
			c.done(quota.Settled{}) // another attempt would not change it
			c.fail(err)
			return false
		}
		return c.trouble(bedrock.Failure{Kind: bedrock.FailTransient}, err)
	}
	defer resp.Body.Close()
	c.story.answered(resp.Status, resp.Header)
	if resp.Status < http.StatusMultipleChoices {
		return c.pass(resp)
	}
	return c.refused(resp)
}

// sentMark is when an attempt was on the wire, in Unix nanoseconds by the
// limits' clock; 0 before. The transport may set it late, even after the answer.
type sentMark struct{ at atomic.Int64 }

// startedAt tells the limits when the attempt of a hold reached the upstream at
// the earliest.
func (c *call) startedAt(hold quota.Hold, at time.Time) {
	if c.entry != nil {
		c.way.lane.pool.Started(hold, at)
	}
}

// lasted is how long the latest attempt has been under way; 0 when it is not known
// when it was sent.
func (c *call) lasted() time.Duration {
	sent := c.sent.at.Load()
	if sent == 0 {
		return 0
	}
	return max(0, time.Duration(c.now().UnixNano()-sent))
}

func (c *call) now() time.Time { return c.way.lane.pool.Now() }

// endHold ends the hold of an attempt that brought nothing. What reached the
// upstream is taken to have counted as a request.
func (c *call) endHold(sent bool) {
	if c.stage != stageGranted {
		return
	}
	if sent {
		c.settle(quota.Settled{})
		return
	}
	c.way.lane.pool.Release(c.now(), c.entry.Hold)
	c.stage = stageEnded
}

// refused deals with an answer that is an error.
func (c *call) refused(resp *upstream.Response) bool {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		c.endHold(true)
		return c.trouble(bedrock.Failure{Kind: bedrock.FailTransient}, broke("read error answer", err))
	}
	f := bedrock.Classify(resp.Status, resp.Header.Get("X-Amzn-Errortype"), body)
	last := &answer{status: resp.Status, header: resp.Header, body: body}
	if len(body) == maxErrorBody {
		last.rest = resp.Body
	}
	switch f.Kind {
	case bedrock.FailThrottleRequests, bedrock.FailThrottleTokens, bedrock.FailThrottleDay:
		return c.throttled(f, last)
	case bedrock.FailThrottleOther, bedrock.FailNotReady, bedrock.FailTransient:
		c.endHold(true)
		return c.troubleWith(f, last, nil)
	default:
		c.endHold(true)
		c.done(quota.Settled{})
		if f.Credentials() {
			c.record.Status = resp.Status
			c.fail(unaccepted(f))
			return false
		}
		c.passError(f, last)
		return false
	}
}

// unaccepted is the error of a call whose signature the upstream does not accept.
// It is ours, so the upstream's words are not for the client: they may repeat
// what was signed, a session token included, and would have the client renew
// credentials of its own.
func unaccepted(f bedrock.Failure) error {
	return &fault.Error{
		Kind: fault.Denied, Op: "call upstream", Err: errors.New(f.Type),
		Message: "Bedrock does not accept the AWS credentials that Headgate signs with (" + f.Type + "): renew or correct them, or the clock, where Headgate runs. Those of this request do not matter.",
	}
}

// broke is the error of an answer that did not come to its end.
func broke(doing string, err error) error {
	return &fault.Error{Kind: fault.Upstream, Op: doing, Err: err, Message: "The connection to Bedrock broke in the middle of an answer."}
}

// answer is an upstream's error, kept to be passed on if nothing better comes.
type answer struct {
	status int
	header http.Header
	body   []byte
	rest   io.Reader // what follows body; nil when that is all
}

// throttled takes in a 429 on a quota. The mirror is corrected, and the call
// goes back to the head of its line; a throttle that the mirror twice fails to
// explain is trouble like any other.
func (c *call) throttled(f bedrock.Failure, last *answer) bool {
	kind := c.countThrottle(f.Kind)
	c.story.failed(f.Type, kind.String())
	if c.entry == nil || c.stage != stageGranted {
		return c.troubleWith(f, last, nil)
	}
	c.unexplained++
	pool := c.way.lane.pool
	at := pool.Throttled(c.now(), kind, c.entry.Hold)
	c.stage = stageEnded
	c.d.opts.Logger.Info("upstream throttled a call that the limits had room for",
		slog.String("call", string(c.id)), slog.String("pool", pool.ID.String()), slog.String("limit", kind.String()), slog.Time("again_at", at))
	if kind == quota.TokensPerDay {
		c.d.opts.Logger.Warn("Bedrock says that the day's tokens are used up: with little use it means that the account's quota is 0, which a Support case mends", slog.String("pool", pool.ID.String()))
	}
	if at.IsZero() || c.unexplained > 2 {
		return c.troubleWith(f, last, nil)
	}
	if at.After(c.entry.Deadline) {
		c.done(quota.Settled{})
		c.clears(last.header, kind, at)
		c.passError(f, last)
		return false
	}
	c.flight.SetPhase(flight.Waiting)
	c.stage = stageWaiting
	c.way.lane.ComeBack(c.entry)
	return true
}

// clears adds to an upstream's refusal what it does not say: which limit it was,
// and when that may be tried again.
func (c *call) clears(h http.Header, kind quota.Kind, at time.Time) {
	const unit = time.Millisecond
	ms := int64((max(time.Second, c.nominal(at.Sub(c.now()))) + unit - 1) / unit)
	h.Set("X-Headgate-Limit", kind.String())
	h.Set("Retry-After", strconv.FormatInt((ms+999)/1000, 10))
	h.Set("X-Amz-Retry-After", strconv.FormatInt(ms, 10))
	c.limitedBy(kind)
	c.record.RetryAfter = c.real(time.Duration(ms) * unit)
}

func (c *call) countThrottle(k bedrock.FailKind) quota.Kind {
	mantle := c.way.lane.pool.ID.Path == "mantle"
	switch {
	case k == bedrock.FailThrottleRequests:
		c.record.ThrottledRequests++
		return quota.RequestsPerMinute
	case k == bedrock.FailThrottleDay:
		c.record.ThrottledDay++
		return quota.TokensPerDay
	case mantle:
		c.record.ThrottledTokens++
		return quota.InputTokensPerMinute
	default:
		c.record.ThrottledTokens++
		return quota.TokensPerMinute
	}
}

// trouble is troubleWith for a failure without an answer.
func (c *call) trouble(f bedrock.Failure, err error) bool { return c.troubleWith(f, nil, err) }

// troubleWith follows the retry schedule after an upstream failure, and reports
// whether the call goes on. The attempt's hold has been ended.
func (c *call) troubleWith(f bedrock.Failure, last *answer, err error) bool {
	c.failures++
	wait, more := c.d.opts.Policy.Retry.wait(c.failures)
	if last != nil {
		wait = max(wait, c.retryAfter(last.header))
	}
	if more && c.entry != nil && c.now().Add(wait).After(c.entry.Deadline) {
		more = false
	}
	if !more {
		c.done(quota.Settled{})
		if last != nil {
			c.passError(f, last)
		} else {
			c.fail(&fault.Error{Kind: fault.KindOf(err), Op: "call upstream", Message: fmt.Sprintf("Bedrock gave no whole answer in %d attempts. Check the network, the Region and upstream.endpoint_url.", c.record.Attempts), Err: err})
		}
		return false
	}
	c.flight.SetPhase(flight.Waiting)
	if c.entry == nil {
		return c.sleep(wait)
	}
	c.stage = stageWaiting
	c.way.lane.BackOff(c.entry, wait)
	return true
}

// sleep waits between the attempts of a call that no lane orders.
func (c *call) sleep(wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		c.fail(c.gaveUp(""))
		return false
	}
}

// retryAfter is how long an upstream asks to be left alone, in real time.
// Bedrock is not known to say so; others in front of it may.
func (c *call) retryAfter(h http.Header) time.Duration {
	const most = time.Minute
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(float64(min(time.Duration(seconds)*time.Second, most)) / c.d.opts.TimeScale)
}

// passError gives the client the upstream's own words.
func (c *call) passError(f bedrock.Failure, last *answer) {
	c.record.Status = last.status
	c.record.ErrorKind = f.Type
	if f.Kind != bedrock.FailFinal {
		c.record.ErrorMessage = f.Message // a final one may quote the request
	}
	switch {
	case last.status == http.StatusTooManyRequests:
		c.record.Outcome = ledger.Throttled
	case last.status == http.StatusForbidden || last.status == http.StatusUnauthorized:
		c.record.Outcome = ledger.Denied
	case last.status >= http.StatusInternalServerError || f.Kind != bedrock.FailFinal:
		c.record.Outcome = ledger.UpstreamError
	default:
		c.record.Outcome = ledger.Invalid
	}
	a := c.flight.Answer()
	a.Begin(last.status, c.stamp(last.header))
	_, err := a.Write(last.body)
	if err == nil && last.rest != nil {
		_, err = io.Copy(a, last.rest)
	}
	c.flight.Done(err, false)
}

// stamp adds our headers to an upstream's. The upstream's map becomes ours.
func (c *call) stamp(h http.Header) http.Header {
	values := []string{ // one array for all
		string(c.id), c.way.lane.name, strconv.FormatInt(c.nominal(c.record.Queued).Milliseconds(), 10), strconv.Itoa(c.record.Attempts), cmp.Or(c.record.Cache, cacheOff),
	}
	for i, name := range [...]string{"X-Headgate-Call", "X-Headgate-Pool", "X-Headgate-Queued-Ms", "X-Headgate-Attempts", "X-Headgate-Cache"} {
		h[name] = values[i : i+1 : i+1]
	}
	return h
}
