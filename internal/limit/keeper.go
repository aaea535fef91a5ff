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
	// leaseShare is the part of a per-minute limit that may be granted between
	// two saves. What a save leases is charged as spent by whoever restores it
	// after a crash, so nothing that was granted can be forgotten.
	leaseShare = 50
)

// keeper saves the state of some meters. Its fields are guarded by the scope's
// lock, but for saving, which lets one save at a time through.
type keeper struct {
	memory *Memory
	name   string
	meters []*quota.Meter
	leases bool
	saving chan struct{}
	warn   *sync.Once

	dirty  bool
	saved  time.Time
	calls  int64 // granted since the last save
	tokens int64
	lease  lease
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

func (m *Memory) newKeeper(name string, meters []*quota.Meter, leases bool) keeper {
	k := keeper{memory: m, name: name, meters: meters, leases: leases, saving: make(chan struct{}, 1), warn: &sync.Once{}}
	if raw, ok := m.restored[name]; ok {
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
		for _, m := range k.meters {
			if m.Limit().Kind.String() != snap.Limit {
				continue
			}
			m.Restore(now, snap)
			if !s.Clean && m.Limit().Kind == quota.RequestsPerMinute && now.Sub(s.SavedAt) < 2*m.Limit().Window {
				m.Spend(now, s.Lease.Calls)
			} else if !s.Clean && now.Sub(s.SavedAt) < 2*m.Limit().Window {
				m.Spend(now, s.Lease.Tokens)
			}
		}
	}
}

func (k *keeper) grantedLocked(c quota.Charges) {
	k.dirty = true
	k.calls++
	k.tokens += max(c.Tokens.Hold, c.Tokens.Forecast, c.Input.Hold, c.Output.Forecast)
}

// dueLocked reports whether a grant needs a save before it is used.
func (k *keeper) dueLocked(now time.Time) bool {
	return k.leases && (k.calls > k.lease.Calls || k.tokens > k.lease.Tokens || k.dirty && now.Sub(k.saved) >= saveEvery)
}

// persist saves when what was granted is not yet covered by a lease. A caller
// that comes while another saves waits for it, and is then mostly covered.
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
	k.saving <- struct{}{}
	defer func() { <-k.saving }()
	mu.Lock()
	due = k.dueLocked(k.memory.clock.now())
	mu.Unlock()
	if due {
		k.write(ctx, mu, false)
	}
}

// save writes the state if it has changed.
func (k *keeper) save(ctx context.Context, mu *sync.Mutex, final bool) {
	if k.memory.opts.Journal == nil || len(k.meters) == 0 {
		return
	}
	k.saving <- struct{}{}
	defer func() { <-k.saving }()
	mu.Lock()
	skip := !k.dirty && !final
	mu.Unlock()
	if !skip {
		k.write(ctx, mu, final)
	}
}

func (k *keeper) write(ctx context.Context, mu *sync.Mutex, final bool) {
	mu.Lock()
	now := k.memory.clock.now()
	state := keptState{SavedAt: now, Clean: final}
	if k.leases && !final {
		state.Lease = k.nextLease()
	}
	for _, m := range k.meters {
		state.Meters = append(state.Meters, m.Snapshot(now))
	}
	k.dirty, k.saved, k.calls, k.tokens, k.lease = false, now, 0, 0, state.Lease
	mu.Unlock()

	raw, err := json.Marshal(state)
	if err == nil {
		err = k.memory.opts.Journal.Save(ctx, k.name, raw)
	}
	if err != nil {
		k.warn.Do(func() {
			k.memory.opts.Logger.Warn("limit state cannot be saved: after a crash calls may be throttled for one window", slog.String("name", k.name), slog.Any("error", err))
		})
	}
}

func (k *keeper) nextLease() lease {
	l := lease{Calls: 1 << 62, Tokens: 1 << 62}
	for _, m := range k.meters {
		switch limit := m.Limit(); {
		case limit.Kind.Window() != time.Minute:
		case limit.Kind == quota.RequestsPerMinute:
			l.Calls = min(l.Calls, limit.Amount/leaseShare)
		default:
			l.Tokens = min(l.Tokens, limit.Amount/leaseShare)
		}
	}
	if l.Calls == 1<<62 && l.Tokens == 1<<62 {
		return lease{}
	}
	return l
}
