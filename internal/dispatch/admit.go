package dispatch

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// maxTokensSlack is how far above the catalog's maximum a max_tokens may be
// before it is refused here: whether "64K" means 64,000 or 65,536 is for the
// service to say.
const maxTokensSlack = 1.05

// admit checks that the call can ever be made, and in time, and puts it in
// line.
func (c *call) admit() error {
	if !c.r.Operation.Metered() {
		return nil
	}
	if err := c.possible(); err != nil {
		return err
	}
	policy := &c.d.opts.Policy
	spec, wait := c.spec()
	if err := c.room(spec.Tenant); err != nil {
		return err
	}
	c.queued = int64(len(c.r.Body))
	if c.d.waitingBytes.Add(c.queued) > policy.MaxBytes && policy.MaxBytes > 0 {
		return &fault.Error{Kind: fault.Throttled, Message: fmt.Sprintf("Too many requests, please wait before trying again. Headgate: the calls that wait hold %d bytes already (queue.max_bytes).", policy.MaxBytes), Limit: "queue.max_bytes", RetryAfter: time.Second}
	}
	c.flight.SetPhase(flight.Waiting)
	e, refusal := c.way.lane.Enqueue(pacer.Request{
		Spec: spec, Wait: wait, Charges: c.demand.charges,
		Run: pacer.Run{By: c.r.Labels.RunDeadline, CallTime: c.demand.took},
	})
	if e == nil {
		c.foresee(refusal.Outlook)
	}
	if e == nil && refusal.Run {
		return c.runTooLate(refusal)
	}
	if e == nil {
		return c.tooBusy(refusal.Start, wait, refusal.By)
	}
	c.foresee(e.Outlook)
	c.entry, c.stage = e, stageWaiting
	return nil
}

// spec describes the call to the scheduler, but for its deadline, and says how
// long it may wait.
func (c *call) spec() (sched.Spec, time.Duration) {
	labels := c.r.Labels
	tenant := c.d.opts.Policy.Tenants[c.record.Tenant]
	s := sched.Spec{
		Class:  labels.Class,
		Tenant: c.d.names.Tenant(c.record.Tenant),
		Weight: tenant.Weight,
		Cost:   c.way.lane.pool.Share(c.demand.expected),
		Tokens: c.demand.expected.Tokens,
	}
	if labels.Run != "" {
		id, begun, calls := c.d.names.Arrive(c.record.Tenant, labels.Run, c.arrived)
		s.Run, s.Begun = id, begun
		s.Ordinary = calls > sched.StatedCalls || labels.Inferred && calls > inferredCalls
		if id != 0 { // a call that is its own run makes no others
			s.RunCalls = int32(min(labels.RunCalls, sched.StatedCalls)) //nolint:gosec // bounded
		}
	}
	wait := c.d.opts.Policy.MaxWait
	for _, bound := range [...]time.Duration{tenant.MaxWait, labels.Deadline} {
		if bound > 0 {
			wait = min(wait, bound)
		}
	}
	return s, wait
}

// possible refuses what no wait can mend.
func (c *call) possible() error {
	model, d := &c.way.model, &c.demand
	if most := model.MaxOutput; most > 0 && !model.MaxOutputAssumed && float64(d.maxTokens) > maxTokensSlack*float64(most) {
		return fault.New(fault.Invalid, "The maximum tokens you requested exceed the model limit of %d. Try again with a maximum tokens value lower than %d.", most, most)
	}
	l, never := c.way.lane.pool.Never(d.charges)
	if !never {
		return nil
	}
	name := l.Kind.String()
	if l.Amount == 0 {
		return &fault.Error{Kind: fault.Exhausted, Limit: name, Message: fmt.Sprintf(
			"Too many tokens per day, please wait before trying again. Headgate: the quota %s of %s is 0, so no wait helps. If AWS's default is above 0, this account was given less: Service Quotas refuses requests at or below the default, so open a Support case (Account and billing is free) that asks for the default to be restored.",
			name, c.record.Pool)}
	}
	hint := "Lower max_tokens."
	if d.unset {
		hint = fmt.Sprintf("max_tokens is not set, so Bedrock reserves the model's maximum of %d: set it.", d.maxTokens)
	}
	return &fault.Error{Kind: fault.Invalid, Limit: name, Message: fmt.Sprintf(
		"The call reserves %d tokens (about %d of input + max_tokens %d), more than the quota %s of %d can ever hold. %s",
		d.charges.Tokens.Hold, d.usage.Input, d.maxTokens, name, l.Amount, hint)}
}

