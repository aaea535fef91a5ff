package demo

import (
	"slices"
	"sync"
	"time"
)

// board is where the agents of one set-up write down how far they are. It is
// safe for concurrent use.
type board struct {
	mu sync.Mutex
	// runs by agent; failure is the first one that an agent met; over is when
	// the last agent was done, real time from the start. All guarded by mu.
	runs    []run
	failure error
	over    time.Duration
}

func newBoard(agents int) *board { return &board{runs: make([]run, agents)} }

// start notes that an agent sends its first call.
func (b *board) start(agent int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[agent].started = true
}

// answer notes an answered call and what it cost of the tokens quota.
func (b *board) answer(agent int, settled int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[agent].answered++
	b.runs[agent].settled += settled
}

// finish notes that an agent has all its answers.
func (b *board) finish(agent int, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[agent].finished, b.runs[agent].took = true, took
}

// fail notes that an agent gave up.
func (b *board) fail(agent int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[agent].failed = true
	if b.failure == nil {
		b.failure = err
	}
}

// end notes that no agent is at work any more.
func (b *board) end(after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = after
}

// read copies what is written: the runs, the first failure if there is one,
// and how long the agents were at work, which is now as long as they are.
func (b *board) read(now time.Duration) (runs []run, wall time.Duration, failure error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over > 0 {
		now = b.over
	}
	return slices.Clone(b.runs), now, b.failure
}
