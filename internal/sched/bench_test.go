package sched

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// engine couples a scheduler with limits, as dispatch does, without clocks.
type engine struct {
	s     *Scheduler
	set   *quota.Set
	out   []Effect
	holds map[Ref]quota.Hold
	last  Ref
}

func charges(tokens int64) quota.Charges {
	return quota.Charges{Tokens: quota.Charge{Hold: tokens, Forecast: tokens}}
}

// BenchmarkPickReserveSettle is the cost of one call's way through a full
// queue: picked, reserved in three limits, started, settled, and replaced by
// another (which is not timed here; see BenchmarkEnqueue).
func BenchmarkPickReserveSettle(b *testing.B) {
	for _, waiting := range []int{1_000, 10_000, 100_000} {
		for _, shape := range []struct {
			name    string
			tenants int
		}{{"one_tenant", 1}, {"each_its_tenant", waiting}} {
			b.Run(fmt.Sprintf("%d_waiting/%s", waiting, shape.name), func(b *testing.B) {
				benchmarkPick(b, waiting, shape.tenants)
			})
		}
	}
}

func benchmarkPick(b *testing.B, waiting, tenants int) {
	now := time.Unix(1_800_000_000, 0)
	s := New(Options{})
	set := quota.NewSet([]quota.Limit{
		{Kind: quota.RequestsPerMinute, Amount: 1 << 40},
		{Kind: quota.TokensPerMinute, Amount: 1 << 50},
		{Kind: quota.TokensPerDay, Amount: 1 << 60},
	}[1:], 0)
	out := make([]Effect, 0, 16)
	c := charges(1000)
	spec := func(i int) Spec {
		return Spec{Token: uint64(i), Class: llm.ClassStandard, Tenant: uint32(i%tenants + 1), Deadline: now.Add(time.Hour), Cost: 1000, Tokens: 1000}
	}
	// A refusal lets the queue fill.
	for i := range waiting {
		ref, effects := s.Add(spec(i), now, out[:0])
		for _, e := range effects {
			if e.Kind == TryReserve {
				s.Step(Event{Kind: Refused, Call: e.Call, At: now.Add(time.Minute)}, now, out[:0])
			}
		}
		_ = ref
	}
	if s.Waiting() != waiting {
		b.Fatalf("Waiting() = %d, want %d", s.Waiting(), waiting)
	}
	next := waiting
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		now = now.Add(time.Microsecond)
		effects := s.Step(Event{Kind: Freed}, now, out[:0])
		ask := effects[0]
		hold, _ := set.Reserve(now, c)
		started := s.Step(Event{Kind: Granted, Call: ask.Call}, now, out[:0])
		if started[0].Kind != Start {
			b.Fatalf("effect = %+v, want Start", started[0])
		}
		// The next head asks at once; it is told to wait.
		if len(started) > 1 && started[1].Kind == TryReserve {
			s.Step(Event{Kind: Refused, Call: started[1].Call, At: now.Add(time.Minute)}, now, out[:0])
		}
		set.Settle(now, hold, quota.Settled{Tokens: 900})
		for _, e := range s.Step(Event{Kind: Done, Call: ask.Call, Cost: 900}, now, out[:0]) {
			if e.Kind == TryReserve {
				s.Step(Event{Kind: Refused, Call: e.Call, At: now.Add(time.Minute)}, now, out[:0])
			}
		}
		b.StopTimer()
		s.Add(spec(next), now, out[:0])
		next++
		b.StartTimer()
	}
}

// BenchmarkEnqueue is the cost of a call that joins a full queue, with the
// forecast of when it will start.
func BenchmarkEnqueue(b *testing.B) {
	for _, waiting := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("%d_waiting", waiting), func(b *testing.B) {
			now := time.Unix(1_800_000_000, 0)
			s := New(Options{})
			set := quota.NewSet([]quota.Limit{{Kind: quota.TokensPerMinute, Amount: 1 << 40}}, 0)
			out := make([]Effect, 0, 16)
			add := func(i int) Ref {
				spec := Spec{Token: uint64(i), Class: llm.ClassStandard, Tenant: uint32(i%1000 + 1), Deadline: now.Add(time.Hour), Cost: 1000, Tokens: 1000}
				set.Forecast(now, s.Ahead(spec), charges(1000))
				ref, effects := s.Add(spec, now, out[:0])
				for _, e := range effects {
					if e.Kind == TryReserve {
						s.Step(Event{Kind: Refused, Call: e.Call, At: now.Add(time.Minute)}, now, out[:0])
					}
				}
				return ref
			}
			for i := range waiting {
				add(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				ref := add(i)
				b.StopTimer()
				s.Step(Event{Kind: Cancel, Call: ref}, now, out[:0])
				b.StartTimer()
			}
		})
	}
}

// BenchmarkMemory reports the bytes that 100,000 waiting entries take, each of
// its own tenant and run.
func BenchmarkMemory(b *testing.B) {
	now := time.Unix(1_800_000_000, 0)
	var before, after runtime.MemStats
	for range b.N {
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := New(Options{})
		out := make([]Effect, 0, 16)
		for i := range 100_000 {
			_, effects := s.Add(Spec{Token: uint64(i), Class: llm.ClassStandard, Tenant: uint32(i + 1), Run: uint64(i + 1), RunCalls: 6, Deadline: now.Add(time.Hour), Cost: 1000, Tokens: 1000}, now, out[:0])
			for _, e := range effects {
				if e.Kind == TryReserve {
					s.Step(Event{Kind: Refused, Call: e.Call, At: now.Add(time.Minute)}, now, out[:0])
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB/100k_entries")
		runtime.KeepAlive(s)
	}
}
