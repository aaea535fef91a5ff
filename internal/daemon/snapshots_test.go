package daemon

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

const (
	testHaiku   = "anthropic.claude-haiku-4-5-20251001-v1:0"
	testAccount = "111122223333"
)

func discoveredAccount() account.Snapshot {
	number := func(v float64) *float64 { return &v }
	geo := llm.Pool{Account: testAccount, Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo}
	return account.Snapshot{Account: testAccount, Region: "us-east-1", Quotas: []account.Quota{
		{Code: "L-CCA5DF70", Pool: geo, Limit: "requests_per_minute", Applied: number(2), Default: number(10000), Match: account.MatchCode},
		{Code: "L-58BE175A", Pool: geo, Limit: "tokens_per_minute", Default: number(5_000_000), Match: account.MatchCode},
		{Code: "L-1M", Pool: geo, Variant: "1m", Limit: "tokens_per_minute", Applied: number(1), Match: account.MatchCode},
		{Code: "L-6120CF2D", Pool: geo, Limit: "tokens_per_day", Default: number(3_600_000_000), Match: account.MatchCode}, // replaced
		{Code: "L-E3F10727", Pool: llm.Pool{Account: testAccount, Region: "us-east-1"}, Limit: "account_tokens_per_day", Applied: number(150_000_000), Match: account.MatchCode},
		{Code: "L-X", Pool: llm.Pool{Account: testAccount, Region: "us-east-1"}, Applied: number(5), Match: account.MatchOther},
	}}
}

func TestDiscoveredLimitsHoldInTheirOrder(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	seven := int64(7)
	request, token, day := quota.RequestsPerMinute, quota.TokensPerMinute, quota.AccountTokensPerDay
	pool := llm.Pool{Account: testAccount, Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo}
	found := []quota.Limit{{Kind: request, Amount: 2}, {Kind: token, Amount: 5_000_000}}
	account150 := []quota.Limit{{Kind: day, Amount: 150_000_000}}
	for name, tt := range map[string]struct {
		source     config.QuotaSource
		configured bool
		known      bool
		pool       llm.Pool
		want       limit.Limits
	}{
		"discovered":                           {config.QuotasDiscover, false, true, pool, limit.Limits{Pool: pool, Limits: found, Account: account150, Provenance: limit.Discovered}},
		"discovered before configured":         {config.QuotasDiscover, true, true, pool, limit.Limits{Pool: pool, Limits: found, Account: account150, Provenance: limit.Discovered}},
		"configured when AWS was never asked":  {config.QuotasDiscover, true, false, pool, limit.Limits{Pool: pool, Limits: []quota.Limit{{Kind: request, Amount: 7}}, Provenance: limit.Configured}},
		"configured over discovered":           {config.QuotasBoth, true, true, pool, limit.Limits{Pool: pool, Limits: []quota.Limit{{Kind: request, Amount: 7}, {Kind: token, Amount: 5_000_000}}, Account: account150, Provenance: limit.Configured}},
		"static asks nobody":                   {config.QuotasStatic, true, true, pool, limit.Limits{Pool: pool, Limits: []quota.Limit{{Kind: request, Amount: 7}}, Provenance: limit.Configured}},
		"without an account there is only one": {config.QuotasDiscover, false, true, llm.Pool{Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo}, limit.Limits{Pool: llm.Pool{Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo}, Limits: found, Account: account150, Provenance: limit.Discovered}},
		"another account has AWS's defaults":   {config.QuotasDiscover, false, true, llm.Pool{Account: "444455556666", Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo}, limit.Limits{Pool: llm.Pool{Account: "444455556666", Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo}, Limits: []quota.Limit{{Kind: request, Amount: 10_000}, {Kind: token, Amount: 5_000_000}}, Provenance: limit.Default}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Default()
			cfg.Quotas.Source = tt.source
			if tt.configured {
				cfg.Quotas.Pools = []config.Pool{{Account: testAccount, Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo, RequestsPerMinute: &seven}}
			}
			known := newSnapshots(cat, nil)
			if tt.known {
				known.put(discoveredAccount())
			}
			if diff := cmp.Diff(tt.want, limitSource(cfg, cat, known)(tt.pool)); diff != "" {
				t.Errorf("limits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLatestSnapshotHolds(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	known := newSnapshots(cat, []account.Snapshot{discoveredAccount()})
	raised := discoveredAccount()
	more := 126.0
	raised.Quotas[0].Applied = &more
	known.put(raised)
	pool := raised.Quotas[0].Pool
	if own, _ := known.limits(pool); own[0].Amount != 126 {
		t.Errorf("after a raise: %+v", own)
	}
	// Twice the row's value binds where AWS says "doubled for cross-region calls".
	raised.Quotas[3].Applied = raised.Quotas[3].Default
	known.put(raised)
	own, _ := known.limits(pool)
	if got := own[len(own)-1]; got != (quota.Limit{Kind: quota.TokensPerDay, Amount: 7_200_000_000}) {
		t.Errorf("the day's limit is %+v, want twice its row", got)
	}
}

// TestTheOwnAccountComesFirst: commands may have asked for other accounts, whose
// answers are in the same folder.
func TestTheOwnAccountComesFirst(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	other := discoveredAccount()
	other.Account = "444455556666"
	s := newSnapshots(cat, []account.Snapshot{discoveredAccount(), other})
	pool := llm.Pool{Region: "us-east-1"}
	if snap, ok := s.of(pool); ok {
		t.Errorf("of two accounts %s was taken", snap.Account)
	}
	s.put(discoveredAccount())
	if snap, ok := s.of(pool); !ok || snap.Account != testAccount {
		t.Errorf("of a pool without an account: %q, %t, want the one that AWS named", snap.Account, ok)
	}
}

// TestDefaultsAloneAreMarked: where AWS may not be asked for what it applies, its
// defaults come after what is configured.
func TestDefaultsAloneAreMarked(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	snap := discoveredAccount()
	for i := range snap.Quotas {
		snap.Quotas[i].Applied = nil
	}
	*snap.Quotas[0].Default = 125 // as this account is told
	snap.Missing = []account.Missing{{Part: "quotas", Denied: true}}
	pool, seven := snap.Quotas[0].Pool, int64(7)
	cfg := config.Config{Quotas: config.Quotas{Source: config.QuotasDiscover}}
	got := limitSource(cfg, cat, newSnapshots(cat, []account.Snapshot{snap}))(pool)
	want := limit.Limits{Pool: pool, Provenance: limit.Default, Limits: []quota.Limit{
		{Kind: quota.RequestsPerMinute, Amount: 125}, {Kind: quota.TokensPerMinute, Amount: 5_000_000},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	cfg.Quotas.Pools = []config.Pool{{Account: testAccount, Region: "us-east-1", Model: testHaiku, Path: llm.PathGeo, RequestsPerMinute: &seven}}
	if got := limitSource(cfg, cat, newSnapshots(cat, []account.Snapshot{snap}))(pool); got.Provenance != limit.Configured || got.Limits[0].Amount != 7 {
		t.Errorf("configured, and AWS tells its defaults alone: %+v", got)
	}
}
