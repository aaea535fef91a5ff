package sched

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// runsAtOnce simulates runs of sequential calls that all begin together, and
// returns when each of them ended.
func runsAtOnce(order Order, runs, calls int, takes time.Duration, perMinute int64) []int64 {
	r := newRig(Options{Order: order}, 250*time.Millisecond, quota.Limit{Kind: quota.RequestsPerMinute, Amount: perMinute})
	made := make([]int, runs)
	var ended []int64
	next := func(run int) {
		made[run]++
		r.enqueue(standard(1, uint64(run+1), 600, takes))
	}
	r.onDone = func(j *job) {
		if run := int(j.spec.Run - 1); made[run] < calls {
			next(run)
		} else {
			ended = append(ended, r.now)
		}
	}
	for run := range runs {
		r.at(0, func() { next(run) })
	}
	r.run(math.MaxInt64)
	return ended
}

// TestRunsFinish is the workload of the demonstration: ten runs of six calls of
// 3.5 s, all at once, at two requests a minute.
func TestRunsFinish(t *testing.T) {
	t.Parallel()
	mean := func(order Order) float64 {
		ended := runsAtOnce(order, 10, 6, 3500*time.Millisecond, 2)
		if len(ended) != 10 {
			t.Fatalf("%d of 10 runs finished", len(ended))
		}
		var sum int64
		for _, at := range ended {
			sum += at
		}
		return float64(sum) / 10 / 1e9
	}
	runs, fifo := mean(OrderRuns), mean(OrderFIFO)
	if runs > 0.65*fifo {
		t.Errorf("mean run time %.0f s by runs, %.0f s by FIFO: ratio %.3f, want at most 0.65", runs, fifo, runs/fifo)
	}
}

// backlog keeps each tenant's queue filled and returns what each was served, in
// cost, at each start.
func backlog(t *rapid.T, r *rig, tenants []*feeder, until int64) {
	t.Helper()
	r.onStart = func(j *job) {
		for _, f := range tenants {
			if f.tenant == j.spec.Tenant && f.class == j.spec.Class {
				f.feed(r)
			}
		}
	}
	for _, f := range tenants {
		for range 8 {
			f.feed(r)
		}
	}
	r.run(until)
}

// feeder offers the calls of one tenant.
type feeder struct {
	tenant uint32
	class  llm.Class
	weight int64
	size   func() int64
}

func (f *feeder) feed(r *rig) {
	j := standard(f.tenant, 0, f.size(), time.Second)
	j.spec.Class, j.spec.Weight, j.spec.Deadline = f.class, f.weight, time.Unix(0, math.MaxInt64/2)
	r.enqueue(j)
}

// TestTenantsShareByWeight: over any stretch in which two tenants have work, what
// they are served ÷ weight differs by no more than two of the largest calls.
func TestTenantsShareByWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const largest = 5000
		r := newRig(Options{}, 0, quota.Limit{Kind: quota.TokensPerMinute, Amount: 60_000})
		var tenants []*feeder
		for i := range rapid.IntRange(2, 4).Draw(t, "tenants") {
			sizes := rapid.SliceOfN(rapid.Int64Range(100, largest), 5, 5).Draw(t, "sizes")
			n := 0
			tenants = append(tenants, &feeder{tenant: uint32(i + 1), class: llm.ClassStandard, weight: rapid.Int64Range(1, 4).Draw(t, "weight"), size: func() int64 {
				n++
				return sizes[n%len(sizes)]
			}})
		}
		backlog(t, r, tenants, 20*int64(time.Minute))
		type served struct{ low, high float64 }
		gaps := map[[2]int]*served{}
		total := make([]float64, len(tenants))
		for _, j := range byStart(r.calls) {
			total[j.spec.Tenant-1] += float64(j.charges.Tokens.Forecast) / float64(tenants[j.spec.Tenant-1].weight)
			for a := range tenants {
				for b := range a {
					g := gaps[[2]int{a, b}]
					if g == nil {
						g = &served{}
						gaps[[2]int{a, b}] = g
					}
					d := total[a] - total[b]
					g.low, g.high = min(g.low, d), max(g.high, d)
				}
			}
		}
		for pair, g := range gaps {
			if g.high-g.low > 2*largest {
				t.Fatalf("tenants %v: service ÷ weight differed by %.0f tokens over some stretch, want at most %d", pair, g.high-g.low, 2*largest)
			}
		}
	})
}

// byStart lists the calls that started, in that order.
func byStart(calls []*job) []*job {
	var out []*job
	for _, j := range calls {
		if len(j.starts) > 0 {
			out = append(out, j)
		}
	}
	for i := 1; i < len(out); i++ {
		for k := i; k > 0 && out[k].starts[0] < out[k-1].starts[0]; k-- {
			out[k], out[k-1] = out[k-1], out[k]
		}
	}
	return out
}

