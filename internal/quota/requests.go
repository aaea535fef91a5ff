package quota

// requests is what a request limit has been charged: whole calls, by the
// instants at which they started.
type requests struct {
	starts starts
	// spacing is even spacing, obeyed only once a throttle has shown a law
	// stricter than the window.
	spacing pace
}

// fits is the first instant, not before now, at which one more of amount calls
// may start, where each counts for keep ns.
func (r *requests) fits(now, keep, amount int64, spaced bool) int64 {
	r.starts.expire(now - keep)
	at := now
	if excess := int64(r.starts.n) - amount; excess >= 0 {
		at = max(at, r.starts.at(int(excess)).at+keep)
	}
	if spaced {
		at = max(at, r.spacing.fits(now, 1))
	}
	return at
}

func (r *requests) add(now int64, id uint64) {
	r.starts.push(start{at: now, id: id})
	r.spacing.add(now, 1)
}

// spend counts n starts that no hold stands for.
func (r *requests) spend(at, n int64) {
	for range n {
		r.starts.push(start{at: at, sent: true})
		r.spacing.add(at, 1)
	}
}

// restore counts what a snapshot says had started, none of it after now, and no
// step with more than amount.
func (r *requests) restore(now int64, s Snapshot, amount int64) {
	for _, starts := range [][]int64{s.Starts, s.Unsent} {
		for _, at := range starts {
			r.spend(min(at, now), 1)
		}
	}
	for _, e := range s.Mirror {
		r.spend(min(e.At, now), min(e.Amount, amount))
	}
}

func (r *requests) remove(now, at int64, id uint64) {
	r.starts.remove(id)
	r.spacing.forget(now, at, 1)
}

// startedWithin reports whether a call that still counts started in (from, to].
func (r *requests) startedWithin(from, to int64) bool {
	for i := r.starts.n - 1; i >= 0 && r.starts.at(i).at > from; i-- {
		if r.starts.at(i).at <= to {
			return true
		}
	}
	return false
}

// forecast is when the nth call from now may start, if each starts as soon as it
// may and base is the first instant that is not blocked.
//
// The starts repeat: call k+amount comes one keep after call k. So the nth is
// the slot that it falls into, as left by the latest starts, some rounds later.
func (r *requests) forecast(now, base, keep, amount, n int64, spaced bool) int64 {
	r.starts.expire(now - keep)
	last := int64(r.starts.n)
	// slot is when the ith of the next amount calls is free to start.
	slot := func(i int64) int64 {
		if j := last - amount + i; j >= 0 && j < last {
			return max(base, r.starts.at(int(j)).at+keep)
		}
		return base
	}
	k := n - 1
	if !spaced {
		return add(slot(k%amount), min(k/amount, mostRounds)*keep)
	}
	gap := r.spacing.cost(1)
	at := add(max(slot(0), r.spacing.fits(now, 1)), min(k, mostRounds*amount)*gap)
	for i := max(1, amount-last); i <= min(k, amount-1); i++ {
		at = max(at, add(slot(i), (k-i)*gap))
	}
	return at
}
