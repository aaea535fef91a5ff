package live

import (
	"errors"
	"fmt"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// Case is what is to be played.
type Case struct {
	Scenario sim.Scenario
	// Trace are the calls; sim.Draw draws them from a scenario.
	Trace *sim.Trace
	// Policy is sim.Headgate, sim.HeadgateFIFO or sim.Fixed.
	Policy sim.Policy
	// TimeScale is how many times faster than a clock time runs.
	TimeScale float64
}

// Simulated is a scenario as its simulation must have it to be compared with a
// live one: the pacer allows for the same jitter as a gateway whose time is
// scaled, of which a busy machine's own part is not.
func Simulated(s sim.Scenario, timeScale float64) sim.Scenario {
	s.Pacer.Jitter = time.Duration(float64(limit.DefaultJitter(timeScale)) * timeScale)
	return s
}

// The model that is called, whose burndown is Claude's.
const burndown = 5

// leastInput is what a prompt of a live call has, in tokens: it says how long its
// answer is, and which call it is.
const leastInput = 24

// check says what of a case cannot be played.
func (c *Case) check() error {
	s := &c.Scenario
	switch {
	case c.Policy != sim.Headgate && c.Policy != sim.HeadgateFIFO && c.Policy != sim.Fixed:
		return fmt.Errorf("policy %s: only %s, %s and %s are played", c.Policy, sim.Headgate, sim.HeadgateFIFO, sim.Fixed)
	case !(c.TimeScale >= 1):
		return fmt.Errorf("time scale %v: want 1 or more", c.TimeScale)
	case s.Latency.Spread > 0:
		return errors.New("latency.spread: an emulated answer takes what its tokens take")
	case s.Burndown != burndown:
		return fmt.Errorf("burndown %d: the model that is called has %d", s.Burndown, burndown)
	case s.Outages.Every > 0 || s.Others != nil:
		return errors.New("outages and others are drawn differently by an emulator")
	case s.Accounting != (meter.Accounting{}) || s.Pacer.Accounting != nil:
		return errors.New("accounting: only the published one is played")
	}
	for _, l := range s.Limits {
		if l.Kind != quota.RequestsPerMinute.String() && l.Kind != quota.TokensPerMinute.String() {
			return fmt.Errorf("limit %s: only those of a minute are played", l.Kind)
		}
		if l.Law != s.Limits[0].Law {
			return errors.New("limits: an emulator's quota has one law for all of them")
		}
		if l.Hidden.Drift != nil {
			return errors.New("hidden.drift is drawn differently by an emulator")
		}
	}
	return c.checkTrace()
}

func (c *Case) checkTrace() error {
	if c.Trace == nil || len(c.Trace.Runs) == 0 {
		return errors.New("the trace has no runs")
	}
	for i, run := range c.Trace.Runs {
		if run.Returns {
			return fmt.Errorf("run %d returns after a refusal: that is not played", i)
		}
	}
	for i := range c.Trace.Calls {
		if in := c.Trace.Calls[i].Input; in < leastInput {
			return fmt.Errorf("call %d has %d tokens of input: a prompt has at least %d", i, in, leastInput)
		}
	}
	return nil
}

// clock turns nominal time into real time and back.
type clock struct {
	begin time.Time
	scale float64
}

func (k clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / k.scale) }

// nominal is the time since the beginning of an instant.
func (k clock) nominal(t time.Time) time.Duration {
	return time.Duration(float64(t.Sub(k.begin)) * k.scale)
}
