package desk

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
)

// Options is what a desk is made of.
type Options struct {
	// Counsel is one for a single question, which tells warn what is worth knowing.
	Counsel func(warn func(error)) *counsel.Counsel
	// Diagnose looks at everything, at calls as far back as window.
	Diagnose func(ctx context.Context, window time.Duration) (diagnosis.Report, error)
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
