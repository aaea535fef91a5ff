package quota

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// trial sends calls through a Set to modelled upstreams, one for each of its
// limits, over a network that delays arrivals and answers by up to jitter.
type trial struct {
	set       *Set
	upstreams []upstream // in the order of the set's meters
	jitter    int64
	rand      *rand.Rand
	next      func(i int) sample // the ith call; it waits from the end of the one before
	lasts     int64              // ns during which calls are offered
}

// sample is one call as it will turn out.
type sample struct {
	charges Charges
	settled Settled
	lasts   int64 // ns upstream
	pause   int64 // ns for which nothing is offered before it
}

// outcome is what came of a trial.
type outcome struct {
	starts   []int64 // grants, ns since the beginning
	refusals []int64 // throttles by an upstream, ns since the beginning
	settled  int64   // tokens, of all calls that were taken
}

const epoch = int64(1_800_000_000_000_000_000)

type eventKind uint8

const (
	try eventKind = iota
	arrival
	end
	seen
	refused
)

type event struct {
	at   int64
	seq  int
	kind eventKind
	call int
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

type flying struct {
	sample
	hold Hold
	kind Kind // of the limit that refused it
}

// run offers calls one after another, as fast as the set lets them go, and
// returns when all have ended.
func (tr *trial) run() outcome {
	var (
		out   outcome
		queue events
		seq   int
		calls []flying
		head  = tr.next(0)
		ready = epoch + head.pause
		asks  = ready // the latest instant at which the head is to be tried again
	)
	push := func(at int64, kind eventKind, call int) {
		seq++
		heap.Push(&queue, event{at, seq, kind, call})
	}
	delay := func() int64 {
		if tr.jitter == 0 {
			return 0
		}
		return tr.rand.Int64N(tr.jitter + 1)
	}
	push(ready, try, 0)
	for len(queue) > 0 {
		ev := heap.Pop(&queue).(event)
		now := time.Unix(0, ev.at)
		switch ev.kind {
		case arrival:
			c := &calls[ev.call]
			if kind, ok := tr.admit(ev.at, ev.call, c.charges); !ok {
				c.kind = kind
				out.refusals = append(out.refusals, ev.at-epoch)
				push(ev.at+delay(), refused, ev.call)
				continue
			}
			out.settled += c.settled.Tokens
			push(ev.at+c.lasts, end, ev.call)
		case end:
			c := &calls[ev.call]
			for i, m := range tr.set.Meters() {
				tr.upstreams[i].settle(ev.at, ev.call, c.settled.Of(m.limit))
			}
			push(ev.at+delay(), seen, ev.call)
		case seen:
			c := &calls[ev.call]
			tr.set.Settle(now, c.hold, c.settled)
		case refused:
			c := &calls[ev.call]
			tr.set.Throttled(now, c.kind, c.hold)
		case try:
			if ev.at != asks {
				continue // another instant was named since
			}
		}
		for ev.at >= ready && ev.at < epoch+tr.lasts {
			hold, verdict := tr.set.Reserve(now, head.charges)
			if !verdict.Granted {
				asks = verdict.At.UnixNano()
				push(asks, try, 0)
				break
			}
			out.starts = append(out.starts, ev.at-epoch)
			calls = append(calls, flying{sample: head, hold: hold})
			push(ev.at+delay(), arrival, len(calls)-1)
			head = tr.next(len(calls))
			ready = ev.at + head.pause
			if head.pause > 0 {
				asks = ready
				push(asks, try, 0)
			}
		}
	}
	return out
}

// admit asks every upstream, and takes back what the others charged when one
// refuses.
func (tr *trial) admit(at int64, id int, c Charges) (Kind, bool) {
	for i, m := range tr.set.Meters() {
		if !tr.upstreams[i].arrive(at, id, c.Of(m.limit).Hold) {
			for j := range i {
				tr.upstreams[j].settle(at, id, 0)
			}
			return m.limit.Kind, false
		}
	}
	return 0, true
}
