package e2e

import (
	"fmt"
	"net/http"
	"strings"
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

// crowd is a number of calls of one class and tenant.
type crowd struct {
	class  llm.Class
	tenant llm.Tenant
	calls  int
}

func (c crowd) name() string { return fmt.Sprintf("[of %s %s]", c.class, c.tenant) }

// press has crowds wait behind one call that holds all tokens of a minute, and
// returns who was served, in the order in which the emulator got the calls,
// without that first one.
func press(t *testing.T, requests int64, tenants []config.Tenant, crowds ...crowd) ([]string, *stand) {
	t.Helper()
	const tokens = 64_000
	arrived, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	s := setup(t, options{
		quotas: []emulator.Quota{perMinute(requests, tokens)},
		config: func(c *config.Config) { c.Tenants = tenants },
		gate: func(r *http.Request) {
			first.Do(func() {
				close(arrived)
				select {
				case <-release:
				case <-r.Context().Done():
				}
			})
		},
	})
	c := runtime(t, s.gateway)
	var all sync.WaitGroup
	all.Go(func() {
		q := question("holds everything")
		q.InferenceConfig = &types.InferenceConfiguration{MaxTokens: aws.Int32(tokens - 100)}
		if _, err := c.Converse(t.Context(), q, outputTokens(1)); err != nil {
			t.Errorf("the first call: %v", err)
		}
	})
	<-arrived
	for _, crowd := range crowds {
		for range crowd.calls {
			all.Go(func() {
				if _, err := c.Converse(t.Context(), question(crowd.name()), outputTokens(1),
					header("X-Headgate-Class", crowd.class.String()), header("X-Headgate-Tenant", string(crowd.tenant))); err != nil {
					t.Errorf("a call %s: %v", crowd.name(), err)
				}
			})
		}
	}
	// Nothing tells from outside when all are in line; late ones would only
	// shift the order a little.
	<-time.After(500 * time.Millisecond)
	close(release)
	all.Wait()
	var served []string
	for _, x := range s.wire.passed()[1:] {
		_, rest, _ := strings.Cut(string(x.body), "[of ")
		name, _, _ := strings.Cut(rest, "]")
		served = append(served, "[of "+name+"]")
	}
	return served, s
}

// among counts who was served among the first n.
func among(served []string, n int, who crowd) int {
	count := 0
	for _, name := range served[:n] {
		if name == who.name() {
			count++
		}
	}
	return count
}

// TestUrgentCallsOvertake has 60 batch calls wait before 60 interactive ones
// come: while those are served, the batch gets its floor, a twentieth.
func TestUrgentCallsOvertake(t *testing.T) {
	t.Parallel()
	batch, interactive := crowd{llm.ClassBatch, "a", 60}, crowd{llm.ClassInteractive, "a", 60}
	served, s := press(t, 30, nil, batch, interactive)
	if got := among(served, 60, batch); got < 1 || got > 15 {
		t.Errorf("%d of the first 60 calls are of the batch class, want its floor of about 3", got)
	}
	waited := map[llm.Class]time.Duration{}
	for _, e := range s.entries(t)[1:] {
		if e.Outcome != ledger.OK || e.Limit == "" {
			t.Errorf("entry of class %s: %s, waited for %q; want ok, and the limit that it waited for", e.Class, e.Outcome, e.Limit)
		}
		waited[e.Class] += e.Queued
	}
	if waited[llm.ClassBatch] <= waited[llm.ClassInteractive] {
		t.Errorf("the ledger has %v of waits for batch, %v for interactive; want more for batch", waited[llm.ClassBatch], waited[llm.ClassInteractive])
	}
}

// TestTenantsShareByWeight gives one tenant three times the weight of another.
func TestTenantsShareByWeight(t *testing.T) {
	t.Parallel()
	heavy, light := crowd{llm.ClassStandard, "heavy", 40}, crowd{llm.ClassStandard, "light", 40}
	served, s := press(t, 20, []config.Tenant{{Name: "heavy", Weight: 3}, {Name: "light", Weight: 1}}, light, heavy)
	got := among(served, 40, heavy)
	if got < 26 || got > 34 {
		t.Errorf("%d of the first 40 calls are of the tenant of weight 3, want about 30", got)
	}
	calls := map[llm.Tenant]int{}
	for _, e := range s.entries(t) {
		calls[e.Tenant]++
	}
	if calls["heavy"] != 40 || calls["light"] != 40 {
		t.Errorf("the ledger has %v, want 40 calls of each", calls)
	}
}
