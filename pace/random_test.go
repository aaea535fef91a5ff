package pace_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/pace"
)

// TestEveryHoldEndsOnce: whatever goes wrong, upstream or with the caller, in
// the end nothing is held on either side, and what was charged leaves the
// windows. What the mirror charges is never less than what the upstream did.
func TestEveryHoldEndsOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			s := setup(t, options{
				requests: 40, tokens: 20_000,
				latency: emulator.Latency{TimeToFirstToken: 500 * time.Millisecond, PerToken: 20 * time.Millisecond},
				faults: []emulator.Fault{
					{Kind: emulator.FaultUnavailable, Probability: 0.1},
					{Kind: emulator.FaultReset, Probability: 0.1},
					{Kind: emulator.FaultHang, Probability: 0.05},
					{Kind: emulator.FaultNotReady, Probability: 0.05},
					{Kind: emulator.FaultStreamCut, Probability: 0.2, After: int(seed % 4)},
					{Kind: emulator.FaultStreamException, Probability: 0.2, After: int(seed % 3), Exception: []string{"throttlingException", "internalServerException"}[seed%2]},
				},
				config: pace.Config{MaxWait: 5 * time.Minute, Limits: []pace.Limit{{Model: usHaiku, RequestsPerMinute: 40, TokensPerMinute: 20_000}}},
			})
			var good int
			err := together(100, func(i int) error {
				rng := rand.New(rand.NewPCG(seed, uint64(i)))
				time.Sleep(time.Duration(rng.Int64N(int64(90 * time.Second)))) // in a bubble
				if err := s.random(t.Context(), rng); err != nil {
					return nil //nolint:nilerr // failing is what this is about
				}
				return errGood
			})
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				good = len(joined.Unwrap())
			}
			if good < 20 {
				t.Errorf("seed %d: %d of 100 calls went well: the faults leave nothing to test", seed, good)
			}
			time.Sleep(time.Second) // in a bubble: the emulator notices who left
			s.quiet(t)
			time.Sleep(3 * time.Minute) // in a bubble
			for _, limit := range []string{"requests_per_minute", "tokens_per_minute"} {
				if got := s.used(t, limit); got != 0 {
					t.Errorf("seed %d, %s: %d still count when all windows have passed", seed, limit, got)
				}
			}
			if p := s.pool(); p.Throttled.Total() != 0 {
				t.Errorf("seed %d: the emulator throttled %+v", seed, p.Throttled)
			}
		})
	}
}

var errGood = errors.New("it went well")

// random makes a call of a random operation, and may leave it at a random moment.
func (s *stand) random(ctx context.Context, rng *rand.Rand) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if rng.IntN(4) == 0 {
		time.AfterFunc(time.Duration(rng.Int64N(int64(10*time.Second))), cancel)
	}
	read := rng.IntN(30) // events, before a stream may be closed
	early := rng.IntN(3) == 0
	switch rng.IntN(4) {
	case 0:
		_, err := s.converse(ctx)
		return err
	case 1:
		_, err := s.invoke(ctx)
		return err
	case 2:
		out, err := s.stream(ctx)
		if err != nil {
			return err
		}
		return readSome(out.GetStream().Events(), out.GetStream(), early, read)
	default:
		out, err := s.invokeStream(ctx)
		if err != nil {
			return err
		}
		return readSome(out.GetStream().Events(), out.GetStream(), early, read)
	}
}

func readSome[E any](events <-chan E, stream interface {
	Close() error
	Err() error
}, early bool, most int,
) error {
	n := 0
	for range events {
		if n++; early && n > most {
			break
		}
	}
	return errors.Join(stream.Err(), stream.Close())
}
