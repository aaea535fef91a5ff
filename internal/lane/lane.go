package lane

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// Limits are the limits of a pool, with the clock by which they count. They must
// be safe for concurrent use.
type Limits interface {
	pacer.Limits
	// Now is wall time that never goes back.
	Now() time.Time
}

// Lane orders and paces the calls of one pool. It is safe for concurrent use.
type Lane struct {
	limits  Limits
	account *Account // nil when its account has no limits of its own
	// short says that the account's limit may be what the head waits for. It is
	// set before the limits are asked, so that whoever frees that limit after a
	// refusal finds it set.
	short atomic.Bool

	mu      sync.Mutex // guards what follows
	pacer   *pacer.Pacer
	entries []*Entry // by token
	timer   *time.Timer
	closed  bool
}

// Verdict is what a lane says to a waiting call.
type Verdict uint8

// The verdicts.
const (
	Granted Verdict = iota // the call may start, and has its hold
	Expired                // its deadline has passed, or it can never fit: it is out
	Dropped                // its run has not begun and was given up for others: it is out
)

// Entry is a call's place in a lane. After a Granted verdict, and until it is
// given back to the lane, its fields belong to whoever took the verdict.
type Entry struct {
	// Hold is what the limits have set aside for the call; set with Granted.
	Hold quota.Hold
	// Deadline is the last instant at which the call may start.
	Deadline time.Time
	// Outlook is what the call had before it when it came.
	Outlook pacer.Outlook

	token    pacer.Token
	blocked  quota.Kind
	waited   bool
	promise  pacer.Promise
	verdicts chan Verdict
}

// Verdicts carries one verdict for each time that the call was put in line.
func (e *Entry) Verdicts() <-chan Verdict { return e.verdicts }

// WaitedFor is the limit that the call waited for last, and whether it waited for
// one at all. It is known once there was a verdict, or the call was cancelled.
func (e *Entry) WaitedFor() (quota.Kind, bool) { return e.blocked, e.waited }

// Promise is when the run of a Dropped call may come back.
func (e *Entry) Promise() pacer.Promise { return e.promise }

// New makes a lane of a pool's limits. The account is that of the pool, nil when
// it has no limits of its own. Close it when nothing waits any more.
func New(limits Limits, account *Account, opts sched.Options) *Lane {
	l := &Lane{limits: limits, account: account}
	l.pacer = pacer.New(watched{limits, l}, opts)
	account.add(l)
	return l
}

// watched notes when it is the account's limit that is in the way.
type watched struct {
	Limits

	lane *Lane
}

func (w watched) Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict) {
	w.lane.short.Store(w.lane.account != nil)
	h, v := w.Limits.Reserve(now, c)
	if v.Granted || v.Kind != quota.AccountTokensPerDay {
		w.lane.short.Store(false)
	}
	return h, v
}

// Depth is how many calls wait, and how many of them are the tenant's.
func (l *Lane) Depth(tenant uint32) (all, own int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pacer.Depth(tenant)
}

// Waiting is how many calls wait, and the limit that is in the way of the first
// of them. It is 0 when no limit is.
func (l *Lane) Waiting() (by quota.Kind, calls int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	by, blocked := l.pacer.Blocked()
	if !blocked {
		return 0, 0
	}
	return by, l.pacer.Waiting()
}

// Enqueue puts a call in line, unless the forecast of its start is later than it
// may wait: then it returns no entry, and why. Both happen under one lock, or
// calls that come together would each be promised the last place.
func (l *Lane) Enqueue(r pacer.Request) (*Entry, pacer.Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, refusal, ok := l.pacer.Enqueue(l.limits.Now(), r)
	if !ok {
		l.tellLocked()
		return nil, refusal
	}
	e := &Entry{token: t, Deadline: l.pacer.Deadline(t), Outlook: l.pacer.Outlook(t), verdicts: make(chan Verdict, 1)}
	e.blocked, e.waited = l.pacer.WaitedFor(t)
	for t >= pacer.Token(len(l.entries)) {
		l.entries = append(l.entries, nil)
	}
	l.entries[t] = e
	l.tellLocked()
	return e, pacer.Refusal{}
}

// tellLocked hands out verdicts and sets the timer.
func (l *Lane) tellLocked() {
	for _, o := range l.pacer.Outcomes() {
		e := l.entries[o.Token]
		e.blocked, e.waited = o.By, o.Waited
		if o.Started {
			e.Hold = o.Hold
			e.verdicts <- Granted
			continue
		}
		l.entries[o.Token] = nil
		if o.Dropped {
			e.promise = o.Promise
			e.verdicts <- Dropped
			continue
		}
		e.verdicts <- Expired
	}
	if at, changed := l.pacer.Wake(); changed {
		l.rearmLocked(at)
	}
}

func (l *Lane) rearmLocked(at time.Time) {
	switch {
	case at.IsZero(), l.closed:
		if l.timer != nil {
			l.timer.Stop()
		}
	case l.timer == nil:
		l.timer = time.AfterFunc(at.Sub(l.limits.Now()), l.tick)
	default:
		l.timer.Reset(at.Sub(l.limits.Now()))
	}
}

func (l *Lane) tick() { l.do(func(now time.Time) { l.pacer.Tick(now) }) }

// Freed lets the head ask the limits again: one of them has changed.
func (l *Lane) Freed() { l.do(func(now time.Time) { l.pacer.Freed(now) }) }

func (l *Lane) do(step func(now time.Time)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	step(l.limits.Now())
	l.tellLocked()
}

// Cancel takes a waiting call out of line. It reports false when the call has
// been granted or has expired meanwhile: its verdict is then on the channel.
func (l *Lane) Cancel(e *Entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(e.verdicts) > 0 {
		return false
	}
	e.blocked, e.waited = l.pacer.WaitedFor(e.token)
	l.pacer.Cancel(l.limits.Now(), e.token)
	l.entries[e.token] = nil
	l.tellLocked()
	return true
}

// Finish ends a granted call whose hold has already been ended, with what it
// cost.
func (l *Lane) Finish(e *Entry, used quota.Settled) {
	defer l.account.freed(l) // runs when the lock is free
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[e.token] = nil
	l.pacer.Done(l.limits.Now(), e.token, used)
	l.tellLocked()
}

// ComeBack puts a granted call that the upstream refused on a quota back to the
// head of the line. Its hold has been ended.
func (l *Lane) ComeBack(e *Entry) {
	defer l.account.freed(l) // runs when the lock is free
	l.do(func(now time.Time) { l.pacer.ComeBack(now, e.token) })
}

// BackOff makes a granted call wait before it is in line again. Its hold has
// been ended.
func (l *Lane) BackOff(e *Entry, wait time.Duration) {
	defer l.account.freed(l) // runs when the lock is free
	l.do(func(now time.Time) { l.pacer.BackOff(now, e.token, now.Add(wait)) })
}

// Close ends the lane's timer. Calls that still wait hear nothing more.
func (l *Lane) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true // a tick that is under way must not set it again
	if l.timer != nil {
		l.timer.Stop()
	}
}