// room refuses a call when the line is full, or when its tenant already fills
// half of it. A tenant that waits alone may fill all but a tenth: others must
// find the line open when they come.
func (c *call) room(tenant uint32) error {
	most := c.d.opts.Policy.MaxDepth
	if most <= 0 {
		return nil
	}
	all, own := c.way.lane.Depth(tenant)
	switch {
	case all >= most:
		return &fault.Error{Kind: fault.Throttled, Limit: "queue.max_depth", RetryAfter: time.Second, Message: fmt.Sprintf("Too many requests, please wait before trying again. Headgate: %d calls wait already (queue.max_depth).", all)}
	case all > own && own >= (most+1)/2, all == own && own >= most-most/10:
		return &fault.Error{Kind: fault.Throttled, Limit: "queue.max_depth", RetryAfter: time.Second, Message: fmt.Sprintf("Too many requests, please wait before trying again. Headgate: %d calls of this tenant wait already, its share of the line (queue.max_depth).", own)}
	}
	return nil
}

// tooBusy is the refusal of a call that would start after its deadline: at once,
// with the time after which it would not be refused.
func (c *call) tooBusy(start, wait time.Duration, by quota.Kind) error {
	c.limitedBy(by)
	begin, most := c.nominal(start).Round(time.Second), c.nominal(wait).Round(time.Millisecond)
	c.record.Reason = fmt.Sprintf("refused at once: the forecast start in %v is after the deadline in %v", begin, most)
	return &fault.Error{
		Kind: fault.Throttled, Limit: by.String(), RetryAfter: max(time.Second, c.nominal(start-wait)),
		Message: fmt.Sprintf("Too many requests, please wait before trying again. Headgate: %s would let the call start in %v, and it may wait %v (the least of x-headgate-deadline, the tenant's max_wait and queue.max_wait).", by, begin, most),
	}
}

// runTooLate is the refusal of a run that could not be done by its deadline: at
// once, before any of it has been spent, with when to come back.
func (c *call) runTooLate(r pacer.Refusal) error {
	by, again := c.nominal(c.r.Labels.RunDeadline).Round(time.Millisecond), c.nominal(r.Again)
	c.expect(r.Again)
	c.limitedBy(r.By)
	err := &fault.Error{Kind: fault.Throttled, Limit: r.By.String(), RetryAfter: max(time.Second, again)}
	if r.Alone > 0 {
		alone := c.nominal(r.Alone).Round(time.Second)
		c.record.Reason = fmt.Sprintf("refused at once: the run cannot be done in %v, with the quota to itself it takes about %v", by, alone)
		err.Message = fmt.Sprintf("Too many requests, please wait before trying again. Headgate: the run cannot be done within its %v (x-headgate-run-deadline): even with %s to itself it takes about %v. Give it longer, or fewer calls (x-headgate-run-calls).", by, r.By, alone)
		return err
	}
	c.record.Reason = fmt.Sprintf("refused at once: with %s as it is, the run cannot be done in %v; it may come back after %v", r.By, by, again.Round(time.Second))
	err.Message = fmt.Sprintf("Too many requests, please wait before trying again. Headgate: with %s as it is, the run cannot be done within its %v (x-headgate-run-deadline). %s", r.By, by, comeBack(r.Promise))
	return err
}

// foresee records what the call had before it.
func (c *call) foresee(o pacer.Outlook) {
	c.record.Ahead, c.record.Expected = o.Ahead, o.Start
}

// limitedBy records the limit that held the call up, and how much it allows.
func (c *call) limitedBy(by quota.Kind) {
	c.record.Limit, c.record.LimitAmount = by.String(), c.way.lane.pool.Amount(by)
}

// expect has the call's run known when it comes back, however long it was told to
// stay away.
func (c *call) expect(after time.Duration) {
	if c.r.Labels.Run != "" {
		c.d.names.TurnedAway(c.record.Tenant, c.r.Labels.Run, time.Now().Add(after))
	}
}

// comeBack is what a run is told that was not let in.
func comeBack(p pacer.Promise) string {
	if !p.Promised {
		return "Retry-After is when that may be different."
	}
	return "Sent again after Retry-After, it is let in."
}

// warnUnset says once for each model id that calls without max_tokens reserve
// the model's maximum.
func (c *call) warnUnset() {
	if !c.demand.unset || !c.r.Operation.Metered() {
		return
	}
	c.way.unset.Do(func() {
		c.d.opts.Logger.Warn("max_tokens is not set: each call reserves the model's maximum output of its quota",
			slog.String("model", c.r.ModelID), slog.Int64("reserves", c.demand.maxTokens), slog.String("tenant", string(c.record.Tenant)))
	})
}

// tenantOf is the tenant that a call counts for.
func tenantOf(l Labels) llm.Tenant {
	if l.Tenant == "" {
		return llm.DefaultTenant
	}
	return l.Tenant
}
