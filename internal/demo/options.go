package demo

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// What a demonstration may ask for. Beyond these it would not end within some
// minutes, or loopback and timers would decide what it shows.
const (
	maxAgents    = 50
	maxPerMinute = 100
	maxTimeScale = 600
)

// leastMaxWait is what queue.max_wait is raised to: the last of ten runs waits
// for half an hour at two requests a minute.
const leastMaxWait = 60 * time.Minute

// Options size the workload and its quota. Start from DefaultOptions.
type Options struct {
	// Agents is how many agents start at once; each makes one run.
	Agents int
	// Calls is how many dependent calls a run has, from 1 to 6.
	Calls int
	// RequestsPerMinute is the quota of each of the three accounts.
	RequestsPerMinute int
	// TimeScale is how many times faster than a clock time runs, for quotas,
	// answers and the agents' own retry delays alike.
	TimeScale float64
	// Seed varies the emulator's answers.
	Seed uint64
	// Logger gets what the gateways have to say. Nil: nobody does.
	Logger *slog.Logger

	// folder is where the gateways' data folders are made for as long as they
	// serve; empty: where the system keeps what is temporary.
	folder string
}

// DefaultOptions are ten agents with six calls each at two requests a minute,
// sixty times faster than a clock: half an hour in half a minute.
func DefaultOptions() Options {
	return Options{Agents: 10, Calls: len(steps()), RequestsPerMinute: 2, TimeScale: 60}
}

// Validate is nil, or an error of kind Invalid that names the flag which is
// out of its range.
func (o Options) Validate() error {
	switch {
	case o.Agents < 1 || o.Agents > maxAgents:
		return fault.New(fault.Invalid, "--agents must be from 1 to %d, not %d", maxAgents, o.Agents)
	case o.Calls < 1 || o.Calls > len(steps()):
		return fault.New(fault.Invalid, "a run must have from 1 to %d calls, not %d", len(steps()), o.Calls)
	case o.RequestsPerMinute < 1 || o.RequestsPerMinute > maxPerMinute:
		return fault.New(fault.Invalid, "--requests-per-minute must be from 1 to %d, not %d", maxPerMinute, o.RequestsPerMinute)
	case !(o.TimeScale >= 1 && o.TimeScale <= maxTimeScale): // also what is not a number
		return fault.New(fault.Invalid, "--time-scale must be from 1 (real time) to %d, not %v", maxTimeScale, o.TimeScale)
	}
	return nil
}

// Note says what differs from an account at AWS and from the defaults.
func (o Options) Note() string {
	return fmt.Sprintf("Times are nominal: time ran %v × faster, the agents' retry delays too. queue.max_wait was raised to %d minutes for it. "+
		"The accounts were emulated (%s, geo path, %s and %s tokens a minute).",
		o.TimeScale, int(o.maxWait().Minutes()), modelName, count(o.RequestsPerMinute, "request"), thousands(tokensPerMinute))
}

// nominal is what a real duration stands for.
func (o Options) nominal(d time.Duration) time.Duration {
	return time.Duration(float64(d) * o.TimeScale)
}

// real is how long a nominal duration takes here.
func (o Options) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / o.TimeScale)
}

// ideal is how long the quota needs for all the calls, in nominal time.
func (o Options) ideal() time.Duration {
	minutes := math.Ceil(float64(o.Agents*o.Calls) / float64(o.RequestsPerMinute))
	return time.Duration(minutes) * time.Minute
}

// maxWait is queue.max_wait of the two gateways, in nominal time: enough that
// the order of calls is compared, not their refusals.
func (o Options) maxWait() time.Duration { return max(leastMaxWait, 2*o.ideal()) }

// clock writes a nominal time as minutes and seconds, 12:30.
func clock(d time.Duration) string {
	d = d.Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d/time.Minute), int(d%time.Minute/time.Second))
}
