package sim

import (
	"math/rand/v2"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
)

// epoch is the instant at which every simulation begins: midnight UTC of a
// Monday, so that windows of the clock's minutes and days begin with it.
func epoch() time.Time { return time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC) }

// policy decides when calls are made. It is told what happens and acts on the
// world with send, refuse, fail and alarm.
type policy interface {
	// call says that a call is wanted. The policy ends it with send, refuse or
	// fail, now or later.
	call(ci int32)
	// refused says that the attempt of a call was; send, refuse or fail again.
	refused(ci int32, why refusal)
	// answered says that a call's attempt was answered in full.
	answered(ci int32)
	// timer is what alarm asked for.
	timer(a, b int32)
}

// refusal is why the upstream did not take an attempt.
type refusal int32

// The refusals: 429 on a limit, or 503.
const (
	overRequests refusal = iota
	overTokens
	overDay
	unavailable
)

type callPhase uint8

const (
	phaseOffered callPhase = iota // or told to return
	phaseWaiting
	phaseSent
	phaseRunning
	phaseEnded
)

// callState is what has become of a call.
type callState struct {
	arrived  int64
	sent     int64 // its latest attempt
	run      int32
	ticket   int32
	attempts int32
	phase    callPhase
	waited   bool // work waited when its attempt was sent
}

// runState is what has become of a run.
type runState struct {
	arrived  int64 // first of all
	begun    int64 // from where its deadline counts
	settled  int64 // tokens
	next     int32 // its call that is offered or under way, from 0
	agent    int32 // that makes it, or -1
	admitted bool
	returned bool
	ended    bool
}

// world is one simulation under way.
type world struct {
	sc     *Scenario
	trace  *Trace // offered work; the world's own when agents add to it
	offset int32  // runs of the trace that have begun

	events  events
	now     int64 // ns from the beginning
	limits  []*meter.Limit
	tickets []meter.Ticket
	free    []int32
	runs    []runState
	calls   []callState
	agents  []agent
	policy  policy

	others           *meter.Traffic // nil: none
	network, outages *rand.Rand
	outageUntil      int64
	steps            int64

	m measures
}

// agent makes the runs of a closed source, one after the other.
type agent struct {
	drawer
	tenant int
}

// newWorld is a world in which nothing has happened. Trace is not changed.
func newWorld(sc *Scenario, trace *Trace, seed uint64) *world {
	w := &world{
		sc: sc, trace: trace,
		network: stream(seed, streamNetwork), outages: stream(seed, streamOutages),
		runs: make([]runState, len(trace.Runs)), calls: make([]callState, len(trace.Calls)),
	}
	for i, r := range trace.Runs {
		w.newRun(int32(i), r, -1)
	}
	for i, l := range sc.Limits {
		w.limits = append(w.limits, l.open(sc.Accounting, seed+uint64(i)))
	}
	if sc.Others != nil {
		w.others = meter.NewTraffic(*sc.Others, time.Minute, seed, epoch())
	}
	w.m.seed = seed
	w.m.open(sc, trace, w.limits)
	return w
}

func (w *world) newRun(ri int32, r Run, by int32) {
	w.runs[ri] = runState{agent: by}
	for i := range r.N {
		w.calls[r.First+i] = callState{run: ri, ticket: -1}
	}
}

// clock is the instant now.
func (w *world) clock() time.Time { return epoch().Add(time.Duration(w.now)) }

// live runs until nothing is left to happen, and reports true, or until stop says
// so. It looks at stop every few thousand events.
func (w *world) live(stop func() bool) bool {
	w.hire()
	w.offer()
	w.nextOutage()
	w.nextOther()
	for len(w.events.heap) > 0 {
		if w.steps++; w.steps&0xfff == 0 && stop != nil && stop() {
			return false
		}
		ev := w.events.pop()
		w.now = ev.at
		if !w.m.stopped && w.now >= w.m.till {
			w.m.stop(w)
		}
		switch ev.kind {
		case evRun:
			w.begin(ev.a)
		case evCall:
			w.wanted(ev.a)
		case evArrive:
			w.arrive(ev.a)
		case evRefused:
			w.policy.refused(ev.a, refusal(ev.b))
		case evAnswered:
			w.answer(ev.a)
		case evTimer:
			w.policy.timer(ev.a, ev.b)
		case evOutage:
			w.outageUntil = w.now + int64(w.sc.Outages.For)
			w.nextOutage()
		case evOther:
			w.other()
		}
	}
	return true
}

