package discovery

import (
	"context"

	"github.com/headgate/headgate/internal/account"
)

// Round is what came of asking AWS once.
type Round struct {
	Snapshot account.Snapshot
	// Changes are to the snapshot before; of the first there are none.
	Changes []account.Change
}

// round is one that has not begun, or whose end is waited for.
type round struct {
	done  chan struct{} // closed when what follows is set
	got   Round
	err   error
	ended bool // whoever led it went away: nothing was got
}

// Ask asks AWS now and returns what it says. Parts that cannot be asked are those
// of the snapshot before. The error is that of the first part, when none was
// answered, or that the account is not known; the snapshot is then the one before.
//
// One round is under way at a time. Those who ask during one share the next: one
// that has begun may have read already what they want to see changed. The answer
// is kept, its changes recorded and OnSnapshot called before Ask returns.
func (d *Discoverer) Ask(ctx context.Context) (Round, error) {
	for {
		d.mu.Lock()
		r := d.next
		leads := r == nil
		if leads {
			r = &round{done: make(chan struct{})}
			d.next = r
		}
		d.mu.Unlock()
		if leads {
			d.lead(ctx, r)
			return r.got, r.err
		}
		select {
		case <-ctx.Done():
			return Round{Snapshot: d.Latest()}, ctx.Err()
		case <-r.done:
		}
		if !r.ended {
			return r.got, r.err
		}
	}
}

// lead waits for the turn of a round, and has it.
func (d *Discoverer) lead(ctx context.Context, r *round) {
	defer close(r.done)
	select {
	case <-ctx.Done():
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	}
	d.mu.Lock()
	d.next = nil // who comes from here on is too late for this one
	d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		r.got, r.err, r.ended = Round{Snapshot: d.Latest()}, err, true
		return
	}
	r.got, r.err = d.turned(ctx)
	r.ended = ctx.Err() != nil
}
