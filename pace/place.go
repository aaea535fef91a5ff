package pace

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
)

// poolLane is a pool's limits and the line in front of them.
type poolLane struct {
	*lane.Lane

	pool    *limit.Pool
	running atomic.Int64 // calls with a hold
}

// stage is what a place holds.
type stage uint8

const (
	stageOut     stage = iota // nothing
	stageWaiting              // a place in the lane
	stageGranted              // a hold
	stageEnded                // its hold has been ended; the lane waits to hear of it
)

// place is what a call holds of its pool. Whatever ends a hold, and from
// wherever (the call, the reader of its stream, a context), does so through the
// place, and once: later ends change nothing. It is safe for concurrent use, but
// that one goroutine at a time may wait.
type place struct {
	lane *poolLane

	mu    sync.Mutex // guards what follows
	stage stage
	entry *lane.Entry
	used  quota.Settled // by the attempt that ended last
	given lane.Verdict  // why the lane let it go without a turn
}

// enter puts the call in line, unless its forecast start is too late.
func (p *place) enter(r pacer.Request) (pacer.Refusal, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry, refusal := p.lane.Enqueue(r)
	if entry == nil {
		return refusal, false
	}
	p.entry, p.stage = entry, stageWaiting
	return pacer.Refusal{}, true
}

// wait waits for the call's turn. It reports false when the call is out: its
// deadline has passed, or ctx has ended (then with ctx's error).
func (p *place) wait(ctx context.Context) (bool, error) {
	select {
	case v := <-p.entry.Verdicts():
		p.mu.Lock()
		defer p.mu.Unlock()
		if v != lane.Granted {
			p.stage, p.given = stageOut, v
			return false, nil
		}
		p.stage = stageGranted
		p.lane.running.Add(1)
		return true, nil
	case <-ctx.Done():
		p.leave(quota.Settled{})
		return false, ctx.Err()
	}
}

// hold is the hold of a call that has been granted.
func (p *place) hold() quota.Hold { return p.entry.Hold }

// limit is the limit that the call waited for last; empty when it was none.
func (p *place) limit() string {
	if by, waited := p.entry.WaitedFor(); waited {
		return by.String()
	}
	return ""
}

// dropped reports whether the call's run was given up for others, and when it may
// come back.
func (p *place) dropped() (pacer.Promise, bool) { return p.entry.Promise(), p.given == lane.Dropped }

// deadline is the last instant at which the call may start.
func (p *place) deadline() time.Time { return p.entry.Deadline }

// settle ends the hold with what was charged.
func (p *place) settle(used quota.Settled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settleLocked(used)
}

func (p *place) settleLocked(used quota.Settled) {
	if p.endLocked() {
		p.used = used
		p.lane.pool.Settle(p.lane.pool.Now(), p.entry.Hold, used)
	}
}

// release ends the hold of an attempt that did not reach the upstream.
func (p *place) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.endLocked() {
		p.lane.pool.Release(p.lane.pool.Now(), p.entry.Hold)
	}
}

// throttled ends the hold of an attempt that the upstream refused on a quota. It
// returns when that may be tried again; zero when the pool has no such limit.
func (p *place) throttled(kind quota.Kind) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.endLocked() {
		return time.Time{}
	}
	return p.lane.pool.Throttled(p.lane.pool.Now(), kind, p.entry.Hold)
}

// endLocked claims the one end of the hold.
func (p *place) endLocked() bool {
	if p.stage != stageGranted {
		return false
	}
	p.stage, p.used = stageEnded, quota.Settled{}
	p.lane.running.Add(-1)
	return true
}

// again puts a call whose hold has been ended back to the head of the line.
func (p *place) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stage != stageEnded {
		return
	}
	p.stage = stageWaiting
	p.lane.ComeBack(p.entry)
}

// leave gives up whatever the call holds. A hold that nobody has ended is
// charged with used.
func (p *place) leave(used quota.Settled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.stage {
	case stageWaiting:
		p.stage = stageOut
		if p.lane.Cancel(p.entry) {
			return
		}
		if <-p.entry.Verdicts() == lane.Granted { // it came at the same moment
			p.lane.pool.Release(p.lane.pool.Now(), p.entry.Hold)
			p.lane.Finish(p.entry, quota.Settled{})
		}
	case stageGranted, stageEnded:
		p.settleLocked(used)
		p.stage = stageOut
		p.lane.Finish(p.entry, p.used)
	case stageOut:
	}
}
