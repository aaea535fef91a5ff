package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sim"
)

// Answered hands over the answered calls of a ledger since a time, newest first, and
// returns how many others there are. The model may be empty.
func Answered(ctx context.Context, l ledger.Reader, since time.Time, model string, use func(ledger.Entry)) (skipped int, err error) {
	q := ledger.Query{Since: since, Model: model, Limit: ledger.MaxLimit}
	for {
		entries, next, err := l.Calls(ctx, q)
		if err != nil {
			return skipped, err
		}
		for _, e := range entries {
			if e.Outcome != ledger.OK && e.Outcome != ledger.Broken {
				skipped++
				continue
			}
			use(e)
		}
		if q.Before = next; next == "" {
			return skipped, nil
		}
	}
}

// recorded measures a workload. Where nothing was called its Calls are 0.
func recorded(ctx context.Context, l ledger.Reader, cat *catalog.Catalog, scale float64, q counsel.RecordQuery) (r *counsel.Recorded, skipped int, err error) {
	t := &tally{index: map[string]int{}, pools: map[llm.Pool]int64{}, scale: max(scale, 1), model: func(p llm.Pool) int64 { return cat.Assume(p.Model).MaxOutput }}
	t.Since = q.Since
	skipped, err = Answered(ctx, l, q.Since, q.Model, func(e ledger.Entry) {
		if e.Attempts > 0 && e.Operation.Metered() && (q.Path == "" || e.Pool.Path == q.Path) && (q.Region == "" || e.Pool.Region == q.Region) {
			t.add(e)
		}
	})
	if err != nil || t.Calls == 0 {
		return &t.Recorded, skipped, err
	}
	if t.Pool, err = t.only(); err != nil {
		return nil, skipped, err
	}
	return t.sum(), skipped, nil
}

func nearest(v float64) int64 { return int64(math.Round(v)) }

// mostShapes bounds how many recorded runs the simulator makes again.
const mostShapes = 2000

// tally adds up calls.
type tally struct {
	counsel.Recorded
	usage          llm.Usage
	reserved, took float64
	index          map[string]int // of runs, by tenant and id
	pools          map[llm.Pool]int64
	scale          float64
	model          func(llm.Pool) int64 // its most output
}

// add counts one more call, older than those before.
func (t *tally) add(e ledger.Entry) {
	pool := e.Pool
	pool.Account = ""
	t.pools[pool]++
	if t.Calls++; t.Calls == 1 {
		t.Last = e.Time
	}
	t.First = e.Time
	most := e.MaxTokens
	switch most {
	case ledger.UnsetTokens:
		t.Unset++
		most = t.model(pool)
	case 0: // kept by an older gateway
		most = max(e.Hold-e.Usage.Input-e.Usage.CacheWrite, e.Usage.Output)
	}
	lasted := max(e.Latency-e.Queued, 0).Seconds() * t.scale
	t.usage.Input += e.Usage.Input
	t.usage.Output += e.Usage.Output
	t.usage.CacheRead += e.Usage.CacheRead
	t.usage.CacheWrite += e.Usage.CacheWrite
	t.reserved += float64(most)
	t.took += lasted
	call := sim.Call{
		Input: e.Usage.Input + e.Usage.CacheWrite, Bytes: 4 * (e.Usage.Input + e.Usage.CacheWrite), Output: e.Usage.Output,
		MaxTokens: max(most, e.Usage.Output, 1), Takes: time.Duration(lasted * float64(time.Second)),
	}
	t.place(e, call)
}

// place puts a call into its run.
func (t *tally) place(e ledger.Entry, call sim.Call) {
	key := string(e.Tenant) + "\x00" + string(e.Run)
	i, ok := t.index[key]
	if e.Run == "" {
		t.Single++
		ok = false
	}
	if !ok {
		i = int(t.Runs)
		t.Runs++
		if e.Run != "" {
			t.index[key] = i
		}
		if i < mostShapes {
			t.Shapes = append(t.Shapes, nil)
		}
	}
	if i < mostShapes {
		t.Shapes[i] = append(t.Shapes[i], call)
	}
}

// only is the one pool that was called.
func (t *tally) only() (llm.Pool, error) {
	all := slices.SortedFunc(maps.Keys(t.pools), func(a, b llm.Pool) int {
		return cmp.Or(cmp.Compare(t.pools[b], t.pools[a]), llm.ComparePools(a, b))
	})
	if len(all) != 1 {
		return llm.Pool{}, &counsel.PoolsError{Pools: all}
	}
	return all[0], nil
}

// sum is the workload of all that was added.
func (t *tally) sum() *counsel.Recorded {
	r := t.Recorded
	runs, all := float64(r.Runs), float64(r.Calls)
	r.Input, r.Output = float64(t.usage.Input)/runs, float64(t.usage.Output)/runs
	r.CacheRead, r.CacheWrite = float64(t.usage.CacheRead)/runs, float64(t.usage.CacheWrite)/runs
	r.Latency = t.took / all
	span := max(r.Last.Sub(r.First).Minutes()*t.scale, 1)
	r.Workload = advisor.Workload{
		RunsPerMinute: runs / span, CallsPerRun: all / runs,
		InputPerRun: nearest(r.Input + r.CacheWrite), OutputPerRun: nearest(r.Output),
		MaxTokens: nearest(t.reserved / all), Latency: max(time.Duration(r.Latency*float64(time.Second)), time.Millisecond), // 0 would be a minute
	}
	r.Workload.Basis = fmt.Sprintf("%s (%s) of the ledger from %s to %s", number(r.Runs, "run"), number(r.Calls, "call"), r.First.UTC().Format(time.RFC3339), r.Last.UTC().Format(time.RFC3339))
	if r.Unset == r.Calls {
		r.Workload.MaxTokens = 0
	}
	for i := range r.Shapes {
		slices.Reverse(r.Shapes[i])
	}
	return &r
}
