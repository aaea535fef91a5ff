package sim

import "time"

// CriticalPath is how long run i takes when its calls wait for nothing: the
// least time that any policy can give it.
func (t *Trace) CriticalPath(i int) time.Duration {
	run := &t.Runs[i]
	var sum time.Duration
	for k := range run.N {
		c := &t.Calls[run.First+k]
		sum += c.Takes
		if k > 0 {
			sum += c.Think
		}
	}
	return sum
}
