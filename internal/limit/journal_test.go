package limit

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// journal is a Journal that can be slow and can fail. What a save brings is
// kept at the end of its time, when it does not fail. It is safe for concurrent
// use.
type journal struct {
	takes func() time.Duration // nil: no time
	fails func() bool          // nil: never

	mu    sync.Mutex // guards what follows
	kept  map[string][]byte
	saves int
	busy  map[string]bool
	twice bool // two attempts for one name ran at a time
}

var errFull = errors.New("no space left")

func (j *journal) Save(ctx context.Context, name string, state []byte) error {
	j.enter(name)
	defer j.leave(name)
	if j.takes != nil {
		select {
		case <-time.After(j.takes()):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if j.fails != nil && j.fails() {
		return errFull
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.saves++
	if j.kept == nil {
		j.kept = map[string][]byte{}
	}
	j.kept[name] = state
	return nil
}

func (j *journal) enter(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.busy == nil {
		j.busy = map[string]bool{}
	}
	j.twice = j.twice || j.busy[name]
	j.busy[name] = true
}

func (j *journal) leave(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy[name] = false
}

func (j *journal) Load(context.Context) (map[string][]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.kept), nil
}

// dead is the journal of a process that was killed: what is kept stays, what is
// under way is lost.
func (j *journal) dead() *journal {
	kept, _ := j.Load(context.Background())
	return &journal{takes: j.takes, fails: j.fails, kept: kept}
}
