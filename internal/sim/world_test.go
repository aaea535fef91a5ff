package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// scenarios draws small ones that go through everything that can happen.
func scenarios() *rapid.Generator[Scenario] {
	return rapid.Custom(func(t *rapid.T) Scenario {
		s := Scenario{
			Name: "drawn", For: 5 * time.Minute, Burndown: rapid.SampledFrom([]int64{1, 5}).Draw(t, "burndown"),
			Network: Network{Jitter: time.Duration(rapid.IntRange(0, 300).Draw(t, "jitter")) * time.Millisecond},
			Pacer:   Belief{MaxWait: time.Duration(rapid.IntRange(1, 300).Draw(t, "wait")) * time.Second},
		}
		laws := []meter.Law{{}, {Kind: meter.Sliding}, {Kind: meter.Fixed}, {Kind: meter.First}, {Kind: meter.SlidingCounter}, {Kind: meter.Shards, Shards: 2}}
		s.Limits = []Limit{
			{Kind: quota.RequestsPerMinute.String(), Amount: rapid.Int64Range(1, 30).Draw(t, "requests"), Law: rapid.SampledFrom(laws).Draw(t, "law")},
			{Kind: quota.TokensPerMinute.String(), Amount: rapid.Int64Range(1000, 20_000).Draw(t, "tokens"), Law: rapid.SampledFrom(laws).Draw(t, "law")},
		}
		if rapid.Bool().Draw(t, "outages") {
			s.Outages = Outages{Every: time.Minute, For: 10 * time.Second, Share: 0.5}
		}
		arrivals := []Arrival{
			{Kind: Poisson, PerMinute: 10},
			{Kind: Even, PerMinute: 5},
			{Kind: Spike, Runs: 10},
			{Kind: Closed, Agents: 3, Pause: 5 * time.Second},
		}
		for range rapid.IntRange(1, 3).Draw(t, "sources") {
			s.Workload = append(s.Workload, Source{
				Tenant: "t", Tenants: rapid.IntRange(1, 3).Draw(t, "tenants"), Arrival: rapid.SampledFrom(arrivals).Draw(t, "arrival"),
				Class: rapid.SampledFrom([]string{"interactive", "standard", "batch"}).Draw(t, "class"),
				Calls: Range{Least: 1, Most: 4}, Declared: rapid.Bool().Draw(t, "declared"), Think: time.Second,
				Input: Dist{Kind: Lognormal, Value: 200, Sigma: 1, Max: 4000}, Output: Dist{Kind: Pareto, Value: 20, Alpha: 1.5, Max: 600},
				MaxTokens: 600, Deadline: time.Duration(rapid.SampledFrom([]int{0, 30, 120}).Draw(t, "deadline")) * time.Second,
				Returns: rapid.Bool().Draw(t, "returns"),
			})
		}
		return s
	})
}

// TestNothingIsLost: whatever happens, every run that began ends once, every
// ticket is settled, and calls and attempts add up.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios().Draw(t, "scenario")
		if err := Check(s, nil, 0); err != nil {
			t.Fatalf("Check: %v", err)
		}
		p := rapid.SampledFrom(Policies()).Draw(t, "policy")
		sc := s.withDefaults()
		w := newWorld(&sc, sc.draw(1), 1)
		w.policy = newPolicy(w, p, 1)
		if !w.live(func() bool { return w.steps > 2_000_000 }) {
			t.Fatalf("%s: it does not end: %v after the beginning, %d calls wait, %d runs are in progress", p, time.Duration(w.now), w.m.waiting, w.m.inProgress)
		}
		conserved(t, w)
		if h, ok := w.policy.(*headgate); ok {
			h.idle(t)
		}
	})
}

// conserved checks the sums of a world that has come to its end.
func conserved(t *rapid.T, w *world) {
	m := &w.m
	var ends, settled, finished int64
	for _, n := range m.ends {
		ends += n
	}
	for ri := range w.runs {
		r, run := &w.runs[ri], &w.trace.Runs[ri]
		if !r.ended {
			t.Fatalf("run %d has not ended: %+v, its call %+v", ri, *r, w.calls[w.callOf(int32(ri))])
		}
		for i := range run.N {
			c := &w.calls[run.First+i]
			switch {
			case int32(i) < r.next && c.phase != phaseEnded:
				t.Fatalf("run %d, call %d of %d: phase %d, want ended", ri, i, r.next, c.phase)
			case int32(i) < r.next:
				finished++
				settled += w.trace.Calls[run.First+i].usage().Settlement(w.sc.Burndown)
			case int32(i) > r.next && c.attempts > 0:
				t.Fatalf("run %d, call %d was made before call %d was answered", ri, i, r.next)
			}
		}
	}
	if ends != int64(len(w.runs)) || m.runsOffered != ends {
		t.Errorf("%d runs ended, %d were offered, there are %d", ends, m.runsOffered, len(w.runs))
	}
	if m.callsDone != finished || m.settledTokens != settled {
		t.Errorf("%d calls settled %d, want %d and %d", m.callsDone, m.settledTokens, finished, settled)
	}
	var refused int64
	for _, n := range m.allThrottles {
		refused += n
	}
	if m.attempts != finished+refused {
		t.Errorf("%d attempts, want %d answered and %d refused", m.attempts, finished, refused)
	}
	if m.waiting != 0 || m.inProgress != 0 || len(w.free) != len(w.tickets) {
		t.Errorf("%d wait, %d runs are in progress, %d of %d tickets are settled", m.waiting, m.inProgress, len(w.free), len(w.tickets))
	}
}

// idle checks that the pacer holds nothing once all calls have ended.
func (h *headgate) idle(t *rapid.T) {
	if n := h.pacer.Waiting(); n != 0 {
		t.Errorf("%d calls wait in the pacer", n)
	}
	later := h.w.clock().Add(2 * time.Hour)
	h.limits.Forecast(later, quota.Work{}, quota.Charges{}) // refunds that are believed to come late are made when somebody asks
	for _, m := range h.limits.Meters() {
		if s := m.Status(later); s.Used != 0 || s.Planned != 0 {
			t.Errorf("%s: %d are used and %d planned after two quiet hours", s.Limit, s.Used, s.Planned)
		}
	}
}

// TestAllPoliciesMeetTheSameCalls: nothing that a policy does changes what an
// open workload offers.
func TestAllPoliciesMeetTheSameCalls(t *testing.T) {
	t.Parallel()
	s := small(t, "heavy-tailed")
	var calls, runs int64
	var path float64
	for i, p := range Policies() {
		r, _ := Simulate(Case{Scenario: s, Policy: p, Seed: 5})
		if i > 0 && (r.CallsOffered != calls || r.RunsOffered != runs || r.CriticalPath != path) {
			t.Errorf("%s meets %d calls, %d runs, %v s; %s met %d, %d, %v", p, r.CallsOffered, r.RunsOffered, r.CriticalPath, Policies()[0], calls, runs, path)
		}
		calls, runs, path = r.CallsOffered, r.RunsOffered, r.CriticalPath
	}
}

func TestStopEndsIt(t *testing.T) {
	t.Parallel()
	asked := 0
	_, done := Simulate(Case{Scenario: small(t, "tenants"), Policy: Headgate, Seed: 1, Stop: func() bool { asked++; return asked == 2 }})
	if done || asked != 2 {
		t.Errorf("Simulate goes on after Stop: done %v, asked %d times", done, asked)
	}
}
