package counsel

import (
	"context"
	"slices"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Recommendation is which quotas to raise for a workload, and how.
type Recommendation struct {
	Report
	// Measured is what CloudWatch has, null where it was not asked.
	Measured *Measured `json:"measured"`
	advisor.Recommendation
}

// Recommend says what to ask AWS for, and what helps without. Where nothing is
// known of the account AWS is asked: what its defaults say of it would be wrong of
// a new one.
func (c *Counsel) Recommend(ctx context.Context, q Query) (Recommendation, error) {
	var r Recommendation
	m, err := c.Consult(ctx, q)
	if err != nil {
		return r, err
	}
	if m.Source == "default" {
		asked, err := c.opts.Source.Ask(ctx, m.Pool.Region)
		switch {
		case ctx.Err() != nil:
			return r, ctx.Err()
		case err != nil:
			c.opts.Warn(err)
			c.opts.Warn(fault.New(fault.Upstream, "these are AWS's published defaults, not what the account has: new accounts have far less"))
		case asked:
			if m, err = c.Consult(ctx, q); err != nil {
				return r, err
			}
		}
	}
	others, err := m.others(ctx)
	if err != nil {
		return r, err
	}
	r.Report = m.Report
	if !q.Observed.IsZero() {
		if err := m.observe(ctx, others, &r); err != nil {
			return r, err
		}
	}
	r.Recommendation, err = advisor.Recommend(r.Workload, m.limits, m.rules(), others)
	if slices.ContainsFunc(r.Advice, func(v advisor.Advice) bool { return v.Priority != advisor.Enough }) {
		r.Notes = append(r.Notes, "each model has quotas of its own, and so has each path to it: raising those of another model or family changes nothing here")
	}
	return r, err
}

// Asks are the quotas that the workload needs more of than there is, by what is
// known, without other paths to the model.
func (m *Matter) Asks() ([]advisor.Advice, error) {
	r, err := advisor.Recommend(m.Workload, m.limits, m.rules(), nil)
	return slices.DeleteFunc(r.Advice, func(v advisor.Advice) bool { return v.How == advisor.HowNone }), err
}

// observe puts what CloudWatch has into the report, the limits and the other paths.
// Beside a workload that is named it is an addition: without it the rest works.
func (m *Matter) observe(ctx context.Context, others []advisor.Other, r *Recommendation) error {
	seen, err := m.c.opts.Source.Measured(ctx, MeasureQuery{Pool: m.Pool, Since: m.q.Observed, Limits: m.limits})
	if err != nil {
		if ctx.Err() != nil || !m.q.named() {
			return err
		}
		m.c.opts.Warn(fault.New(fault.KindOf(err), "the use by others is not counted: %s", fault.Message(err)))
		r.Notes = append(r.Notes, "the use by others is not counted: CloudWatch could not be asked")
		return nil
	}
	r.Measured = seen
	if !m.q.named() {
		if r.Workload, err = m.q.demand(seen, r.Workload); err != nil {
			return err
		}
		r.Notes = append(r.Notes, "a run is a single call here; CloudWatch does not see what calls reserve: "+m.q.spell("max_tokens")+" states it")
	}
	for i := range m.limits {
		l := &m.limits[i]
		if of, ok := advisor.Measure(l.Kind, seen.Minutes); ok {
			l.Used = &of
			if m.q.named() {
				l.Taken = of.Others
			} else {
				l.Floor = of.Peak
			}
		}
	}
	for i := range others {
		other := &others[i]
		use, err := m.c.opts.Source.Measured(ctx, MeasureQuery{Pool: llm.Pool{Account: m.Pool.Account, Region: m.Pool.Region, Model: m.Pool.Model, Path: other.Path}, Since: m.q.Observed})
		if err != nil {
			seen.Missing = append(seen.Missing, "whether "+string(other.Path)+" is idle: "+fault.Message(err))
			continue
		}
		other.Measured = true
		for k := range other.Limits {
			if of, ok := advisor.Measure(other.Limits[k].Kind, use.Minutes); ok {
				other.Limits[k].Used, other.Limits[k].Taken = &of, of.Peak
			}
		}
	}
	return nil
}
