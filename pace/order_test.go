package pace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/pace"
)

// ends makes calls, each in its own goroutine and in the given order, and returns
// their names in the order in which they ended.
func (s *stand) ends(t *testing.T, names []string, label func(name string) context.Context) []string {
	t.Helper()
	var mu sync.Mutex
	var ended []string
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			if _, err := s.converse(label(name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, name)
		})
		synctest.Wait() // it is in line
	}
	wg.Wait()
	return ended
}

func TestUrgentCallsGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 1, tokens: 500_000})
		classes := map[string]pace.Class{"batch": pace.Batch, "standard": pace.Standard, "interactive": pace.Interactive}
		got := s.ends(t, []string{"first", "batch", "standard", "interactive"}, func(name string) context.Context {
			return pace.WithClass(t.Context(), classes[name])
		})
		if want := []string{"first", "interactive", "standard", "batch"}; !slices.Equal(got, want) {
			t.Errorf("order = %v, want %v", got, want)
		}
	})
}

func TestTenantsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 1, tokens: 500_000})
		got := s.ends(t, []string{"a1", "a2", "a3", "a4", "b1"}, func(name string) context.Context {
			return pace.WithTenant(t.Context(), name[:1])
		})
		if i := slices.Index(got, "b1"); i > 2 {
			t.Errorf("order = %v: b's one call waits for more than one of a's", got)
		}
	})
}

// TestWhatWasBegunIsFinishedFirst: of runs of dependent calls that start together,
// the first ends long before the last.
func TestWhatWasBegunIsFinishedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const runs, calls = 4, 4
		s := setup(t, options{requests: 1, tokens: 500_000, config: pace.Config{MaxWait: time.Hour}})
		ended := make([]time.Duration, runs)
		began := time.Now()
		if err := together(runs, func(i int) error {
			ctx := pace.WithRun(t.Context(), fmt.Sprintf("run-%d", i), calls)
			for range calls {
				if _, err := s.converse(ctx); err != nil {
					return err
				}
			}
			ended[i] = time.Since(began)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(ended)
		for i, got := range ended {
			// One call a minute: run i ends with call 4(i+1).
			if most := time.Duration((i+1)*calls)*time.Minute + 10*time.Second; got > most {
				t.Errorf("run %d ended after %v, want at most %v", i+1, got, most)
			}
		}
	})
}

func TestARunThatCannotBeDoneIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 1, tokens: 500_000})
		ctx := pace.WithRunDeadline(pace.WithRun(t.Context(), "run", 10), time.Now().Add(3*time.Minute))
		_, err := s.converse(ctx)
		if e, ok := errors.AsType[*pace.Error](err); !ok || e.Limit != "requests_per_minute" || e.RetryAfter == 0 {
			t.Fatalf("error = %v, want a *pace.Error about requests_per_minute with a RetryAfter", err)
		}
		if got := s.pool().Requests; got != 0 {
			t.Errorf("%d requests were sent, want none", got)
		}
		s.quiet(t)
	})
}
