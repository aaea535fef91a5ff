package pace

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Class is how urgent a call is. The order is strict, but every class that waits
// is owed a twentieth of what the more urgent ones are given.
type Class uint8

// The classes. A call that states none is Standard.
const (
	Standard Class = iota
	Interactive
	Batch
)

func (c Class) llm() llm.Class {
	switch c {
	case Interactive:
		return llm.ClassInteractive
	case Batch:
		return llm.ClassBatch
	default:
		return llm.ClassStandard
	}
}

// labels is what a context says of the calls that are made with it.
type labels struct {
	run      string
	calls    int
	class    Class
	tenant   string
	deadline time.Time
	runBy    time.Time
}

type labelKey struct{}

func labelsOf(ctx context.Context) labels {
	l, _ := ctx.Value(labelKey{}).(labels)
	return l
}

func with(ctx context.Context, set func(*labels)) context.Context {
	l := labelsOf(ctx)
	set(&l)
	return context.WithValue(ctx, labelKey{}, l)
}

// WithRun says that calls belong to a run: dependent calls that are only useful
// when all of them are done, such as an agent's. What was begun is finished
// before new runs start. The id is the run's among those of its tenant; calls is
// how many the run will make in all, 0 when that is not known.
func WithRun(ctx context.Context, id string, calls int) context.Context {
	return with(ctx, func(l *labels) { l.run, l.calls = id, max(0, calls) })
}

// WithClass says how urgent calls are.
func WithClass(ctx context.Context, c Class) context.Context {
	return with(ctx, func(l *labels) { l.class = c })
}

// WithTenant says who calls are for. Tenants share the quota alike while more
// than one of them wait, however many calls each makes.
func WithTenant(ctx context.Context, name string) context.Context {
	return with(ctx, func(l *labels) { l.tenant = name })
}

// WithDeadline bounds when calls start, not how long they then take as the
// context's own deadline does, which also bounds their start. A call that is
// forecast to start later fails at once.
func WithDeadline(ctx context.Context, at time.Time) context.Context {
	return with(ctx, func(l *labels) { l.deadline = at })
}

// WithRunDeadline says by when the whole of a run is to be done, to the run's
// first call: one that would be late is refused at once, before any of it has been
// spent, with when to come back. It needs the number of calls that WithRun states;
// without WithRun it means nothing.
func WithRunDeadline(ctx context.Context, at time.Time) context.Context {
	return with(ctx, func(l *labels) { l.runBy = at })
}
