package desk

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
)

// Options is what a desk is made of.
type Options struct {
	// Counsel is one for a single question, which tells warn what is worth knowing.
	Counsel func(warn func(error)) *counsel.Counsel
	// Diagnose looks at everything, at calls as far back as window.
	Diagnose func(ctx context.Context, window time.Duration) (diagnosis.Report, error)
	// Requests are those that AWS has; stale says why they are from before.
	Requests func(ctx context.Context, open bool) (rows []filing.Row, stale, err error)
	// Look says whether AWS would take a request; file asks it for the report's only
	// one, once. An error beside one that is filed says that it could not be recorded.
	Look func(ctx context.Context, ask filing.Ask, l Looking) (r filing.Report, file func(context.Context, *filing.Report) error, err error)
	// Alarms are those that there are, and what is planned by what is wanted.
	Alarms func(ctx context.Context, wanted alarm.Wanted) (Alarms, error)
	// Apply makes alarms, or with dry says what that would be.
	Apply func(ctx context.Context, wanted alarm.Wanted, prune, dry bool) (AlarmsDone, error)
}

// Looking is what speaks for a request besides what was measured.
type Looking struct {
	Stated  *advisor.Workload // nil: none is stated
	UseCase string
}

// desk is where it is asked. At most one simulation and one diagnosis are under way.
type desk struct {
	opts  Options
	turns chan struct{} // of simulations
	seen  diagnoses
}

// Room is the part of the API. Nothing of it is asked before the API serves.
func Room(o Options) console.Room {
	d := &desk{opts: o, turns: make(chan struct{}, 1)}
	d.seen = diagnoses{diagnose: o.Diagnose, turn: make(chan struct{}, 1)}
	return func(api *console.API) {
		d.plan(api)
		d.recommendations(api)
		d.doctor(api)
		d.requests(api)
		d.alarms(api)
	}
}

// turnPatience is how long a simulation waits for the one before it.
const turnPatience = 10 * time.Second

// turn waits until no other simulates; done ends the turn.
func (d *desk) turn(ctx context.Context) (done func(), err error) {
	timer := time.NewTimer(turnPatience)
	defer timer.Stop()
	select {
	case d.turns <- struct{}{}:
		return func() { <-d.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fault.New(fault.Throttled, "another plan is being simulated: ask again in some seconds, or leave simulate out")
	}
}

// warnings are what an engine warns of.
type warnings struct{ texts []string }

func (w *warnings) add(err error) {
	text := fault.Message(err)
	if cure := fault.CureOf(err); cure != "" {
		text += ": " + cure
	}
	w.texts = append(w.texts, text)
}
