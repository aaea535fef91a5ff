package flight

import "time"

// keptOverhead is about what a kept answer occupies beside its bytes: the
// flight, its answer, its places in maps and lists.
const keptOverhead = 1 << 10

// kept is one entry of the keeper.
type kept struct {
	flight       *Flight
	bytes        int64
	until        time.Time
	newer, older *kept
}

// keeper lists the kept answers, oldest first. All are kept equally long, so
// the oldest is also the first to expire and one timer serves all. It is
// guarded by the table's lock.
type keeper struct {
	oldest, newest *kept
	count          int
	bytes          int64
	timer          *time.Timer // nil until the first answer is kept
	armed          bool
	expired        func() // called on the timer's goroutine
}

// add keeps f's answer for a while from now, in place of an earlier keeping.
func (k *keeper) add(f *Flight, size int64, keepFor time.Duration) {
	k.drop(f)
	now := time.Now()
	e := &kept{flight: f, bytes: size + keptOverhead, until: now.Add(keepFor), older: k.newest}
	if k.newest == nil {
		k.oldest = e
	} else {
		k.newest.newer = e
	}
	k.newest = e
	k.count++
	k.bytes += e.bytes
	f.kept = e
	if !k.armed {
		k.arm(now)
	}
}

// drop lets go of f's answer, if it is kept. The timer stays as it is: it finds
// out by itself when nothing has expired.
func (k *keeper) drop(f *Flight) {
	e := f.kept
	if e == nil {
		return
	}
	f.kept = nil
	if e.older == nil {
		k.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		k.newest = e.older
	} else {
		e.newer.older = e.older
	}
	k.count--
	k.bytes -= e.bytes
}

// arm sets the timer for the oldest answer, if there is one.
func (k *keeper) arm(now time.Time) {
	k.armed = k.oldest != nil
	if !k.armed {
		return
	}
	wait := k.oldest.until.Sub(now)
	if k.timer == nil {
		k.timer = time.AfterFunc(wait, k.expired)
		return
	}
	k.timer.Reset(wait)
}
