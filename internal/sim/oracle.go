package sim

import "time"

// oracle serves the run with the least work left, and sees whether the upstream
// would take a call before it makes it.
type oracle struct {
	w      *world
	line   []waiting // a binary heap
	seq    int64
	polled int64 // the next poll; earlier ones are stale
	polls  bool
	stuck  int64 // since when nothing has happened but that the head did not fit
}

// waiting is a call in the oracle's line.
type waiting struct {
	work float64 // of its run, in time of the tightest limit
	seq  int64
	call int32
}

// pollEvery is how often the oracle looks when nothing else happens.
const pollEvery = int64(50 * time.Millisecond)

func newOracle(w *world) *oracle { return &oracle{w: w} }

func (o *oracle) call(ci int32) {
	w := o.w
	hold := w.sc.Accounting.Hold(w.trace.Calls[ci].usage(), w.trace.Calls[ci].MaxTokens, w.sc.Burndown)
	for i, l := range w.limits {
		if units := w.m.limits[i].units(hold); units > l.Capacity() {
			w.fail(ci, endRefused)
			return
		}
	}
	if len(o.line) == 0 {
		o.stuck = w.now
	}
	o.seq++
	o.push(waiting{o.work(ci), o.seq, ci})
	o.serve()
}

// work is what is left of the call's run: the most of any limit's time.
func (o *oracle) work(ci int32) float64 {
	w := o.w
	c := &w.calls[ci]
	run := &w.trace.Runs[c.run]
	var tokens int64
	rest := run.N - int(w.runs[c.run].next)
	for i := run.N - rest; i < run.N; i++ {
		tokens += w.trace.Calls[run.First+i].usage().Settlement(w.sc.Burndown)
	}
	var most float64
	for _, l := range w.m.limits {
		units := l.units(tokens)
		if l.requests() {
			units = int64(rest)
		}
		if l.granted > 0 {
			most = max(most, float64(units)/l.granted)
		}
	}
	return most
}

func (o *oracle) serve() {
	for len(o.line) > 0 && (o.w.tryNow(o.line[0].call) || o.hopeless()) {
		o.stuck = o.w.now
		o.pop()
	}
	if len(o.line) > 0 && (!o.polls || o.polled < o.w.now) {
		o.polls, o.polled = true, o.w.now+pollEvery
		o.w.alarm(o.polled, 0, 0)
	}
}

// hopeless gives the head up when nothing has run for longer than any window:
// some laws have less room for a call than their limit has.
func (o *oracle) hopeless() bool {
	w := o.w
	longest := time.Minute
	for _, l := range w.m.limits {
		longest = max(longest, l.kind.Window())
	}
	if len(w.free) < len(w.tickets) || w.now-o.stuck <= int64(2*longest) {
		return false
	}
	w.fail(o.line[0].call, endRefused)
	return true
}

func (o *oracle) timer(_, _ int32) {
	o.polls = false
	o.serve()
}

func (o *oracle) answered(int32) {
	o.stuck = o.w.now
	o.serve()
}

// refused does not happen: what is tried fits.
func (o *oracle) refused(ci int32, _ refusal) { o.w.fail(ci, endThrottled) }

func (a waiting) before(b waiting) bool { return a.work < b.work || a.work == b.work && a.seq < b.seq }

func (o *oracle) push(it waiting) {
	o.line = append(o.line, it)
	for i := len(o.line) - 1; i > 0; {
		parent := (i - 1) / 2
		if !o.line[i].before(o.line[parent]) {
			return
		}
		o.line[i], o.line[parent] = o.line[parent], o.line[i]
		i = parent
	}
}

func (o *oracle) pop() {
	n := len(o.line) - 1
	o.line[0] = o.line[n]
	o.line = o.line[:n]
	for i := 0; ; {
		least := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < n && o.line[child].before(o.line[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		o.line[i], o.line[least] = o.line[least], o.line[i]
		i = least
	}
}
