package sim

import "time"

// shaper makes calls wait for their turn in a bucket of their size, and then
// makes them directly. It knows what each call will cost, which no client does:
// the best that such a bucket can do.
type shaper struct {
	direct
	rate  float64       // of the limit
	burst time.Duration // of the rate
	each  bool          // every process has buckets of its own
	limit []limitUse
	// drained is when each bucket will have drained, in ns: by process and limit.
	drained [][]int64
}

// newBuckets are buckets of Q/N that hold a window's worth, in each of N
// processes.
func newBuckets(w *world, r *retries) *shaper {
	n := 0
	for _, src := range w.sc.Workload {
		if src.Arrival.Kind == Closed {
			n += src.Arrival.Agents
		}
	}
	if n == 0 || len(w.trace.Runs) > 0 {
		n += w.sc.Processes
	}
	return &shaper{direct: direct{w, r}, rate: 1 / float64(n), burst: time.Minute, each: true, limit: w.m.limits}
}

// newGate is one bucket at 85 % of the limits without a burst: even spacing, as
// AWS's sample for traffic shaping advises.
func newGate(w *world, r *retries) *shaper {
	return &shaper{direct: direct{w, r}, rate: 0.85, limit: w.m.limits}
}

// call reserves the call's cost in every bucket and sends it when all have it.
func (s *shaper) call(ci int32) {
	process := 0
	if s.each {
		process = s.process(ci)
	}
	for len(s.drained) <= process {
		s.drained = append(s.drained, make([]int64, len(s.limit)))
	}
	drained, spec := s.drained[process], &s.w.trace.Calls[ci]
	at := s.w.now
	for i, l := range s.limit {
		if l.granted > 0 {
			at = max(at, drained[i]-max(0, int64(s.burst)-s.cost(l, spec)))
		}
	}
	for i, l := range s.limit {
		if l.granted > 0 {
			drained[i] = max(drained[i], at) + s.cost(l, spec)
		}
	}
	if at > s.w.now {
		s.w.alarm(at, ci, timerAttempt)
		return
	}
	s.w.send(ci)
}

// cost is how long a bucket takes to earn the call, in ns.
func (s *shaper) cost(l limitUse, c *Call) int64 {
	return int64(float64(l.units(c.usage().Settlement(s.w.sc.Burndown))) / (l.granted * s.rate))
}
