package sim

import (
	"cmp"
	"slices"
)

// refusedCall is a call that Headgate refused: what its run still needed, and
// until when it had to begin.
type refusedCall struct {
	at, until int64
	need      int64 // tokens of settlement
}

// idleSpan is a time in which no call waited: what the limits earned beyond
// what was used is room that was left.
type idleSpan struct {
	from, to int64 // to is -1 while it lasts
	used     int64 // tokens
}

func (m *measures) endIdle(now int64) {
	if n := len(m.idle); n > 0 && m.idle[n-1].to < 0 {
		m.idle[n-1].to = now
		if m.idle[n-1].from == now {
			m.idle = m.idle[:n-1]
		}
	}
}

// falseRefusals is how many refused calls, with the rest of their runs, would
// have found room after all: in the time in which they could wait, nothing else
// waited and the limit was not used up. Room serves one of them only, first the
// one that can wait least. Rate is the token limit's, per ns.
func falseRefusals(refused []refusedCall, idle []idleSpan, rate float64) int64 {
	type room struct {
		from, to int64
		tokens   float64
	}
	var rooms []room
	for _, s := range idle {
		if free := rate*float64(s.to-s.from) - float64(s.used); free > 0 {
			rooms = append(rooms, room{s.from, s.to, free})
		}
	}
	order := slices.Clone(refused)
	slices.SortStableFunc(order, func(a, b refusedCall) int { return cmp.Compare(a.until, b.until) })
	var wrong int64
	for _, r := range order {
		first, _ := slices.BinarySearchFunc(rooms, r.at, func(x room, at int64) int { return cmp.Compare(x.to, at+1) })
		left := float64(r.need)
		last := first
		for ; last < len(rooms) && rooms[last].from < r.until && left > 0; last++ {
			x := rooms[last]
			part := float64(min(x.to, r.until)-max(x.from, r.at)) / float64(x.to-x.from)
			left -= min(x.tokens, part*rate*float64(x.to-x.from))
		}
		if left > 0 {
			continue
		}
		wrong++
		left = float64(r.need)
		for i := first; i < last && left > 0; i++ {
			take := min(left, rooms[i].tokens)
			rooms[i].tokens -= take
			left -= take
		}
	}
	return wrong
}
