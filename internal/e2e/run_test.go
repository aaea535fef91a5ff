package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// agent makes the dependent calls of one run. Their text names run and call.
func agent(t *testing.T, s *stand, name string, calls int) {
	t.Helper()
	c := runtime(t, s.gateway)
	for i := range calls {
		_, err := c.Converse(t.Context(), question(fmt.Sprintf("[run %s call %d]", name, i)),
			header("X-Headgate-Run", name), header("X-Headgate-Run-Calls", strconv.Itoa(calls)))
		if err != nil {
			t.Errorf("call %d of run %s: %v", i, name, err)
			return
		}
	}
}

// runOf reads the name that agent wrote into a call.
func runOf(x exchange) string {
	_, rest, _ := strings.Cut(string(x.body), "[run ")
	name, _, _ := strings.Cut(rest, " ")
	return name
}

// mostOpen is how many runs of so many calls had begun and not ended at once, in
// the order in which the emulator got their calls.
func mostOpen(exchanges []exchange, calls int) int {
	made, open, most := map[string]int{}, 0, 0
	for _, x := range exchanges {
		name := runOf(x)
		if made[name]++; made[name] == 1 {
			open++
		}
		most = max(most, open)
		if made[name] == calls {
			open--
		}
	}
	return most
}

func TestRunOfSixAtTwoRequestsAMinute(t *testing.T) {
	t.Parallel()
	s := setup(t, options{quotas: []emulator.Quota{perMinute(2, 500_000)}})
	agent(t, s, "alone", 6)
	s.noThrottle(t)
	if got := s.pool().Requests; got != 6 {
		t.Errorf("%d requests upstream, want 6", got)
	}
	for i, e := range s.entries(t) {
		if e.Run != "alone" || e.Attempts != 1 {
			t.Errorf("entry %d: run %q in %d attempts, want alone in 1", i, e.Run, e.Attempts)
		}
		// Two start in each minute: the third call has to wait for the next one,
		// the fourth need not.
		if waited := e.Limit != ""; waited && e.Limit != "requests_per_minute" || waited && i < 2 || !waited && (i == 2 || i == 4) {
			t.Errorf("entry %d: reason %q, limit %q; want requests_per_minute for the third and the fifth", i, e.Reason, e.Limit)
		}
	}
}

// TestRunsEndOneAfterAnother has four runs begin at once. With begun runs first,
// no more are open than the quota starts at once; in order of arrival nearly all
// are, but for one that a busy machine may start late.
func TestRunsEndOneAfterAnother(t *testing.T) {
	t.Parallel()
	const runs, calls = 4, 3
	for order, most := range map[config.Order][2]int{config.OrderRuns: {1, 2}, config.OrderFIFO: {runs - 1, runs}} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{quotas: []emulator.Quota{perMinute(2, 500_000)}, config: func(c *config.Config) { c.Queue.Order = order }})
			var all sync.WaitGroup
			for i := range runs {
				all.Go(func() { agent(t, s, strconv.Itoa(i), calls) })
			}
			all.Wait()
			s.noThrottle(t)
			if got := mostOpen(s.wire.passed(), calls); got < most[0] || got > most[1] {
				t.Errorf("%d runs were open at once, want %d to %d", got, most[0], most[1])
			}
			byRun := map[llm.RunID]int{}
			for _, e := range s.entries(t) {
				byRun[e.Run]++
			}
			if len(byRun) != runs || byRun["0"] != calls {
				t.Errorf("calls by run in the ledger: %v, want %d runs of %d", byRun, runs, calls)
			}
		})
	}
}
