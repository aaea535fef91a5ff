package sched

// alarms is a min-heap of instants for calls. Entries are not removed when a call
// ends: a stale one is passed over when it comes up, and all are swept when there
// are many. So starting a call costs nothing here.
type alarms struct {
	items []alarm
	kept  int // by the last sweep
}

// crowded reports whether a sweep is worth its while: when there are twice as
// many entries as the last one kept, so that an entry costs a constant however
// often its call backs off.
func (a *alarms) crowded() bool { return len(a.items) > 64+2*a.kept }

type alarm struct {
	at  int64
	ref Ref
}

func (a *alarms) push(at int64, ref Ref) {
	a.items = append(a.items, alarm{at, ref})
	i := len(a.items) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if a.items[parent].at <= a.items[i].at {
			break
		}
		a.items[parent], a.items[i] = a.items[i], a.items[parent]
		i = parent
	}
}

func (a *alarms) pop() alarm {
	top := a.items[0]
	last := len(a.items) - 1
	a.items[0] = a.items[last]
	a.items = a.items[:last]
	a.down(0)
	return top
}

func (a *alarms) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(a.items) {
			return
		}
		if child+1 < len(a.items) && a.items[child+1].at < a.items[child].at {
			child++
		}
		if a.items[i].at <= a.items[child].at {
			return
		}
		a.items[i], a.items[child] = a.items[child], a.items[i]
		i = child
	}
}

// sweep keeps the entries that live says are alive, and restores the order.
func (a *alarms) sweep(live func(Ref) bool) {
	kept := a.items[:0]
	for _, it := range a.items {
		if live(it.ref) {
			kept = append(kept, it)
		}
	}
	a.items, a.kept = kept, len(kept)
	for i := len(kept)/2 - 1; i >= 0; i-- {
		a.down(i)
	}
}
