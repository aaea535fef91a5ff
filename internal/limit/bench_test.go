package limit

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// BenchmarkReserveSettle is one call's way through the limits of its pool and
// of its account, with the locks that calls of other goroutines meet.
func BenchmarkReserveSettle(b *testing.B) {
	m := NewMemory(Options{Source: func(p llm.Pool) Limits {
		return Limits{
			Pool:    p,
			Limits:  []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 1 << 13}, {Kind: quota.TokensPerMinute, Amount: 1 << 40}},
			Account: []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: 1 << 50}},
		}
	}})
	p := m.Pool(testPool())
	now := p.Now()
	c := quota.Charges{Tokens: quota.Charge{Hold: 4000, Forecast: 2500}}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(8 * time.Millisecond) // 7,500 a minute
		h, v := p.Reserve(now, c)
		if !v.Granted {
			b.Fatalf("Reserve = %+v", v)
		}
		p.Started(h, now)
		p.Settle(now, h, quota.Settled{Tokens: 2000})
	}
}
