package sim

import (
	"math/rand/v2"
	"time"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// simulated is the model of all calls.
const simulated llm.ModelID = "simulated"

// headgate makes calls as the gateway does (dispatch): forecasts what each will
// use, paces by the forecasts, and learns from what it did use.
type headgate struct {
	w          *world
	pacer      *pacer.Pacer
	limits     *adapt.Set
	accounting quota.Accounting
	forecaster estimate.Forecaster
	rng        *rand.Rand
	blind      bool // no deadline is known, and no wait too long

	slots []slot // by the pacer's token
	token []pacer.Token
	woken int32 // the latest wake; earlier ones are stale
}

// slot is a call that is in the pacer.
type slot struct {
	call        int32
	failures    int
	unexplained int
	forecast    int64
	hold        quota.Hold
}

func newHeadgate(w *world, p Policy, rng *rand.Rand) *headgate {
	h := &headgate{w: w, rng: rng, blind: p == FIFO, token: make([]pacer.Token, len(w.calls))}
	var limits []quota.Limit
	for _, l := range w.sc.Limits {
		kind, _ := kindOf(l.Kind)
		amount := l.Amount
		if told, ok := w.sc.Pacer.Limits[l.Kind]; ok {
			amount = told
		}
		limits = append(limits, quota.Limit{Kind: kind, Amount: amount})
	}
	believed := w.sc.Accounting
	if w.sc.Pacer.Accounting != nil {
		believed = *w.sc.Pacer.Accounting
	}
	h.accounting = accounting(believed)
	h.limits = adapt.NewSet(limits, w.sc.Pacer.Jitter, adapt.Options{Mode: w.sc.Pacer.Learn.mode(), Accounting: h.accounting})
	w.m.beliefs = h.limits.Beliefs
	opts := sched.Options{}
	if p != Headgate {
		opts.Order = sched.OrderFIFO
	}
	h.pacer = pacer.New(h.limits, opts)
	return h
}

// accounting is how the pacer is told that the upstream counts.
func accounting(a meter.Accounting) quota.Accounting {
	return quota.Accounting{
		ReserveCacheRead: a.ReserveCacheRead, ReserveBurndown: a.ReserveBurndown,
		MinReservedOutput: a.MinReservedOutput, RefundDelay: time.Duration(a.RefundDelay), ChargeRejected: a.ChargeRejected,
	}
}

// never is longer than any simulation.
const never = 1000 * 24 * time.Hour

func (h *headgate) call(ci int32) {
	w := h.w
	spec, c := &w.trace.Calls[ci], &w.calls[ci]
	run, r := &w.trace.Runs[c.run], &w.runs[c.run]
	f := h.forecaster.Forecast(h.route(run), features(spec), spec.MaxTokens)
	charges := quota.Charges{Tokens: quota.Charge{
		Hold:     h.accounting.Hold(f.Usage, spec.MaxTokens, w.sc.Burndown),
		Forecast: f.Usage.Settlement(w.sc.Burndown),
	}, Extra: h.accounting.Extra(f.Usage, spec.MaxTokens, w.sc.Burndown)}
	if h.limits.Never(charges) != nil {
		w.fail(ci, endRefused)
		return
	}
	mean := llm.Usage{Input: f.Usage.Input, Output: f.Mean}.Settlement(w.sc.Burndown)
	req := pacer.Request{Wait: h.mayWait(), Run: h.deadline(run, r, f.Took), Charges: charges, Spec: sched.Spec{
		Class:  run.Class,
		Tenant: uint32(run.Tenant), Weight: w.trace.Tenants[run.Tenant].Weight, //nolint:gosec // a small index
		Run: uint64(c.run) + 1, Begun: r.admitted, //nolint:gosec // an index
		Cost:   h.limits.Share(quota.Settled{Tokens: mean}),
		Tokens: mean,
	}}
	if run.Declared {
		req.Spec.RunCalls = int32(min(run.N, sched.StatedCalls)) //nolint:gosec // bounded
	}
	t, refusal, ok := h.pacer.Enqueue(w.clock(), req)
	if !ok {
		h.tell(ci, refusal, req.Wait)
		return
	}
	for len(h.slots) <= int(t) { //nolint:gosec // a small number
		h.slots = append(h.slots, slot{})
	}
	for len(h.token) < len(w.calls) {
		h.token = append(h.token, 0)
	}
	h.slots[t] = slot{call: ci, forecast: charges.Tokens.Forecast}
	h.token[ci] = t
	h.follow()
}

// tell refuses a call and says when to return.
func (h *headgate) tell(ci int32, refusal pacer.Refusal, wait time.Duration) {
	again := refusal.Again
	if !refusal.Run {
		again = refusal.Start - wait
	}
	h.w.refuse(ci, max(time.Second, again))
	h.follow()
}

// mayWait is how long a call may wait for its start.
func (h *headgate) mayWait() time.Duration {
	if h.blind {
		return never
	}
	return h.w.sc.Pacer.MaxWait
}

// deadline is what the run says of its end.
func (h *headgate) deadline(run *Run, r *runState, took time.Duration) pacer.Run {
	if h.blind || run.Deadline <= 0 {
		return pacer.Run{}
	}
	return pacer.Run{By: max(1, run.Deadline-time.Duration(h.w.now-r.begun)), CallTime: took}
}

func (h *headgate) route(run *Run) estimate.Route {
	return estimate.Route{Model: simulated, Tenant: llm.Tenant(h.w.trace.Tenants[run.Tenant].Name)}
}

func features(c *Call) estimate.Features { return estimate.Features{TextBytes: c.Bytes, Messages: 1} }

// follow carries out what the pacer has decided.
func (h *headgate) follow() {
	for {
		out := h.pacer.Outcomes()
		if len(out) == 0 {
			break
		}
		for _, o := range out {
			s := &h.slots[o.Token]
			if !o.Started {
				if o.Dropped {
					h.w.refuse(s.call, o.Again)
				} else {
					h.w.fail(s.call, endExpired)
				}
				continue
			}
			s.hold = o.Hold
			h.limits.Started(o.Hold, h.w.clock())
			h.w.send(s.call)
		}
	}
	if at, changed := h.pacer.Wake(); changed && !at.IsZero() {
		h.woken++
		h.w.alarm(int64(at.Sub(epoch())), h.woken, 0)
	}
}

func (h *headgate) timer(a, _ int32) {
	if a == h.woken {
		h.pacer.Tick(h.w.clock())
		h.follow()
	}
}

func (h *headgate) answered(ci int32) {
	w, t := h.w, h.token[ci]
	s, spec := &h.slots[t], &w.trace.Calls[ci]
	run := &w.trace.Runs[w.calls[ci].run]
	settled := spec.usage().Settlement(w.sc.Burndown)
	used := quota.Settled{Tokens: settled}
	h.limits.Settle(w.clock(), s.hold, used)
	h.forecaster.Observe(h.route(run), features(spec), spec.usage(), spec.Takes)
	w.m.observed(s.forecast, settled)
	h.pacer.Done(w.clock(), t, used)
	h.follow()
}

// retrySchedule is the gateway's default for upstream trouble; full jitter.
func retrySchedule() []time.Duration {
	return []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second}
}

