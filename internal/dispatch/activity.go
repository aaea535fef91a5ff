package dispatch

import (
	"time"

	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/llm"
)

// Activity is the calls of one pool and class that are under way.
type Activity struct {
	Pool  llm.Pool
	Class llm.Class
	// Waiting calls wait for their turn or for a retry; Running ones are at the
	// upstream.
	Waiting, Running int
	// Held is the quota tokens that Bedrock has set aside for the running ones.
	Held int64
}

// Activity counts the calls that are under way, each pool and class once, in no
// order. It takes as long as there are calls and holds none of them up.
func (d *Dispatcher) Activity() []Activity {
	type of struct {
		pool  llm.Pool
		class llm.Class
	}
	at := map[of]int{}
	var out []Activity
	d.led.Range(func(_, v any) bool {
		c := v.(*call)                                 //nolint:forcetypeassert // led holds nothing else
		key := of{c.record.Pool, c.record.Class}       // these are set before a call is led
		hold, phase := c.record.Hold, c.flight.Phase() // likewise
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, Activity{Pool: key.pool, Class: key.class})
		}
		if phase == flight.Waiting {
			out[i].Waiting++
			return true
		}
		out[i].Running++
		out[i].Held += hold
		return true
	})
	return out
}

// WaitingBytes is the size of the bodies of the calls that wait.
func (d *Dispatcher) WaitingBytes() int64 { return d.waitingBytes.Load() }

// RunsUnderWay is how many runs have begun and are not idle.
func (d *Dispatcher) RunsUnderWay() int { return d.names.UnderWay(time.Now()) }

// LatestRuns is RunsUnderWay, and tells of those of them that began last, the
// newest first and not more than most.
func (d *Dispatcher) LatestRuns(most int) (count int, runs []lane.Run) {
	return d.names.Latest(time.Now(), most)
}
