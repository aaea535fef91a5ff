package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// tally is how calls ended for their clients.
type tally struct{ ok, failed atomic.Int64 }

func (c *tally) count(err error) {
	if err != nil {
		c.failed.Add(1)
		return
	}
	c.ok.Add(1)
}

// mix makes one call as the draw has it.
func mix(ctx context.Context, c *bedrockruntime.Client, i int, draw uint64) error {
	text := fmt.Sprintf("call %d %0*d", i, draw%400, 0)
	tokens := outputTokens(int(draw>>8%60) + 1)
	switch draw >> 16 % 5 {
	case 0:
		_, err := converseStream(ctx, c, text, tokens)
		return err
	case 1:
		_, err := c.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{
			ModelId: aws.String(usHaiku), ContentType: aws.String("application/json"),
			Body: fmt.Appendf(nil, `{"anthropic_version":"bedrock-2023-05-31","max_tokens":100,"messages":[{"role":"user","content":%q}]}`, text),
		}, tokens)
		return err
	case 2:
		q := question(text) // refused by the gateway: far above the model's maximum
		q.InferenceConfig.MaxTokens = aws.Int32(1_000_000)
		_, err := c.Converse(ctx, q)
		return err
	default:
		_, err := c.Converse(ctx, question(text), tokens)
		return err
	}
}

// TestLedgerAgreesWithTheUpstream makes 200 calls of all sorts at once under
// faults that cost no tokens. Each has one entry, and what the ledger says was
// used and charged is what the emulator counted, to the token.
func TestLedgerAgreesWithTheUpstream(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{
				quotas: []emulator.Quota{perMinute(20_000, 50_000_000)},
				faults: []emulator.Fault{
					{Kind: emulator.FaultInternal, Probability: 0.1},
					{Kind: emulator.FaultUnavailable, Probability: 0.1},
					{Kind: emulator.FaultNotReady, Probability: 0.05},
					{Kind: emulator.FaultReset, Probability: 0.1},
					{Kind: emulator.FaultSlow, Probability: 0.05, DelayMS: 5_000},
				},
			})
			c := runtime(t, s.gateway)
			const calls = 200
			rng := rand.New(rand.NewPCG(seed, 1))
			var ends tally
			var all sync.WaitGroup
			for i := range calls {
				draw := rng.Uint64()
				all.Go(func() { ends.count(mix(t.Context(), c, i, draw)) })
			}
			all.Wait()
			checkLedger(t, s, calls, &ends)
		})
	}
}

// checkLedger holds the whole ledger against the clients and the emulator.
func checkLedger(t *testing.T, s *stand, calls int, ends *tally) {
	t.Helper()
	var usage llm.Usage
	var settled, attempts, ok int64
	seen := map[llm.CallID]bool{}
	for _, e := range s.entries(t) {
		seen[e.ID] = true
		usage.Input += e.Usage.Input
		usage.Output += e.Usage.Output
		settled += e.Settled
		attempts += int64(e.Attempts)
		switch e.Outcome {
		case ledger.OK:
			ok++
		case ledger.Invalid, ledger.UpstreamError, ledger.Throttled:
		default:
			t.Errorf("an entry says %s: %+v", e.Outcome, e)
		}
	}
	if len(seen) != calls || ok != ends.ok.Load() || int64(calls)-ok != ends.failed.Load() {
		t.Errorf("%d entries, %d ok; %d clients were answered and %d were not", len(seen), ok, ends.ok.Load(), ends.failed.Load())
	}
	up := s.pool()
	if usage != up.Usage || settled != up.Settled || attempts != up.Requests {
		t.Errorf("ledger: usage %+v, settled %d, attempts %d; emulator: %+v, %d, %d", usage, settled, attempts, up.Usage, up.Settled, up.Requests)
	}
	s.noThrottle(t)
}

// TestLedgerNeverSaysTooLittle is the same under faults that break streams and
// hide what they cost: then the ledger charges no less than the upstream.
func TestLedgerNeverSaysTooLittle(t *testing.T) {
	t.Parallel()
	s := setup(t, options{
		quotas: []emulator.Quota{perMinute(20_000, 50_000_000)},
		faults: []emulator.Fault{
			{Kind: emulator.FaultStreamException, Probability: 0.3, After: 6}, {Kind: emulator.FaultStreamCut, Probability: 0.3, After: 4},
		},
	})
	c := runtime(t, s.gateway)
	var ends tally
	const calls = 60
	for i := range calls { // one after another, so that forecasts are learned
		_, err := converseStream(t.Context(), c, fmt.Sprintf("call %d", i), outputTokens(30))
		ends.count(err)
	}
	var settled, broken int64
	entries := s.entries(t)
	for _, e := range entries {
		settled += e.Settled
		if e.Outcome == ledger.Broken {
			broken++
		}
	}
	if up := s.pool(); settled < up.Settled {
		t.Errorf("the ledger has %d settled, less than the %d that were charged", settled, up.Settled)
	}
	if len(entries) != calls || broken != ends.failed.Load() || broken == 0 {
		t.Errorf("%d entries, %d broken; want %d, and the %d that failed", len(entries), broken, calls, ends.failed.Load())
	}
}

// TestClientsThatComeAndGo has clients leave at any moment, and come again or
// not, while calls wait, run and stream. Nothing is charged twice, nothing is
// lost, and nothing stays held.
func TestClientsThatComeAndGo(t *testing.T) {
	t.Parallel()
	s := setup(t, options{
		quotas:  []emulator.Quota{perMinute(90, 50_000_000)},
		latency: emulator.Latency{TimeToFirstToken: 2 * time.Second, PerToken: 100 * time.Millisecond},
		faults:  []emulator.Fault{{Kind: emulator.FaultUnavailable, Probability: 0.1}, {Kind: emulator.FaultReset, Probability: 0.05}},
	})
	c := runtime(t, s.gateway)
	rng := rand.New(rand.NewPCG(7, 7))
	var all sync.WaitGroup
	for i := range 150 {
		patience, again, streams := time.Duration(rng.Int64N(int64(150*time.Millisecond))), rng.IntN(2) == 0, rng.IntN(2) == 0
		all.Go(func() {
			invocation := header("Amz-Sdk-Invocation-Id", fmt.Sprintf("call-%d", i))
			ask := func(ctx context.Context) error {
				if streams {
					_, err := converseStream(ctx, c, fmt.Sprintf("call %d", i), outputTokens(20), invocation)
					return err
				}
				_, err := c.Converse(ctx, question(fmt.Sprintf("call %d", i)), outputTokens(20), invocation)
				return err
			}
			ctx, leave := context.WithTimeout(t.Context(), patience)
			defer leave()
			if ask(ctx) == nil || !again {
				return
			}
			if err := ask(t.Context()); err != nil {
				t.Errorf("call %d, sent again: %v", i, err)
			}
		})
	}
	all.Wait()
	var settled, attempts, joined int64
	for _, e := range s.entries(t) {
		settled += e.Settled
		attempts += int64(e.Attempts)
		joined += int64(e.JoinedRetries)
		if e.Outcome != ledger.OK && e.Outcome != ledger.Cancelled {
			t.Errorf("an entry says %s: %s", e.Outcome, e.ErrorMessage)
		}
	}
	up := s.pool()
	if settled < up.Settled || attempts < up.Requests {
		t.Errorf("ledger: settled %d, attempts %d; emulator: %d, %d; want no less", settled, attempts, up.Settled, up.Requests)
	}
	if joined == 0 {
		t.Error("no call that was sent again joined the one under way")
	}
	s.noThrottle(t)
}
