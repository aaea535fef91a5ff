package live

import (
	"fmt"
	"testing"

	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// TestLimitsThatGoAreForgotten: names of pools come from clients.
func TestLimitsThatGoAreForgotten(t *testing.T) {
	t.Parallel()
	l := &levels{}
	of := func(models ...string) []*limit.Pool {
		limits := limit.NewMemory(limit.Options{Source: twoLimits})
		var pools []*limit.Pool
		for _, m := range models {
			pools = append(pools, limits.Pool(llm.Pool{Model: llm.ModelID(m)}))
		}
		return pools
	}
	l.sample(of("a", "b"))
	l.sample(of("b"))
	if len(l.rings) != 2 || l.rings[limitOf(llm.Pool{Model: "b"}, quota.TokensPerMinute)].n != 2 {
		t.Errorf("%d limits are remembered, want b's two, with two samples", len(l.rings))
	}
}

func twoLimits(p llm.Pool) limit.Limits {
	return limit.Limits{Pool: p, Limits: []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 10}, {Kind: quota.TokensPerMinute, Amount: 100}}}
}

// BenchmarkSample is what each second costs with 100 pools.
func BenchmarkSample(b *testing.B) {
	limits := limit.NewMemory(limit.Options{Source: twoLimits})
	for i := range 100 {
		limits.Pool(llm.Pool{Model: llm.ModelID(fmt.Sprint(i))})
	}
	l := &levels{}
	for b.Loop() {
		l.sample(limits.Pools())
	}
}
