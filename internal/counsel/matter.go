package counsel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// Report is what is said of a workload and of the pool that it meets.
type Report struct {
	Pool     llm.Pool         `json:"pool"`
	Workload advisor.Workload `json:"workload"`
	// Recorded is what the workload rests on, null where it is stated.
	Recorded *Recorded `json:"recorded"`
	// Source is where the limits are from, and AsOf when AWS was asked.
	Source string     `json:"quotas_from"`
	AsOf   *time.Time `json:"quotas_as_of"`
	// Law is how limits per minute are taken to be enforced.
	Law   string   `json:"law"`
	Notes []string `json:"notes"`
}

// Matter is a workload and the pool that it meets, with its limits: what questions
// are about. It is for one goroutine.
type Matter struct {
	Report

	c      *Counsel
	q      Query
	law    sim.Law
	model  catalog.Model
	limits []advisor.Limit
}

// Consult finds the workload and the pool of a query, and its limits: those stated,
// else what AWS last said or the configuration has, else AWS's defaults.
func (c *Counsel) Consult(ctx context.Context, q Query) (*Matter, error) {
	w, r, err := c.workload(ctx, &q)
	if err != nil {
		return nil, err
	}
	m := &Matter{c: c, q: q, law: q.Law, Report: Report{Workload: w, Recorded: r, Law: q.Law.String()}}
	if err := m.aim(ctx); err != nil {
		return nil, err
	}
	if len(m.limits) == 0 {
		return nil, fault.WithCure(fault.New(fault.NotFound, "no quota of %s is known", poolName(m.Pool)), "state one, for example %s", m.example())
	}
	m.Notes, err = m.notes(ctx)
	return m, err
}

// Workload is that of a query alone.
func (c *Counsel) Workload(ctx context.Context, q Query) (advisor.Workload, error) {
	w, _, err := c.workload(ctx, &q)
	return w, err
}

// workload also puts the pool that was recorded into the query.
func (c *Counsel) workload(ctx context.Context, q *Query) (advisor.Workload, *Recorded, error) {
	var r *Recorded
	if !q.Recorded.IsZero() {
		var err error
		if r, err = c.recorded(ctx, q); err != nil {
			return advisor.Workload{}, nil, err
		}
	}
	w, err := q.workload(r)
	return w, r, err
}

// recorded measures the workload, and with it the model, the path and the Region
// that are not named.
func (c *Counsel) recorded(ctx context.Context, q *Query) (*Recorded, error) {
	model, path := q.Model, q.Path
	if target, err := c.opts.Catalog.Resolve(q.Model, c.opts.Region); err == nil && q.Model != "" {
		model = string(target.Model)
		if path == "" && q.Model != model {
			path = target.Path
		}
	}
	r, err := c.opts.Source.Recorded(ctx, RecordQuery{Since: q.Recorded, Model: model, Path: path, Region: q.Region})
	var several *PoolsError
	switch {
	case errors.As(err, &several):
		return nil, fault.WithCure(&fault.Error{
			Kind: fault.Invalid, Err: several,
			Message: fmt.Sprintf("the ledger has calls to %d pools, and limits are of one: %s", len(several.Pools), strings.Join(several.names(), ", ")),
		},
			"Choose with %s, %s and %s.", q.spell("model"), q.spell("path"), q.spell("region"))
	case err == nil && r.Calls == 0:
		return nil, fault.WithCure(fault.New(fault.NotFound, "the ledger has no answered calls since %s", r.Since.Local().Format(time.DateTime)),
			"state the workload, for example %s production, or reach further back with %s", q.spell("preset"), q.spell("from_ledger"))
	case err != nil:
		return nil, err
	}
	q.Model, q.Path, q.Region = string(r.Pool.Model), r.Pool.Path, r.Pool.Region
	return r, nil
}

// PoolsError says that recorded calls went to more pools than one, that which had
// most of them first.
type PoolsError struct{ Pools []llm.Pool }

// Error names them.
func (e *PoolsError) Error() string {
	return "several pools were called: " + strings.Join(e.names(), ", ")
}

func (e *PoolsError) names() []string {
	all := make([]string, len(e.Pools))
	for i, p := range e.Pools {
		all[i] = poolName(p)
	}
	slices.Sort(all)
	return all
}

// rules is how the pool's model counts, under limits that follow the law.
func (m *Matter) rules() advisor.Model {
	return advisor.Model{Burndown: m.model.BurndownOn(m.Pool.Path), MaxOutput: m.model.MaxOutput, Bucket: sim.Refills(m.law)}
}

// aim finds the pool that the query names, and its limits.
func (m *Matter) aim(ctx context.Context) error {
	cat := m.c.opts.Catalog
	t, err := cat.Resolve(cmp.Or(m.q.Model, string(UsualModel)), cmp.Or(m.q.Region, m.c.opts.Region))
	if err != nil {
		return fault.WithCure(err, "`headgate model list` shows the models that there are")
	}
	m.model, m.Pool = cat.Assume(t.Model), llm.Pool{Region: t.Region, Model: t.Model, Path: t.Path}
	switch path := m.q.Path; {
	case path != "" && !path.Valid():
		return m.q.wrong("for example "+m.q.spell("path")+" geo", "%s must be on-demand, geo, global or mantle, not %q", m.q.spell("path"), path)
	case path != "":
		m.Pool.Path = path
	case t.Path == llm.PathOnDemand && len(m.model.Paths) > 0:
		m.Pool.Path = m.model.Paths[0]
	}
	if m.stated() {
		return nil
	}
	return m.known(ctx)
}

// stated takes the limits of the query; false without any.
func (m *Matter) stated() bool {
	defaults := Published(m.c.opts.Catalog, m.Pool.Model, m.Pool.Path)
	for k := range quota.Kind(quota.Kinds) {
		amount, ok := m.q.Quotas[k]
		if !ok {
			continue
		}
		l := advisor.Limit{Kind: k, Adjustable: true}
		for _, d := range defaults {
			if d.Kind == k {
				l = d
			}
		}
		l.Amount = amount
		m.limits = append(m.limits, l)
	}
	m.Source = "stated"
	return len(m.limits) > 0
}

// known takes the limits that the source knows.
func (m *Matter) known(ctx context.Context) error {
	l, err := m.c.opts.Source.Limits(ctx, m.Pool)
	if err != nil {
		return err
	}
	m.limits, m.Source, m.AsOf, m.Pool.Account = l.Limits, l.From, l.AsOf, l.Account
	m.several(l)
	return nil
}

func (m *Matter) several(l Limits) {
	if l.Several {
		m.c.opts.Warn(fault.New(fault.Invalid, "another account's limits are known too: account %s is taken", l.Account))
	}
}

func (m *Matter) example() string {
	if m.Pool.Path == llm.PathMantle {
		return m.q.spell("input_tokens_per_minute") + " 1000000 " + m.q.spell("output_tokens_per_minute") + " 200000"
	}
	return m.q.spell("requests_per_minute") + " 100"
}
