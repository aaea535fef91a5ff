package live

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	emulated "github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

func TestWhatIsNotPlayed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Case){
		"policy sdk-standard":    func(c *Case) { c.Policy = sim.SDKStandard },
		"time scale 0":           func(c *Case) { c.TimeScale = 0 },
		"latency.spread":         func(c *Case) { c.Scenario.Latency.Spread = 0.1 },
		"burndown 1":             func(c *Case) { c.Scenario.Burndown = 1 },
		"outages and others":     func(c *Case) { c.Scenario.Outages.Every = time.Minute },
		"only the published one": func(c *Case) { c.Scenario.Accounting.ChargeRejected = true },
		"limit tokens_per_day":   func(c *Case) { c.Scenario.Limits[0].Kind = quota.TokensPerDay.String() },
		"hidden.drift":           func(c *Case) { c.Scenario.Limits[0].Hidden.Drift = &meter.Drift{} },
		"one law": func(c *Case) {
			c.Scenario.Limits = append(c.Scenario.Limits, sim.Limit{Kind: quota.TokensPerMinute.String(), Amount: 1, Law: meter.Law{Kind: meter.Sliding}})
		},
		"the trace has no runs":        func(c *Case) { c.Trace = &sim.Trace{} },
		"returns after a refusal":      func(c *Case) { c.Trace.Runs[0].Returns = true },
		"call 3 has 7 tokens of input": func(c *Case) { c.Trace.Calls[3].Input = 7 },
	} {
		sc := agents(20)
		c := Case{Scenario: sc, Trace: sim.Draw(sc, 1), Policy: sim.Headgate, TimeScale: timeScale}
		change(&c)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // what is played by mistake ends at once
		if _, err := Play(ctx, c); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "agents") {
			t.Errorf("Play: %v, want an error with %q and the scenario's name", err, want)
		}
	}
}

func TestAnEndedPlay(t *testing.T) {
	t.Parallel()
	sc := agents(20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, policy := range []sim.Policy{sim.Headgate, sim.Fixed} {
		if r, err := Play(ctx, Case{Scenario: sc, Trace: sim.Draw(sc, 1), Policy: policy, TimeScale: timeScale}); err == nil {
			t.Errorf("%s: an ended play made %d calls and no error", policy, r.CallsFinished)
		}
	}
}

// TestPromptsCountAsTheirCalls by the emulator's own count, and no two are alike.
func TestPromptsCountAsTheirCalls(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for ci, call := range []sim.Call{{Input: leastInput, Output: 1_000_000}, {Input: leastInput, Output: 1}, {Input: 330, Output: 250}, {Input: 330, Output: 250}} {
		text := prompt(9_999_000+ci, &call)
		if got := emulated.Count(text) + messageTokens; got != call.Input {
			t.Errorf("the prompt of %d tokens counts %d", call.Input, got)
		}
		if seen[text] {
			t.Errorf("two calls have the prompt %q", text)
		}
		seen[text] = true
	}
}
