package dispatch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
)

// follower is a client that is answered with another one's call. It has a record of
// its own, and what becomes of the other call costs it nothing.
type follower struct {
	d      *Dispatcher
	r      *Request
	leader *call // nil when it was not to be seen
	once   sync.Once
	begun  time.Time
	entry  ledger.Entry
}

// follow begins a follower of a flight.
func (d *Dispatcher) follow(r *Request, w *way, f *flight.Flight, arrived time.Time) *follower {
	fo := &follower{d: d, r: r, begun: arrived, entry: d.repeat(r, w, arrived)}
	fo.entry.Cache = cacheJoined
	if c, ok := d.led.Load(f); ok {
		fo.leader = c.(*call) //nolint:forcetypeassert // led holds nothing else
	}
	return fo
}

// mayLead reports whether a follower is to try on its own: the call that it followed
// failed, in a way in which another one may not. It has seen nothing of it yet.
func mayLead(ctx context.Context, resp *Response, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		return !errors.Is(err, errFollowed)
	}
	switch resp.Status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusFailedDependency:
		return true
	}
	return resp.Status >= http.StatusInternalServerError
}

// errFollowed marks what ended a follower's own wait.
var errFollowed = errors.New("the follower's own wait is over")

// tooLong is the refusal of a follower whose own deadline came first.
func (d *Dispatcher) tooLong() error {
	return &fault.Error{
		Kind: fault.Throttled, RetryAfter: time.Second, Err: errFollowed,
		Message: "Too many requests, please wait before trying again. Headgate: the same call is under way for another client, and it is not answered by your x-headgate-deadline.",
	}
}

// answered hands the answer on, and records the follower when its client has read
// it or left.
func (fo *follower) answered(w *way, resp *Response) *Response {
	fo.entry.Status, fo.entry.FirstByte = resp.Status, time.Since(fo.begun)
	stampRepeat(resp.Header, &fo.entry, w)
	resp.Body = &followed{ReadCloser: resp.Body, follower: fo}
	return resp
}

// failed records a follower that got no answer.
func (fo *follower) failed(err error) {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		own := *f // the leader's error is not ours to change
		own.Call = string(fo.entry.ID)
		err = &own
	}
	fo.end(outcomeOf(fault.KindOf(err)), err)
}

// end records the follower, once.
func (fo *follower) end(outcome ledger.Outcome, err error) {
	fo.once.Do(func() {
		e := &fo.entry
		e.Outcome, e.Latency = outcome, time.Since(fo.begun)
		if err != nil {
			e.ErrorKind, e.ErrorMessage = fault.KindOf(err).String(), fault.Message(err)
			if e.FirstByte == 0 {
				e.Status = 0
			}
		}
		// The leader's record is whole once its answer has ended well.
		if outcome == ledger.OK && e.Status == http.StatusOK && fo.leader != nil {
			e.Saved = saved(fo.leader.record.Usage, fo.leader.record.Cost)
		}
		fo.d.tellRepeat(fo.r, *e, fo.begun, fo.begun.Add(e.Latency))
	})
}

// followed is a follower's reader of the answer.
type followed struct {
	io.ReadCloser

	follower *follower
}

func (f *followed) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		outcome := ledger.OK
		if f.follower.entry.Status != http.StatusOK {
			outcome = ledger.UpstreamError
			if f.follower.entry.Status < http.StatusInternalServerError {
				outcome = ledger.Invalid
			}
		}
		f.follower.end(outcome, nil)
	case errors.Is(err, io.ErrClosedPipe): // its client left: Close says so
	default:
		f.follower.end(ledger.Broken, &fault.Error{Kind: fault.Upstream, Err: err, Message: "the upstream's answer broke off"})
	}
	return n, err
}

func (f *followed) Close() error {
	err := f.ReadCloser.Close()
	f.follower.end(ledger.Cancelled, &fault.Error{Kind: fault.Cancelled, Message: "The client left."})
	return err
}
