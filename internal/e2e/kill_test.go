package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// setupUpstream starts an emulator for gateways in processes of their own.
func setupUpstream(t *testing.T, o options) (*stand, childSpec) {
	t.Helper()
	s := &stand{}
	s.startEmulator(t, o)
	return s, childSpec{Scale: o.scale, Quotas: o.quotas, Upstream: s.upstream, Dir: t.TempDir()}
}

// TestKilledAtALowLimit kills the gateway as soon as the minute's quota is
// spent, twice, and goes on calling. The next process must know what was spent.
func TestKilledAtALowLimit(t *testing.T) {
	t.Parallel()
	tokens := emulator.Quota{Model: string(haiku), Path: string(llm.PathGeo), TokensPerMinute: aws.Int64(10_000)}
	for name, quota := range map[string]emulator.Quota{"requests": perMinute(2, 500_000), "tokens": tokens} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, spec := setupUpstream(t, options{scale: 20, quotas: []emulator.Quota{quota}})
			const lives, calls = 3, 2
			for life := range lives {
				gateway := startChild(t, spec)
				c := runtime(t, gateway.url)
				for i := range calls {
					// Reserves just under half of the tokens, and is charged nearly
					// as much: 5 × 900 of output.
					q := question(fmt.Sprintf("life %d call %d", life, i))
					q.InferenceConfig = &types.InferenceConfiguration{MaxTokens: aws.Int32(4_800)}
					if _, err := c.Converse(t.Context(), q, outputTokens(900)); err != nil {
						t.Fatalf("life %d call %d: %v", life, i, err)
					}
				}
				gateway.kill(t)
			}
			s.noThrottle(t)
			if got := s.pool().Accepted; got != lives*calls {
				t.Errorf("%d calls accepted upstream, want %d", got, lives*calls)
			}
		})
	}
}

// mortal is the gateway of the moment, for workers that go on when it is killed.
type mortal struct {
	mu      sync.RWMutex // held while there is none
	gateway *child
}

func (m *mortal) url() string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.gateway.url
}

// TestKilledAtAHighRate kills the gateway in the middle of 600 requests a minute
// with 50 to 100 a second under way: grants that were never written down must
// count as spent all the same.
func TestKilledAtAHighRate(t *testing.T) {
	t.Parallel()
	s, spec := setupUpstream(t, options{scale: 10, quotas: []emulator.Quota{perMinute(600, 50_000_000)}})
	const workers, calls, killAt = 16, 1000, 450
	gateway := mortal{gateway: startChild(t, spec)}
	var next, done atomic.Int64
	reached := make(chan struct{})
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for next.Add(1) <= calls && t.Context().Err() == nil {
				if !callUntilAnswered(t.Context(), t, &gateway) {
					return
				}
				if done.Add(1) == killAt {
					close(reached)
				}
			}
		})
	}
	<-reached
	gateway.mu.Lock()
	gateway.gateway.kill(t)
	gateway.gateway = startChild(t, spec)
	gateway.mu.Unlock()
	all.Wait()
	s.noThrottle(t)
	if got := s.pool().Accepted; got < calls || got > calls+workers {
		t.Errorf("%d calls accepted upstream, want %d and no more than those that the kill took", got, calls)
	}
}

// callUntilAnswered makes one call, again after a kill in its middle.
func callUntilAnswered(ctx context.Context, t *testing.T, gateway *mortal) bool {
	t.Helper()
	for range 3 {
		if _, err := runtime(t, gateway.url()).Converse(ctx, question("hello"), outputTokens(5)); err == nil {
			return true
		}
	}
	t.Error("a call failed three times, with one kill")
	return false
}
