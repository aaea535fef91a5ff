package agent

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/internal/schema/describe"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// describe plans a schema of the description alone: there is nothing to read or to
// measure, and there are no rows. What no rule reads is left to a model; without one
// it is refused, and leaves no folder.
func (r *Run) describe(ctx context.Context) error {
	r.o.NoRows = true
	planned, err := describe.Make(r.o.Describe, r.o.Name)
	switch {
	case err != nil && r.o.Caller == nil:
		return err
	case err != nil:
		r.unread = err
		planned = planner.Make(&evidence.Evidence{}, r.o.Name).Schema
	}
	if r.folder, err = openFolder(r.o.Out); err != nil {
		return err
	}
	ev := &evidence.Evidence{}
	r.set = &tabular.Set{}
	if r.source, err = rows.New(nil, ev); err != nil {
		return err
	}
	if r.record, err = newRecord(ctx, r.o); err != nil {
		return err
	}
	if err := r.folder.json(runFile, r.record); err != nil {
		return err
	}
	r.state = &judge.State{Evidence: ev, Schema: planned, Description: r.o.Describe}
	r.report.planned = clone(planned)
	r.o.tell(Progress{Step: "plan", Detail: fmt.Sprintf("%d tables and %d references are described", len(planned.Tables), references(planned)), Done: true})
	return nil
}
