package dispatch

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// lane runs the scheduler of one pool: it turns effects into reservations,
// signals and one timer. Under its lock it only computes.
type lane struct {
	pool    *limit.Pool
	name    string   // the pool's, in headers
	account *account // nil when its account has no limits of its own
	// short says that the account's limit may be what the head waits for. It is
	// set before the limits are asked, so that whoever frees that limit after a
	// refusal finds it set.
	short atomic.Bool

	mu      sync.Mutex // guards what follows
	sched   *sched.Scheduler
	entries []*entry // by token
	free    []uint64
	effects []sched.Effect
	timer   *time.Timer
	tenants map[uint32]int // waiting calls of each tenant
}

// verdict is what a lane says to a waiting call.
type verdict uint8

const (
	verdictGranted verdict = iota
	verdictExpired
)

// entry is a call's place in a lane. The lane owns all of it but verdicts.
type entry struct {
	ref      sched.Ref
	token    uint64
	tenant   uint32
	charges  quota.Charges
	deadline time.Time // the last instant at which it may start
	hold     quota.Hold
	blocked  quota.Kind // the limit that it waited for last
	waited   bool       // and whether it waited for one at all
	verdicts chan verdict
}

func newLane(pool *limit.Pool, account *account, order sched.Order, runIdle time.Duration) *lane {
	return &lane{pool: pool, name: pool.ID.String(), account: account, sched: sched.New(sched.Options{Order: order, RunIdle: runIdle}), tenants: map[uint32]int{}}
}

// depth is how many calls wait, and how many of them are the tenant's.
func (l *lane) depth(tenant uint32) (all, own int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sched.Waiting(), l.tenants[tenant]
}

// lateness is the part of a forecast by which a call may start later than it
// says: what timers and the network take in each of many windows. Without it a
// call that was let in for the last instant of its wait would miss it, and one
// that comes back when it was told to would be sent away again.
const lateness = 50

// enqueue puts a call in line that may wait so long, unless the forecast of its
// start is later than that: then it returns no entry, how far off the start is,
// and the limit that decides. Both happen under one lock, or calls that come
// together would each be promised the last place. The entry's verdicts come on
// its channel.
func (l *lane) enqueue(spec sched.Spec, wait time.Duration, c quota.Charges) (_ *entry, start time.Duration, by quota.Kind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.pool.Now()
	var ahead quota.Work
	if l.sched.Waiting() > 0 { // with nobody waiting it is the head, whatever runs may still come back for
		ahead = l.sched.Ahead(spec)
	}
	at, by := l.pool.Forecast(now, ahead, c)
	start = at.Sub(now)
	start += start / lateness
	if start > wait {
		return nil, start, by
	}
	spec.Deadline = now.Add(wait)
	// A call behind others is never refused by a limit itself: what it waits
	// for is what they wait for.
	e := &entry{tenant: spec.Tenant, charges: c, deadline: spec.Deadline, blocked: by, waited: start > 0, verdicts: make(chan verdict, 1)}
	if n := len(l.free); n > 0 {
		e.token = l.free[n-1]
		l.free = l.free[:n-1]
		l.entries[e.token] = e
	} else {
		e.token = uint64(len(l.entries))
		l.entries = append(l.entries, e)
	}
	l.tenants[e.tenant]++
	spec.Token = e.token
	var out []sched.Effect
	// The scheduler may ask for this very call at once, so its Ref must be
	// known before the effects are carried out.
	e.ref, out = l.sched.Add(spec, now, l.effects[:0])
	l.carryOut(out, now)
	if len(e.verdicts) > 0 {
		e.waited = false // it went before those that the forecast had ahead of it
	}
	return e, start, by
}

// left takes a call out of its tenant's count.
func (l *lane) left(tenant uint32) {
	if l.tenants[tenant]--; l.tenants[tenant] <= 0 {
		delete(l.tenants, tenant)
	}
}

// step feeds one event to the scheduler and carries out what follows.
func (l *lane) step(ev sched.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.pool.Now()
	l.carryOut(l.sched.Step(ev, now, l.effects[:0]), now)
}

func (l *lane) carryOut(out []sched.Effect, now time.Time) {
	for i := 0; i < len(out); i++ {
		switch fx := out[i]; fx.Kind {
		case sched.TryReserve:
			e := l.entries[fx.Token]
			l.short.Store(l.account != nil)
			hold, v := l.pool.Reserve(now, e.charges)
			if v.Granted || v.Kind != quota.AccountTokensPerDay {
				l.short.Store(false)
			}
			if v.Granted {
				e.hold = hold
				out = l.sched.Step(sched.Event{Kind: sched.Granted, Call: fx.Call}, now, out)
				continue
			}
			e.blocked, e.waited = v.Kind, true
			out = l.sched.Step(sched.Event{Kind: sched.Refused, Call: fx.Call, At: v.At}, now, out)
		case sched.Start:
			e := l.entries[fx.Token]
			l.left(e.tenant)
			e.verdicts <- verdictGranted
		case sched.Expired:
			e := l.entries[fx.Token]
			l.left(e.tenant)
			l.forget(e)
			e.verdicts <- verdictExpired
		case sched.Release:
			e := l.entries[fx.Token]
			l.pool.Release(now, e.hold)
		case sched.Wake:
			l.rearm(fx.At, now)
		}
	}
	l.effects = out[:0]
}

func (l *lane) rearm(at, now time.Time) {
	switch {
	case at.IsZero():
		if l.timer != nil {
			l.timer.Stop()
		}
	case l.timer == nil:
		l.timer = time.AfterFunc(at.Sub(now), func() { l.step(sched.Event{Kind: sched.Tick}) })
	default:
		l.timer.Reset(at.Sub(now))
	}
}

func (l *lane) forget(e *entry) {
	l.entries[e.token] = nil
	l.free = append(l.free, e.token)
}

// cancel takes a waiting call out of line. It reports false when the call has
// been granted or has expired meanwhile: its verdict is then on the channel.
func (l *lane) cancel(e *entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(e.verdicts) > 0 {
		return false
	}
	now := l.pool.Now()
	l.left(e.tenant)
	l.carryOut(l.sched.Step(sched.Event{Kind: sched.Cancel, Call: e.ref}, now, l.effects[:0]), now)
	l.forget(e)
	return true
}

// finish ends a granted call whose hold has already been ended.
func (l *lane) finish(e *entry, used quota.Settled) {
	defer l.account.freed(l) // runs when the lock is free
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.pool.Now()
	l.carryOut(l.sched.Step(sched.Event{Kind: sched.Done, Call: e.ref, Cost: l.pool.Share(used)}, now, l.effects[:0]), now)
	l.forget(e)
}

// comeBack puts a call that the upstream refused on a quota back to the head of
// the line. Its hold has been ended.
func (l *lane) comeBack(e *entry) {
	l.again(e, sched.Event{Kind: sched.Returned, Call: e.ref})
}

// backOff makes a call wait until an instant before it is in line again. Its
// hold has been ended.
func (l *lane) backOff(e *entry, wait time.Duration) {
	l.again(e, sched.Event{Kind: sched.BackOff, Call: e.ref, At: l.pool.Now().Add(wait)})
}

func (l *lane) again(e *entry, ev sched.Event) {
	defer l.account.freed(l) // runs when the lock is free
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tenants[e.tenant]++
	now := l.pool.Now()
	l.carryOut(l.sched.Step(ev, now, l.effects[:0]), now)
}

// stop ends the lane's timer. Calls that still wait hear nothing more.
func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
}
