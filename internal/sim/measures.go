package sim

import (
	"time"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// ending is how a run ended.
type ending uint8

const (
	endFinished  ending = iota
	endRefused          // by Headgate, at once
	endExpired          // Headgate could not start a call in time
	endThrottled        // retries were exhausted
	endings      = iota
)

// measures collects what happens. Runs and calls count from the beginning,
// limits from the warm-up to the end of arrivals.
type measures struct {
	seed       uint64
	from, till int64

	waiting   int
	waitSince int64 // since when some wait
	changed   int64 // when waiting last changed, for backlog
	backlog   int64 // ns with waiting calls
	limits    []limitUse

	attempts, sentCalls int64
	throttles           [unavailable + 1]int64 // from the warm-up
	allThrottles        [unavailable + 1]int64
	refusals            int64
	returns             int64
	returnsRefused      int64
	refusedCalls        []refusedCall
	idle                []idleSpan

	callsOffered, callsDone int64
	queued                  [llm.Classes][]int64
	tenants                 [][]int64 // likewise, of the first maxTenantWaits tenants
	runsOffered, runsIn     int64
	ends                    [endings]int64
	onTime, onTimeIn        int64
	runTimes                []int64
	lastEnd                 int64 // when a run last ended
	inProgress              int64
	settledTokens, wasted   int64
	estimates               []float64
	beliefs                 func() []adapt.Belief // nil when nobody learns

	fair    fairness
	stopped bool // arrivals have ended, and what waited then is known
	series  *Series
}

// limitUse is what was used of one limit.
type limitUse struct {
	kind    quota.Kind
	limit   *meter.Limit
	granted float64 // per ns, at first

	used, busy         int64   // in the measured time, and of calls that waited
	earned, earnedBusy float64 // what was granted meanwhile, less what others took
}

func (l limitUse) requests() bool { return l.kind == quota.RequestsPerMinute }

// units is what a call of some tokens takes of the limit.
func (l limitUse) units(tokens int64) int64 {
	if l.requests() {
		return 1
	}
	return tokens
}

func (m *measures) open(sc *Scenario, trace *Trace, limits []*meter.Limit) {
	m.from, m.till = int64(sc.WarmUp), int64(sc.For)
	for i, l := range sc.Limits {
		kind, _ := kindOf(l.Kind)
		m.limits = append(m.limits, limitUse{kind: kind, limit: limits[i], granted: l.granted() / float64(kind.Window())})
	}
	m.fair.open(trace.Tenants)
	m.tenants = make([][]int64, min(len(trace.Tenants), maxTenantWaits))
}

// maxTenantWaits is of how many tenants the waits are kept apart.
const maxTenantWaits = 100

// within is how much of a span is measured.
func (m *measures) within(from, to int64) int64 { return max(0, min(to, m.till)-max(from, m.from)) }

func (m *measures) measured(at int64) bool { return at >= m.from && at < m.till }

// backlogged reports whether work has been waiting for some time.
func (m *measures) backlogged(now int64) bool { return m.waiting > 0 && m.waitSince < now }

// earn adds up what was granted since the last time.
func (m *measures) earn(now int64) {
	span := m.within(m.changed, now)
	m.changed = now
	if span == 0 {
		return
	}
	if m.waiting > 0 {
		m.backlog += span
	}
	for i := range m.limits {
		l := &m.limits[i]
		earned := float64(span) * float64(l.limit.Enforced(epoch().Add(time.Duration(now)))) / float64(l.kind.Window())
		l.earned += earned
		if m.waiting > 0 {
			l.earnedBusy += earned
		}
	}
}

// taken counts what others had of the limits.
func (m *measures) taken(now, tokens int64) {
	if !m.measured(now) {
		return
	}
	for i := range m.limits {
		l := &m.limits[i]
		units := float64(l.units(tokens))
		l.earned -= units
		if m.waiting > 0 {
			l.earnedBusy -= units
		}
	}
}

// waits counts a call that waits in or out.
func (m *measures) waits(w *world, ci int32, by int) {
	m.earn(w.now)
	if m.waiting == 0 {
		m.waitSince = w.now
		m.endIdle(w.now)
	}
	m.waiting += by
	if m.waiting == 0 {
		m.idle = append(m.idle, idleSpan{from: w.now, to: -1})
	}
	m.fair.waits(w.trace.Runs[w.calls[ci].run].Tenant, by)
}

func (m *measures) admitted(w *world, ci int32, hold int64) {
	c, spec := &w.calls[ci], &w.trace.Calls[ci]
	run := &w.trace.Runs[c.run]
	charge := spec.usage().Settlement(w.sc.Burndown)
	wait := c.sent - c.arrived
	m.queued[run.Class] = append(m.queued[run.Class], wait)
	if run.Tenant < len(m.tenants) {
		m.tenants[run.Tenant] = append(m.tenants[run.Tenant], wait)
	}
	if n := len(m.idle); n > 0 && m.idle[n-1].to < 0 {
		m.idle[n-1].used += charge
	}
	if m.measured(w.now) {
		for i := range m.limits {
			l := &m.limits[i]
			units := l.units(charge)
			l.used += units
			if c.waited {
				l.busy += units
			}
		}
		m.fair.serves(run.Tenant, charge)
	}
	if m.series != nil {
		m.series.admitted(w.now, hold, charge, run.Class, time.Duration(wait))
	}
}

func (m *measures) rejected(w *world, ci int32, why refusal) {
	m.waits(w, ci, 1)
	m.allThrottles[why]++
	if m.measured(w.now) {
		m.throttles[why]++
	}
	if m.series != nil && why != unavailable {
		m.series.throttled(w.now)
	}
}

func (m *measures) settled(charge int64) {
	m.callsDone++
	m.settledTokens += charge
}

func (m *measures) runBegins(w *world, ri int32) {
	run := &w.trace.Runs[ri]
	m.runsOffered++
	m.callsOffered += int64(run.N)
	m.inProgress++
	m.mark(w)
}

func (m *measures) runEnds(w *world, ri int32, how ending) {
	run, r := &w.trace.Runs[ri], &w.runs[ri]
	m.inProgress--
	m.lastEnd = w.now
	m.ends[how]++
	if r.admitted {
		m.runsIn++
	}
	if how != endFinished {
		m.wasted += r.settled
		m.mark(w)
		return
	}
	took := w.now - r.arrived
	m.runTimes = append(m.runTimes, took)
	if run.Deadline == 0 || took <= int64(run.Deadline) {
		m.onTime++
	}
	if run.Deadline == 0 || w.now-r.begun <= int64(run.Deadline) {
		m.onTimeIn++
	}
	m.mark(w)
}

func (m *measures) mark(w *world) {
	if m.series != nil {
		m.series.runs(w.now, m.inProgress, m.ends[endFinished])
	}
}

// refusedByUs takes in a refusal before the call is told of it.
func (m *measures) refusedByUs(w *world, ci int32) {
	c := &w.calls[ci]
	run, r := &w.trace.Runs[c.run], &w.runs[c.run]
	m.refusals++
	if r.returned {
		m.returnsRefused++
	}
	// What is left of the run must find room, and end in time.
	var need int64
	var takes time.Duration
	for i := int(r.next); i < run.N; i++ {
		spec := &w.trace.Calls[run.First+i]
		need += spec.usage().Settlement(w.sc.Burndown)
		takes += spec.Takes
		if i > int(r.next) {
			takes += spec.Think
		}
	}
	until := w.now + int64(w.sc.Pacer.MaxWait)
	if run.Deadline > 0 {
		until = min(until, r.begun+int64(run.Deadline)-int64(takes))
	}
	m.refusedCalls = append(m.refusedCalls, refusedCall{at: w.now, until: until, need: need})
}

// observed takes in an estimate of a settlement and what it came to.
func (m *measures) observed(forecast, settled int64) {
	off := float64(forecast-settled) / float64(max(1, settled))
	m.estimates = append(m.estimates, max(off, -off))
}

// stop is the end of arrivals: what still waits was wanted and not given.
func (m *measures) stop(w *world) {
	m.stopped = true
	for ci := range w.calls {
		if c := &w.calls[ci]; c.phase == phaseWaiting {
			m.fair.tenants[w.trace.Runs[c.run].Tenant].left += w.trace.Calls[ci].usage().Settlement(w.sc.Burndown)
		}
	}
}

// close ends what is still open.
func (m *measures) close(w *world) {
	if !m.stopped {
		m.stop(w)
	}
	m.earn(max(w.now, m.till))
	m.endIdle(max(w.now, m.till))
}
