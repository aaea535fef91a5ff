package limit

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

const (
	// saveEvery is how often changed state is saved at high rates.
	saveEvery = time.Second
	// minuteLease and dayLease are the parts of a per-minute and of a day limit
	// that may be granted between two saves. What a save leases is charged as
	// spent by whoever restores it after a crash, so nothing that was granted
	// can be forgotten.
	minuteLease = 50
	dayLease    = 2000
)

// keeper saves the state of some meters. Its fields are guarded by the scope's
// lock, but for saving, which lets one save at a time through.
type keeper struct {
	memory *Memory
	name   string
	meters []*quota.Meter
	saving chan struct{}
	warn   *sync.Once

	dirty bool
	kept  bool      // the journal has a state of this name
	saved time.Time // of the last state that the journal has taken
	// granted is what was granted since that state, and leased is what it lets
	// be granted. A save under way changes neither until it is done.
	granted, leased lease
}

type lease struct {
	Calls  int64 `json:"calls"`
	Tokens int64 `json:"tokens"`
}

type keptState struct {
	SavedAt time.Time        `json:"saved_at"`
	Clean   bool             `json:"clean"` // the process ended in order: the lease was not used
	Lease   lease            `json:"lease"`
	Meters  []quota.Snapshot `json:"meters"`
}

func (m *Memory) newKeeper(name string, meters []*quota.Meter) keeper {
	k := keeper{memory: m, name: name, meters: meters, saving: make(chan struct{}, 1), warn: &sync.Once{}}
	if raw, ok := m.restored[name]; ok {
		k.kept = true
		k.restore(raw)
	}
	return k
}

func (k *keeper) restore(raw []byte) {
	var s keptState
	if err := json.Unmarshal(raw, &s); err != nil {
		k.memory.opts.Logger.Warn("limit state is unreadable and was passed over", slog.String("name", k.name), slog.Any("error", err))
		return
	}
	now := k.memory.clock.now()
	for _, snap := range s.Meters {
		if !s.Clean {
			snap = snap.Interrupted(now)
		}
		for _, m := range k.meters {
			if m.Limit().Kind.String() != snap.Limit {
				continue
			}
			m.Restore(now, snap)
			switch {
			case s.Clean || now.Sub(s.SavedAt) >= 2*m.Limit().Window:
			case m.Limit().Kind == quota.RequestsPerMinute:
				m.Spend(now, s.Lease.Calls)
			default:
				m.Spend(now, s.Lease.Tokens)
			}
		}
	}
}

func (k *keeper) grantedLocked(c quota.Charges) {
	k.dirty = true
	k.granted.Calls++
	k.granted.Tokens += max(
		c.Tokens.Hold, c.Tokens.Forecast, c.Input.Hold, c.Input.Forecast,
		c.Output.Hold, c.Output.Forecast, c.Priced.Hold, c.Priced.Forecast,
	)
}

// dueLocked reports whether a grant needs a save before it is used.
func (k *keeper) dueLocked(now time.Time) bool {
	return len(k.meters) > 0 &&
		(k.granted.Calls > k.leased.Calls || k.granted.Tokens > k.leased.Tokens || k.dirty && now.Sub(k.saved) >= saveEvery)
}

// persist saves when what was granted is not yet covered by a lease. A caller
// that comes while another saves waits for it, and is then mostly covered. It
// gives up when ctx ends.
func (k *keeper) persist(ctx context.Context, mu *sync.Mutex) {
	if k.memory.opts.Journal == nil {
		return
	}
	mu.Lock()
	due := k.dueLocked(k.memory.clock.now())
	mu.Unlock()
	if !due {
		return
	}
	select {
	case k.saving <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-k.saving }()
	mu.Lock()
	due = k.dueLocked(k.memory.clock.now())
	mu.Unlock()
	if due {
		k.write(ctx, mu, false)
	}
}

// save writes the state if it has changed, and at the end what the journal has to
// be told of the end.
func (k *keeper) save(ctx context.Context, mu *sync.Mutex, final bool) {
	if k.memory.opts.Journal == nil {
		return
	}
	select {
	case k.saving <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-k.saving }()
	mu.Lock()
	skip := len(k.meters) == 0 || !k.dirty && (!final || !k.kept)
	mu.Unlock()
	if !skip {
		k.write(ctx, mu, final)
	}
}

// write saves the state as it is now. Until the journal has it, grants are
// covered by the lease before.
func (k *keeper) write(ctx context.Context, mu *sync.Mutex, final bool) {
	mu.Lock()
	now := k.memory.clock.now()
	state := keptState{SavedAt: now, Clean: final}
	if !final {
		state.Lease = k.nextLease()
	}
	for _, m := range k.meters {
		state.Meters = append(state.Meters, m.Snapshot(now))
	}
	covered := k.granted
	k.dirty = false
	mu.Unlock()

	raw, err := json.Marshal(state)
	if err == nil {
		err = k.memory.opts.Journal.Save(ctx, k.name, raw)
	}
	mu.Lock()
	if err == nil {
		k.saved, k.leased, k.kept = now, state.Lease, true
		k.granted.Calls -= covered.Calls
		k.granted.Tokens -= covered.Tokens
	} else {
		k.dirty = true
	}
	mu.Unlock()
	if err != nil {
		k.warn.Do(func() {
			k.memory.opts.Logger.Warn("limit state cannot be saved: after a crash calls may be throttled for one window", slog.String("name", k.name), slog.Any("error", err))
		})
	}
}

// nextLease is what may be granted on the next save: none when a limit is so
// low that each call matters.
func (k *keeper) nextLease() lease {
	const unbounded = 1 << 62
	l := lease{Calls: unbounded, Tokens: unbounded}
	for _, m := range k.meters {
		switch limit := m.Limit(); {
		case limit.Kind == quota.RequestsPerMinute:
			l.Calls = min(l.Calls, limit.Amount/minuteLease)
		case limit.Kind.Window() == time.Minute:
			l.Tokens = min(l.Tokens, limit.Amount/minuteLease)
		default:
			l.Tokens = min(l.Tokens, limit.Amount/dayLease)
		}
	}
	return l
}