// TestNobodyStarves: at three times the load that fits, every class goes on
// being served, the lower ones a twentieth each, and within a class no call
// waits longer than its tenants' queues need at that share.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(Options{}, 0, quota.Limit{Kind: quota.TokensPerMinute, Amount: 60_000})
		var feeders []*feeder
		for k := range llm.Classes {
			for i := range rapid.IntRange(1, 3).Draw(t, "tenants") {
				size := rapid.Int64Range(500, 2000).Draw(t, "size")
				feeders = append(feeders, &feeder{tenant: uint32(10*k + i + 1), class: llm.Class(k), weight: 1, size: func() int64 { return size }})
			}
		}
		const minutes = 20
		backlog(t, r, feeders, minutes*int64(time.Minute))
		var tokens [llm.Classes]int64
		longest := map[uint32]int64{}
		last := map[uint32]int64{}
		for _, j := range byStart(r.calls) {
			tokens[j.spec.Class] += j.charges.Tokens.Forecast
			tenant := j.spec.Tenant
			longest[tenant] = max(longest[tenant], j.starts[0]-last[tenant])
			last[tenant] = j.starts[0]
		}
		for k := 1; k < llm.Classes; k++ {
			if got, want := float64(tokens[k])/(minutes*60_000), 0.04; got < want {
				t.Fatalf("class %d was served %.3f of the quota, want at least %.2f", k, got, want)
			}
		}
		// Between two starts of a tenant each of the two others of its class is
		// served at most what it was and a largest call: 2 × 4,000 tokens, and
		// then its own 2,000. The class has at least a 25th of 1,000 a second: of
		// two lower classes, each has a twentieth of what the others take.
		bound := int64(10_000/40) * int64(time.Second)
		for tenant, d := range longest {
			if d > bound {
				t.Fatalf("tenant %d went %v without a start, want at most %v", tenant, time.Duration(d), time.Duration(bound))
			}
		}
	})
}

// TestIdleTenantStartsLevel: a tenant that was away has saved up nothing, and has
// not fallen behind either.
func TestIdleTenantStartsLevel(t *testing.T) {
	t.Parallel()
	r := newRig(Options{}, 0, quota.Limit{Kind: quota.TokensPerMinute, Amount: 60_000})
	for range 200 {
		r.enqueue(standard(1, 0, 1000, time.Second))
	}
	r.at(int64(90*time.Second), func() {
		for range 50 {
			r.enqueue(standard(2, 0, 1000, time.Second))
		}
	})
	r.run(int64(130 * time.Second))
	got := map[uint32]int{}
	for _, j := range byStart(r.calls) {
		if j.starts[0] > int64(90*time.Second) {
			got[j.spec.Tenant]++
		}
	}
	if d := got[1] - got[2]; d < -2 || d > 2 {
		t.Errorf("40 s after a tenant came back, %d calls of the other and %d of its own had started, want them level", got[1], got[2])
	}
}

// TestAheadIsHonest: with equal calls and nothing that follows, Ahead and the
// limits' forecast say when a call will start.
func TestAheadIsHonest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := Order(rapid.IntRange(0, 1).Draw(t, "order"))
		r := newRig(Options{Order: order}, 0, quota.Limit{Kind: quota.RequestsPerMinute, Amount: 2})
		for range rapid.IntRange(0, 20).Draw(t, "waiting") {
			j := standard(uint32(rapid.IntRange(1, 3).Draw(t, "tenant")), 0, 100, time.Second)
			j.spec.Class = llm.Class(rapid.IntRange(0, 1).Draw(t, "class"))
			r.enqueue(j)
		}
		j := standard(uint32(rapid.IntRange(1, 4).Draw(t, "tenant")), 0, 100, time.Second)
		j.spec.Class = llm.ClassInteractive
		j.spec.Tokens, j.spec.Deadline = 100, r.clock().Add(time.Hour)
		said, _ := r.set.Forecast(r.clock(), r.s.Ahead(j.spec), j.charges)
		r.enqueue(j)
		r.run(math.MaxInt64)
		if len(j.starts) == 0 {
			t.Fatal("the call did not start")
		}
		// The floor of the other class may take one start in twenty, and a
		// tenant's turn one round: two starts are a minute.
		late := time.Duration(j.starts[0] - (said.UnixNano() - epoch))
		if late > 2*time.Minute || late < -2*time.Minute {
			t.Fatalf("forecast +%v, started +%v", said.Sub(r.clock()), time.Duration(j.starts[0]))
		}
	})
}

// TestNoAllocationOnceWarm: a call's way through a warm scheduler allocates
// nothing.
func TestNoAllocationOnceWarm(t *testing.T) {
	s := New(Options{})
	now := at(0)
	out := make([]Effect, 0, 16)
	var n uint64
	turn := func() {
		for range 50 {
			n++
			now = now.Add(time.Millisecond)
			spec := Spec{Token: n, Class: llm.Class(n % 3), Tenant: uint32(n % 7), Run: n % 11, Deadline: now.Add(time.Minute), Cost: 1000, Tokens: 10}
			ref, effects := s.Add(spec, now, out[:0])
			s.Ahead(spec)
			for len(effects) > 0 && s.asking != absent {
				effects = s.Step(Event{Kind: Granted, Call: Ref{s.asking, s.calls[s.asking].gen}}, now, out[:0])
			}
			if n%5 == 0 {
				s.Step(Event{Kind: BackOff, Call: ref, At: now.Add(time.Millisecond)}, now, out[:0])
				continue
			}
			s.Step(Event{Kind: Done, Call: ref, Cost: 900}, now, out[:0])
		}
	}
	for range 100 {
		turn()
	}
	if got := testing.AllocsPerRun(100, turn); got > 0 {
		t.Errorf("50 calls allocated %.1f times, want 0", got)
	}
}