// hire lets the agents of closed sources begin.
func (w *world) hire() {
	first := 0
	for i := range w.sc.Workload {
		src := &w.sc.Workload[i]
		if src.Arrival.Kind == Closed {
			if len(w.agents) == 0 { // runs are added: not to the caller's trace
				own := *w.trace
				own.Runs, own.Calls = append([]Run(nil), own.Runs...), append([]Call(nil), own.Calls...)
				w.trace = &own
			}
			for n := range src.Arrival.Agents {
				rng := stream(w.m.seed, streamAgents*uint64(i+1)+uint64(n))
				w.agents = append(w.agents, agent{drawer{src: src, latency: w.sc.Latency, rng: rng}, first + n%src.Tenants})
				w.again(int32(len(w.agents)-1), 0) //nolint:gosec // a small index
			}
		}
		first += src.Tenants
	}
}

// again makes the next run of an agent, after at least a pause.
func (w *world) again(ai int32, least time.Duration) {
	a := &w.agents[ai]
	at := w.now + max(int64(least), int64(a.rng.ExpFloat64()*float64(a.src.Arrival.Pause)))
	if at >= int64(w.sc.For) {
		return
	}
	run := a.src.run(time.Duration(at), a.tenant)
	run.Process = w.sc.Processes + int(ai)
	run.First = len(w.trace.Calls)
	w.trace.Calls = a.run(w.trace.Calls)
	run.N = len(w.trace.Calls) - run.First
	ri := int32(len(w.trace.Runs)) //nolint:gosec // bounded by memory
	w.trace.Runs = append(w.trace.Runs, run)
	w.runs = append(w.runs, runState{})
	for len(w.calls) < len(w.trace.Calls) {
		w.calls = append(w.calls, callState{})
	}
	w.newRun(ri, run, ai)
	w.events.push(at, evRun, ri, 0)
}

// offer makes the next run of the trace known. Only one lies in the heap.
func (w *world) offer() {
	if int(w.offset) < len(w.runs) && w.runs[w.offset].agent < 0 {
		w.events.push(int64(w.trace.Runs[w.offset].At), evRun, w.offset, 0)
		w.offset++
	}
}

func (w *world) begin(ri int32) {
	r := &w.runs[ri]
	if r.agent < 0 {
		w.offer()
	}
	r.arrived, r.begun = w.now, w.now
	w.m.runBegins(w, ri)
	w.wanted(w.callOf(ri))
}

// callOf is the call that a run is at.
func (w *world) callOf(ri int32) int32 { return int32(w.trace.Runs[ri].First) + w.runs[ri].next } //nolint:gosec // bounded by memory

// wanted is the arrival of a call.
func (w *world) wanted(ci int32) {
	c := &w.calls[ci]
	c.arrived, c.phase = w.now, phaseWaiting
	w.m.waits(w, ci, 1)
	w.policy.call(ci)
}

// send makes an attempt of a call that waits.
func (w *world) send(ci int32) {
	c := &w.calls[ci]
	c.waited = w.m.backlogged(w.now)
	w.m.waits(w, ci, -1)
	if c.attempts == 0 {
		w.m.sentCalls++
	}
	c.attempts++
	c.sent, c.phase = w.now, phaseSent
	w.m.attempts++
	if w.sc.Network.Jitter <= 0 {
		w.arrive(ci)
		return
	}
	w.events.push(w.now+w.network.Int64N(int64(w.sc.Network.Jitter)+1), evArrive, ci, 0)
}

// tryNow makes an attempt of a waiting call if the upstream would take it; else
// nothing has happened.
func (w *world) tryNow(ci int32) bool {
	if w.now < w.outageUntil {
		return false
	}
	spec, c := &w.trace.Calls[ci], &w.calls[ci]
	ticket, blocked := meter.AdmitCall(w.clock(), w.limits, w.demand(spec))
	if blocked != meter.None {
		return false
	}
	c.waited = w.m.backlogged(w.now)
	w.m.waits(w, ci, -1)
	w.m.sentCalls++
	w.m.attempts++
	c.sent, c.attempts = w.now, 1
	w.run(ci, ticket)
	return true
}

// arrive is an attempt at the upstream.
func (w *world) arrive(ci int32) {
	spec := &w.trace.Calls[ci]
	if w.now < w.outageUntil && w.outages.Float64() < w.sc.Outages.Share {
		w.reject(ci, unavailable)
		return
	}
	demand := w.demand(spec)
	ticket, blocked := meter.AdmitCall(w.clock(), w.limits, demand)
	if blocked != meter.None {
		meter.RejectCall(w.clock(), w.limits, demand)
		w.reject(ci, refusal(blocked))
		return
	}
	w.run(ci, ticket)
}

