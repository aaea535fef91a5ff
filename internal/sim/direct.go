package sim

// direct makes each call when it is wanted, and retries by a schedule.
type direct struct {
	w       *world
	retries *retries
}

func (d *direct) process(ci int32) int { return d.w.trace.Runs[d.w.calls[ci].run].Process }

func (d *direct) now() float64 { return float64(d.w.now) / 1e9 }

func (d *direct) call(ci int32) { d.attempt(ci) }

// attempt sends when the client's rate limiter lets it; else it asks again.
func (d *direct) attempt(ci int32) {
	if !d.retries.adaptive {
		d.w.send(ci)
		return
	}
	process := d.process(ci)
	c := d.retries.client(process)
	wait, ok := c.rate.take(d.now())
	if ok {
		d.w.send(ci)
		return
	}
	c.line = append(c.line, ci)
	d.askAgain(c, process, wait)
}

// The kinds of timer of a direct policy.
const (
	timerAttempt int32 = iota
	timerLine          // of a process
)

func (d *direct) askAgain(c *client, process int, wait float64) {
	if !c.timer {
		c.timer = true
		d.w.alarm(d.w.now+max(1, int64(wait*1e9)), int32(process), timerLine) //nolint:gosec // a small number
	}
}

func (d *direct) timer(a, kind int32) {
	if kind == timerAttempt {
		d.attempt(a)
		return
	}
	c := d.retries.client(int(a))
	c.timer = false
	for len(c.line) > 0 {
		wait, ok := c.rate.take(d.now())
		if !ok {
			d.askAgain(c, int(a), wait)
			return
		}
		first := c.line[0]
		c.line = c.line[:copy(c.line, c.line[1:])]
		d.w.send(first)
	}
}

func (d *direct) refused(ci int32, why refusal) {
	process := d.process(ci)
	if d.retries.adaptive {
		d.retries.client(process).rate.update(d.now(), why != unavailable)
	}
	wait, ok := d.retries.again(process, int(d.w.calls[ci].attempts))
	if !ok {
		d.w.fail(ci, endThrottled)
		return
	}
	d.w.alarm(d.w.now+int64(wait), ci, timerAttempt)
}

func (d *direct) answered(ci int32) {
	process := d.process(ci)
	if d.retries.adaptive {
		d.retries.client(process).rate.update(d.now(), false)
	}
	d.retries.succeeded(process, int(d.w.calls[ci].attempts))
}
