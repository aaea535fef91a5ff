package quota

import (
	"testing"
	"time"
)

// BenchmarkReserveSettle is one call's way through the limits of a busy pool:
// checked and charged in all three, then settled.
func BenchmarkReserveSettle(b *testing.B) {
	set := NewSet([]Limit{
		{Kind: RequestsPerMinute, Amount: 1 << 13},
		{Kind: TokensPerMinute, Amount: 1 << 40},
		{Kind: TokensPerDay, Amount: 1 << 50},
	}, 250*time.Millisecond)
	now := time.Unix(1_800_000_000, 0)
	charges := Charges{Tokens: Charge{Hold: 4000, Forecast: 2500}}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(8 * time.Millisecond) // 7,500 a minute
		h, v := set.Reserve(now, charges)
		if !v.Granted {
			b.Fatalf("Reserve = %+v", v)
		}
		set.Settle(now, h, Settled{Tokens: 2000})
	}
}

// BenchmarkRefuse is the cost of a reservation that finds a limit full.
func BenchmarkRefuse(b *testing.B) {
	set := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 1 << 13}, {Kind: TokensPerMinute, Amount: 4000}, {Kind: TokensPerDay, Amount: 1 << 50}}, 250*time.Millisecond)
	now := time.Unix(1_800_000_000, 0)
	charges := Charges{Tokens: Charge{Hold: 4000, Forecast: 2500}}
	set.Reserve(now, charges)
	b.ReportAllocs()
	for b.Loop() {
		if _, v := set.Reserve(now, charges); v.Granted {
			b.Fatal("granted twice")
		}
	}
}

func BenchmarkForecast(b *testing.B) {
	set := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 1 << 13}, {Kind: TokensPerMinute, Amount: 1 << 30}, {Kind: TokensPerDay, Amount: 1 << 50}}, 250*time.Millisecond)
	now := time.Unix(1_800_000_000, 0)
	charges := Charges{Tokens: Charge{Hold: 4000, Forecast: 2500}}
	b.ReportAllocs()
	for b.Loop() {
		set.Forecast(now, Work{Calls: 100_000, Tokens: 250_000_000}, charges)
	}
}
