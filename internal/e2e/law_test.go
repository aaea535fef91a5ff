package e2e

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// laws are the ways in which Bedrock may forget what was spent.
func laws() map[string]emulator.Law {
	return map[string]emulator.Law{
		"bucket": {Kind: emulator.Bucket}, "fixed": {Kind: emulator.Fixed}, "sliding": {Kind: emulator.Sliding},
	}
}

// TestNothingIsThrottledUnderAnyLaw has more calls at once than a minute's quota
// takes, of requests and of tokens. The gateway does not know the law, nor how
// much each call will put out.
func TestNothingIsThrottledUnderAnyLaw(t *testing.T) {
	t.Parallel()
	requests := perMinute(4, 5_000_000)
	tokens := emulator.Quota{Model: string(haiku), Path: string(llm.PathGeo), TokensPerMinute: aws.Int64(20_000)}
	for binding, quota := range map[string]emulator.Quota{"requests": requests, "tokens": tokens} {
		for name, law := range laws() {
			t.Run(binding+" by "+name, func(t *testing.T) {
				t.Parallel()
				quota := quota
				quota.Law = law
				s := setup(t, options{scale: 30, quotas: []emulator.Quota{quota}})
				c := runtime(t, s.gateway)
				const calls = 14
				var all sync.WaitGroup
				for i := range calls {
					all.Go(func() {
						q := question("call " + strconv.Itoa(i))
						q.InferenceConfig = &types.InferenceConfiguration{MaxTokens: aws.Int32(1500)}
						// Charged 5 × as much: some pay more than was set aside for them.
						if _, err := c.Converse(t.Context(), q, outputTokens(200+60*i)); err != nil {
							t.Errorf("call %d: %v", i, err)
						}
					})
				}
				all.Wait()
				s.noThrottle(t)
				for _, e := range s.entries(t) {
					if e.Outcome != ledger.OK || e.Attempts != 1 {
						t.Errorf("entry: %s in %d attempts, want ok in 1", e.Outcome, e.Attempts)
					}
				}
			})
		}
	}
}

// TestStricterUpstreamGoesUnseen has an upstream that allows less than the
// gateway was told: throttles correct it, and no client sees one.
func TestStricterUpstreamGoesUnseen(t *testing.T) {
	t.Parallel()
	short := perMinute(4, 5_000_000)
	short.Law = emulator.Law{Capacity: 15 * time.Second} // one call, then one each 15 s
	for name, quota := range map[string]emulator.Quota{"half the requests": perMinute(2, 5_000_000), "a short bucket": short} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{quotas: []emulator.Quota{quota}, config: func(c *config.Config) {
				c.Quotas.Pools[0].RequestsPerMinute = aws.Int64(4)
			}})
			if got := askAtOnce(t, runtime(t, s.gateway), 8); got != 8 {
				t.Errorf("%d of 8 calls succeeded, want all", got)
			}
			throttles := s.pool().Throttled
			for _, e := range s.entries(t) {
				throttles.Requests -= int64(e.ThrottledRequests)
			}
			if throttles.Total() != 0 {
				t.Errorf("the emulator threw %d throttles more than the ledger has", throttles.Total())
			}
		})
	}
}
