package quota

// slotCount is how many slots a window is cut into. An entry counts until the
// end of its slot has left the window, so a slot is also the most that a window
// is late: 0.1 % of its length, bought for a fixed size (8 KiB) and constant-time
// corrections.
const (
	slotCount = 1024
	slotsUsed = slotCount - 24 // the rest is slack for rounding at both ends
	// keptSlots bounds the entries of a snapshot: neighbours are put together.
	keptSlots = 250
)

// window sums what was charged in the last keep nanoseconds. Every entry can be
// corrected while it counts, by the instant at which it was made.
type window struct {
	width, keep    int64 // ns
	oldest, newest int64 // slots that may hold something: absolute numbers, instant ÷ width
	sum            int64
	slots          [slotCount]int64
}

func newWindow(keep int64) window {
	return window{keep: keep, width: max(1, (keep+slotsUsed-1)/slotsUsed)}
}

// expiry is the instant at which slot i stops counting.
func (w *window) expiry(i int64) int64 { return (i+1)*w.width + w.keep }

func (w *window) advance(now int64) {
	for w.oldest <= w.newest && w.expiry(w.oldest) <= now {
		p := w.oldest % slotCount
		w.sum -= w.slots[p]
		w.slots[p] = 0
		w.oldest++
	}
	if i := now / w.width; i > w.newest {
		if w.sum == 0 && w.oldest > w.newest {
			w.oldest = i
		}
		w.newest = i
	}
}

func (w *window) add(now, amount int64) {
	w.advance(now)
	w.slots[w.newest%slotCount] += amount
	w.sum += amount
}

// correct adds delta to the entry made at the instant at. An entry that has
// left the window can no longer be refunded; what it still owes is charged now.
func (w *window) correct(now, at, delta int64) {
	w.advance(now)
	i := at / w.width
	if delta > 0 || i > w.newest {
		i = w.newest
	}
	if i < w.oldest {
		return
	}
	w.slots[i%slotCount] += delta
	w.sum += delta
}

// move takes an amount that was charged at one instant to a later one. A
// correction by the first instant still gives the right sum; what it refunds
// then stops counting earlier than what it is refunded for, so the sum is too
// high for as long as the two lie apart, never too low.
func (w *window) move(from, to, amount int64) {
	w.advance(to)
	i, j := from/w.width, min(to/w.width, w.newest)
	if amount == 0 || i >= j || i < w.oldest {
		return
	}
	w.slots[i%slotCount] -= amount
	w.slots[j%slotCount] += amount
}

// spent lists what counts now.
func (w *window) spent(now int64) []Spent {
	w.advance(now)
	var out []Spent
	const together = slotCount / keptSlots
	for i := w.oldest; i <= w.newest; i++ {
		// A negative slot is the other half of a move: to leave it out counts
		// too much, never too little.
		amount := w.slots[i%slotCount]
		if amount <= 0 {
			continue
		}
		// The end of its slots: a restore into slots of another width may only
		// be late.
		at := (i/together+1)*together*w.width - 1
		if n := len(out); n > 0 && out[n-1].At == at {
			out[n-1].Amount += amount
			continue
		}
		out = append(out, Spent{At: at, Amount: amount})
	}
	return out
}

// fits is the first instant, not before now, at which amount more keeps the sum
// within most. It assumes amount ≤ most.
func (w *window) fits(now, amount, most int64) int64 {
	w.advance(now)
	over := w.sum + amount - most
	if over <= 0 {
		return now
	}
	at := now
	for i := w.oldest; i <= w.newest && over > 0; i++ {
		over -= w.slots[i%slotCount]
		at = w.expiry(i)
	}
	return at
}