// run begins the answer to an admitted call.
func (w *world) run(ci int32, ticket meter.Ticket) {
	spec, c := &w.trace.Calls[ci], &w.calls[ci]
	ticket.Expect(spec.usage(), spec.Takes)
	hold := ticket.Hold()
	c.ticket = w.keep(ticket)
	c.phase = phaseRunning
	w.runs[c.run].admitted = true
	w.m.admitted(w, ci, hold)
	w.events.push(w.now+int64(spec.Takes), evAnswered, ci, 0)
}

// demand is what the upstream reckons a call by.
func (w *world) demand(c *Call) meter.Demand {
	return meter.Demand{Input: c.usage(), MaxTokens: c.MaxTokens, Burndown: w.sc.Burndown}
}

func (w *world) reject(ci int32, why refusal) {
	w.calls[ci].phase = phaseWaiting
	w.m.rejected(w, ci, why)
	w.events.push(w.now+int64(w.sc.Network.Refusal), evRefused, ci, int32(why))
}

// keep stores the ticket of a running call.
func (w *world) keep(t meter.Ticket) int32 {
	if n := len(w.free); n > 0 {
		i := w.free[n-1]
		w.free = w.free[:n-1]
		w.tickets[i] = t
		return i
	}
	w.tickets = append(w.tickets, t)
	return int32(len(w.tickets) - 1) //nolint:gosec // bounded by memory
}

// answer is the end of a call's answer.
func (w *world) answer(ci int32) {
	c, spec := &w.calls[ci], &w.trace.Calls[ci]
	charge := spec.usage().Settlement(w.sc.Burndown)
	w.tickets[c.ticket].SettleUsage(w.clock(), spec.usage())
	w.free = append(w.free, c.ticket)
	c.ticket, c.phase = -1, phaseEnded
	r := &w.runs[c.run]
	r.settled += charge
	w.m.settled(charge)
	w.policy.answered(ci)
	run := &w.trace.Runs[c.run]
	if r.next++; int(r.next) < run.N {
		next := w.callOf(c.run)
		w.events.push(w.now+int64(w.trace.Calls[next].Think), evCall, next, 0)
		return
	}
	w.end(c.run, endFinished)
}

// refuse tells a waiting call's client to return after some time.
func (w *world) refuse(ci int32, after time.Duration) {
	c := &w.calls[ci]
	run, r := &w.trace.Runs[c.run], &w.runs[c.run]
	w.m.refusedByUs(w, ci)
	w.m.waits(w, ci, -1)
	c.phase = phaseOffered
	at := w.now + int64(after)
	if !run.Returns || at >= int64(w.sc.For) {
		c.phase = phaseEnded
		w.end(c.run, endRefused)
		return
	}
	r.returned = true
	if r.next == 0 {
		r.begun = at
	}
	w.m.returns++
	w.events.push(at, evCall, ci, 0)
}

// fail gives a waiting call up, and its run with it.
func (w *world) fail(ci int32, how ending) {
	w.m.waits(w, ci, -1)
	w.calls[ci].phase = phaseEnded
	w.end(w.calls[ci].run, how)
}

func (w *world) end(ri int32, how ending) {
	r := &w.runs[ri]
	r.ended = true
	w.m.runEnds(w, ri, how)
	if r.agent >= 0 {
		least := time.Duration(0)
		if how != endFinished {
			least = time.Second // an agent that is refused at once does not spin
		}
		w.again(r.agent, least)
	}
}

// alarm has the policy's timer called.
func (w *world) alarm(at int64, a, b int32) { w.events.push(max(at, w.now), evTimer, a, b) }

func (w *world) nextOutage() {
	if every := w.sc.Outages.Every; every > 0 {
		at := w.now + int64(w.outages.ExpFloat64()*float64(every)) + int64(w.sc.Outages.For)
		if at < int64(w.sc.For) {
			w.events.push(at, evOutage, 0, 0)
		}
	}
}

func (w *world) nextOther() {
	if w.others == nil {
		return
	}
	if at := int64(w.others.Next().Sub(epoch())); at < int64(w.sc.For) || w.m.inProgress > 0 {
		w.events.push(at, evOther, 0, 0)
	}
}

// other is a call of the account's other users.
func (w *world) other() {
	if tokens, blocked := w.others.Call(w.limits); blocked == meter.None {
		w.m.taken(w.now, tokens)
	}
	w.nextOther()
}
