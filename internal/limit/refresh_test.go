package limit

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// changing is a source whose requests a minute and account's day are set from
// outside; 0 requests stands for no such limit.
type changing struct{ requests, tokens, day atomic.Int64 }

func (c *changing) source(p llm.Pool) Limits {
	l := Limits{Pool: p, Provenance: Discovered}
	if n := c.requests.Load(); n > 0 {
		l.Limits = append(l.Limits, quota.Limit{Kind: quota.RequestsPerMinute, Amount: n})
	}
	if n := c.tokens.Load(); n > 0 {
		l.Limits = append(l.Limits, quota.Limit{Kind: quota.TokensPerMinute, Amount: n})
	}
	if n := c.day.Load(); n > 0 {
		l.Account = append(l.Account, quota.Limit{Kind: quota.AccountTokensPerDay, Amount: n})
	}
	return l
}

func TestRefreshPutsOtherAmountsInForce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c changing
		c.requests.Store(2)
		c.day.Store(1000)
		j := &journal{}
		m := NewMemory(Options{Source: c.source, Journal: j})
		p := m.Pool(testPool())
		grant := func() (n int) {
			for range 300 {
				if h, v := p.Reserve(p.Now(), quota.Charges{Tokens: quota.Charge{Hold: 1, Forecast: 1}}); v.Granted {
					p.Started(h, p.Now())
					p.Settle(p.Now(), h, quota.Settled{Tokens: 1})
					n++
				}
			}
			return n
		}
		if n := grant(); n != 2 {
			t.Fatalf("%d calls of 2 were granted", n)
		}
		if got := m.Refresh(); len(got) != 0 {
			t.Errorf("a refresh that finds nothing new tells of %+v", got)
		}
		time.Sleep(time.Second)
		c.requests.Store(126)
		c.tokens.Store(500_000)
		c.day.Store(128)
		got := m.Refresh()
		want := []Adoption{
			{Pool: testPool(), Kinds: []quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute}, Before: []int64{2, Absent}, After: []int64{126, 500_000}},
			{Pool: llm.Pool{Account: testPool().Account, Region: testPool().Region}, Kinds: []quota.Kind{quota.AccountTokensPerDay}, Before: []int64{1000}, After: []int64{128}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Refresh() (-want +got):\n%s", diff)
		}
		time.Sleep(time.Second)
		if n := grant(); n != 124 {
			t.Errorf("%d calls were granted at the raise, want 124 of 126", n)
		}
		if n := grant(); n != 0 {
			t.Errorf("%d more were granted in the same minute", n)
		}
		// The journal has the new meters: a second process finds what they took.
		p.Persist(t.Context())
		again := NewMemory(Options{Source: c.source, Journal: j.dead()})
		if err := again.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, s := range again.Pool(testPool()).Status() {
			if s.Kind != quota.TokensPerMinute && s.Used < 126 {
				t.Errorf("after a restart %s has %d used, want at least 126", s.Limit, s.Used)
			}
		}
		c.day.Store(0)
		if got := m.Refresh(); len(got) != 1 || !got[0].Next {
			t.Errorf("an account's limit that has gone: %+v, want one that holds from the next start", got)
		}
	})
}
