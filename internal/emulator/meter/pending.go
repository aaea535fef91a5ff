package meter

import "time"

// pending is a correction that is due later: a delayed refund, or the next
// adjustment of a call under way.
type pending struct {
	at    int64 // Unix nanoseconds
	order uint64
	entry Entry
	delta int64
	plan  *plan // of an adjustment; delta is unused then
}

// plan is how a call under way is adjusted in one limit: from what it set aside
// to what it will cost, linearly between its admission and its end, in steps.
type plan struct {
	start, every, over int64 // nanoseconds
	total              int64 // hold − charge; below zero there is more to charge
	done               int64 // of total
	ended              bool
}

// share is how much of the total is due at an instant.
func (p *plan) share(at int64) int64 {
	passed := float64(at-p.start) / float64(p.over)
	if passed >= 1 {
		return p.total
	}
	return int64(float64(p.total) * passed)
}

// queue is a heap of what is pending, the earliest first.
type queue struct {
	items []pending
	count uint64 // of all that ever came: ties are taken in order
}

func (q *queue) before(i, j int) bool {
	x, y := &q.items[i], &q.items[j]
	return x.at < y.at || x.at == y.at && x.order < y.order
}

func (q *queue) push(p pending) {
	q.count++
	p.order = q.count
	q.items = append(q.items, p)
	for i := len(q.items) - 1; i > 0 && q.before(i, (i-1)/2); i = (i - 1) / 2 {
		q.items[i], q.items[(i-1)/2] = q.items[(i-1)/2], q.items[i]
	}
}

// pop takes the earliest, which there must be.
func (q *queue) pop() pending {
	first := q.items[0]
	last := len(q.items) - 1
	q.items[0] = q.items[last]
	q.items[last] = pending{}
	q.items = q.items[:last]
	for i := 0; ; {
		next := 2*i + 1
		if next >= last {
			return first
		}
		if next+1 < last && q.before(next+1, next) {
			next++
		}
		if !q.before(next, i) {
			return first
		}
		q.items[i], q.items[next] = q.items[next], q.items[i]
		i = next
	}
}

// due applies everything that is due by now, in its order, the changes of a
// hidden factor included.
func (l *Limit) due(now time.Time) {
	t := now.UnixNano()
	for {
		first := len(l.queue.items) > 0 && l.queue.items[0].at <= t
		switch {
		case l.factor != nil && l.until <= t && (!first || l.until <= l.queue.items[0].at):
			l.refactor(t)
		case first:
			l.apply(l.queue.pop())
		default:
			return
		}
	}
}

// apply makes one correction at the instant when it was due.
func (l *Limit) apply(p pending) {
	at := time.Unix(0, p.at)
	if p.plan == nil {
		l.counter.Correct(at, p.entry, p.delta)
		return
	}
	if p.plan.ended {
		return
	}
	delta := p.plan.share(p.at) - p.plan.done
	p.plan.done += delta
	if delta != 0 {
		l.counter.Correct(at, p.entry, delta)
	}
	if p.at+p.plan.every < p.plan.start+p.plan.over {
		p.at += p.plan.every
		l.queue.push(p)
	}
}

// maxRefactors is how many changes of a factor are gone through one by one
// after a pause; earlier ones have no effect that would not be forgotten.
const maxRefactors = 4096

// refactor puts the factor in force that follows the one that ends at
// l.until. After a long pause it leaps to shortly before t.
func (l *Limit) refactor(t int64) {
	at := l.until
	if tick := int64(l.factor.tick); tick > 0 && (t-at)/tick > maxRefactors {
		at = t - maxRefactors*tick
	}
	now := time.Unix(0, at)
	var factor float64
	factor, l.until = l.factor.at(now)
	l.counter.resize(now, enforced(l.Amount, factor))
}