func (h *headgate) refused(ci int32, why refusal) {
	w, t := h.w, h.token[ci]
	s := &h.slots[t]
	if why == unavailable {
		h.limits.Settle(w.clock(), s.hold, quota.Settled{}) // what was sent counts as a request
		h.backOff(ci)
		return
	}
	s.unexplained++
	kind := [...]quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay}[why]
	at := h.limits.Throttled(w.clock(), kind, s.hold)
	switch {
	case at.IsZero() || s.unexplained > 2:
		h.backOff(ci)
	case at.After(h.pacer.Deadline(t)):
		h.giveUp(ci)
	default:
		h.pacer.ComeBack(w.clock(), t)
		h.follow()
	}
}

func (h *headgate) backOff(ci int32) {
	w, t := h.w, h.token[ci]
	s := &h.slots[t]
	schedule := retrySchedule()
	if s.failures++; s.failures > len(schedule) {
		h.giveUp(ci)
		return
	}
	until := w.clock().Add(time.Duration(h.rng.Float64() * float64(schedule[s.failures-1])))
	if until.After(h.pacer.Deadline(t)) {
		h.giveUp(ci)
		return
	}
	h.pacer.BackOff(w.clock(), t, until)
	h.follow()
}

func (h *headgate) giveUp(ci int32) {
	h.pacer.Done(h.w.clock(), h.token[ci], quota.Settled{})
	h.w.fail(ci, endThrottled)
	h.follow()
}
