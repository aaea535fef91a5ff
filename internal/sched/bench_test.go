package sched

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func charges(tokens int64) quota.Charges {
	return quota.Charges{Tokens: quota.Charge{Hold: tokens, Forecast: tokens}}
}

// BenchmarkPickReserveSettle is the cost of one call's way through a full
// queue: picked, reserved in three limits, started, settled, and replaced by
// others (which is not timed here; see BenchmarkEnqueue).
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
	b.Helper()
	now := time.Unix(1_800_000_000, 0)
	s := New(Options{})
	set := quota.NewSet([]quota.Limit{
		{Kind: quota.RequestsPerMinute, Amount: 1 << 20},
		{Kind: quota.TokensPerMinute, Amount: 1 << 50},
		{Kind: quota.TokensPerDay, Amount: 1 << 60},
	}, 0)
	out := make([]Effect, 0, 16)
	c := charges(1000)
	// blocks answers the head's question with a wait, so that the queue stands.
	blocks := func(effects []Effect) {
		for _, e := range effects {
			if e.Kind == TryReserve {
				s.Step(Event{Kind: Refused, Call: e.Call, At: now.Add(time.Minute)}, now, out[:0])
			}
		}
	}
	enqueue := func(i int) {
		_, effects := s.Add(Spec{Token: uint64(i), Class: llm.ClassStandard, Tenant: uint32(i%tenants + 1), Deadline: now.Add(time.Hour), Cost: 1000, Tokens: 1000}, now, out[:0])
		blocks(effects)
	}
	next := 0
	for ; next < waiting; next++ {
		enqueue(next)
	}
	// Replacements come in batches, so that the clock is stopped rarely: the
	// queue is between waiting and a tenth more.
	batch := max(1, waiting/10)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%batch == 0 {
			b.StopTimer()
			for range batch {
				enqueue(next)
				next++
			}
			b.StartTimer()
		}
		now = now.Add(5 * time.Millisecond)
		effects := s.Step(Event{Kind: Freed}, now, out[:0])
		ask := effects[len(effects)-1]
		hold, v := set.Reserve(now, c)
		if !v.Granted {
			b.Fatalf("Reserve = %+v", v)
		}
		effects = s.Step(Event{Kind: Granted, Call: ask.Call}, now, out[:0])
		if effects[0].Kind != Start {
			b.Fatalf("effect = %+v, want Start", effects[0])
		}
		blocks(effects) // the next head asks at once
		set.Settle(now, hold, quota.Settled{Tokens: 900})
		blocks(s.Step(Event{Kind: Done, Call: ask.Call, Cost: 900}, now, out[:0]))
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
			// Newcomers leave again in batches, so that the clock is stopped
			// rarely.
			batch := max(1, waiting/10)
			refs := make([]Ref, 0, batch)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if len(refs) == batch {
					b.StopTimer()
					for _, ref := range refs {
						s.Step(Event{Kind: Cancel, Call: ref}, now, out[:0])
					}
					refs = refs[:0]
					b.StartTimer()
				}
				refs = append(refs, add(i))
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
