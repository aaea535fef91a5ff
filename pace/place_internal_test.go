package pace

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// onePlace is a place in the line of a pool that lets three calls start a minute.
func onePlace(t *testing.T) *place {
	t.Helper()
	memory := limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
		return limit.Limits{Pool: p, Limits: []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 3}}, Provenance: limit.Configured}
	}})
	pool := memory.Pool(llm.Pool{Region: "us-east-1", Model: "a.b"})
	p := &place{lane: &poolLane{Lane: lane.New(pool, nil, sched.Options{}), pool: pool}}
	if refusal, ok := p.enter(pacer.Request{Spec: sched.Spec{Cost: 1, Tokens: 1}, Wait: time.Minute}); !ok {
		t.Fatalf("refused: %+v", refusal)
	}
	return p
}

// used is how many requests count.
func (p *place) usedRequests() int64 { return p.lane.pool.Status()[0].Used }

// TestLeavingInTheInstantOfItsTurn: a grant that is on its way when its call leaves
// is given back.
func TestLeavingInTheInstantOfItsTurn(t *testing.T) {
	t.Parallel()
	p := onePlace(t)
	if got := p.usedRequests(); got != 1 {
		t.Fatalf("%d requests count for a call with room, want 1", got)
	}
	p.leave(quota.Settled{}) // nobody has taken the verdict
	if got := p.usedRequests(); got != 0 {
		t.Errorf("%d requests count after the call left, want 0", got)
	}
	p.leave(quota.Settled{})
	if all, _ := p.lane.Depth(0); all != 0 {
		t.Errorf("%d calls wait, want 0", all)
	}
}

// TestAHoldEndsOnce: of all that may end a hold, the first does, and the others
// change nothing.
func TestAHoldEndsOnce(t *testing.T) {
	t.Parallel()
	ends := map[string]struct {
		end  func(p *place)
		used int64
	}{
		"settle":    {func(p *place) { p.settle(quota.Settled{}) }, 1},
		"release":   {func(p *place) { p.release() }, 0},
		"leave":     {func(p *place) { p.leave(quota.Settled{}) }, 1},
		"throttled": {func(p *place) { p.throttled(quota.RequestsPerMinute) }, 0},
	}
	for first, a := range ends {
		for second, b := range ends {
			t.Run(first+", then "+second, func(t *testing.T) {
				t.Parallel()
				p := onePlace(t)
				if granted, err := p.wait(t.Context()); !granted || err != nil {
					t.Fatalf("wait = %t, %v", granted, err)
				}
				if got := p.lane.running.Load(); got != 1 {
					t.Errorf("%d calls run, want 1", got)
				}
				a.end(p)
				b.end(p)
				p.leave(quota.Settled{})
				if got := p.usedRequests(); got != a.used {
					t.Errorf("%d requests count, want %d", got, a.used)
				}
				if got := p.lane.running.Load(); got != 0 {
					t.Errorf("%d calls run, want 0", got)
				}
			})
		}
	}
}
