package adapt

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// ledger is what is compared: a quota.Set with and without learning.
type ledger interface {
	Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict)
	Settle(now time.Time, h quota.Hold, used quota.Settled)
}

func benchLimits() []quota.Limit {
	return []quota.Limit{
		{Kind: quota.RequestsPerMinute, Amount: 1 << 13},
		{Kind: quota.TokensPerMinute, Amount: 1 << 40},
		{Kind: quota.TokensPerDay, Amount: 1 << 50},
	}
}

func benchCharges() quota.Charges {
	return quota.Charges{Tokens: quota.Charge{Hold: 4000, Forecast: 2500}}
}

func reserveAndSettle(b *testing.B, s ledger) {
	b.Helper()
	now := start().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(8 * time.Millisecond) // 7,500 a minute
		h, v := s.Reserve(now, benchCharges())
		if !v.Granted {
			b.Fatalf("Reserve = %+v", v)
		}
		s.Settle(now, h, quota.Settled{Tokens: 2000})
	}
}

// BenchmarkReserveSettle is one call's way through three limits: plain, learning
// mode with nothing to learn, and while it learns from a throttle.
func BenchmarkReserveSettle(b *testing.B) {
	const jitter = 250 * time.Millisecond
	b.Run("plain", func(b *testing.B) { reserveAndSettle(b, quota.NewSet(benchLimits(), jitter)) })
	b.Run("adapt", func(b *testing.B) { reserveAndSettle(b, NewSet(benchLimits(), jitter, Options{})) })
	b.Run("learning", func(b *testing.B) {
		s := NewSet(benchLimits(), jitter, Options{})
		l := s.learned(quota.TokensPerMinute).learner
		l.refuse(start(), false, 4000, 1<<40)
		reserveAndSettle(b, always{s, l})
	})
}

// always is a Set that goes on learning.
type always struct {
	*Set

	learner *learner
}

func (a always) Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict) {
	a.learner.last = a.learner.when(now)
	return a.Set.Reserve(now, c)
}

// TestReserveAndSettleAllocateNothing holds the learning Set to what a plain one
// promises.
func TestReserveAndSettleAllocateNothing(t *testing.T) {
	s := NewSet(benchLimits(), 250*time.Millisecond, Options{})
	now := start()
	call := func() {
		now = now.Add(8 * time.Millisecond)
		h, v := s.Reserve(now, benchCharges())
		if !v.Granted {
			t.Fatalf("Reserve = %+v", v)
		}
		s.Settle(now, h, quota.Settled{Tokens: 2000})
	}
	for range 10_000 {
		call()
	}
	if n := testing.AllocsPerRun(2000, call); n != 0 {
		t.Errorf("%v allocations for a call, want none", n)
	}
	s.learned(quota.TokensPerMinute).learner.refuse(now, false, 4000, 1<<40)
	if n := testing.AllocsPerRun(2000, call); n != 0 {
		t.Errorf("%v allocations for a call while learning, want none", n)
	}
}
