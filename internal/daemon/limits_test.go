package daemon

import (
	"testing"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func TestLimitSource(t *testing.T) {
	t.Parallel()
	const haiku, account = "anthropic.claude-haiku-4-5-20251001-v1:0", "111122223333"
	two, day := int64(2), int64(700_000_000)
	cfg := config.Default()
	cfg.Quotas.Pools = []config.Pool{{Account: account, Region: "us-east-1", Model: haiku, Path: llm.PathGeo, RequestsPerMinute: &two}}
	cfg.Quotas.Accounts = []config.Account{{ID: account, Region: "us-east-1", TokensPerDay: &day, Unit: config.UnitPriced}}
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	source := limitSource(cfg, cat, nil)

	got := source(llm.Pool{Region: "us-east-1", Model: haiku, Path: llm.PathGeo})
	if got.Provenance != limit.Configured || got.Pool.Account != account || len(got.Limits) != 1 || got.Limits[0].Amount != 2 {
		t.Errorf("configured pool asked for without its account: %+v", got)
	}
	if len(got.Account) != 1 || got.Account[0].Unit != quota.UnitPriced || got.Account[0].Amount != day {
		t.Errorf("its account's limits: %+v", got.Account)
	}
	got = source(llm.Pool{Region: "us-east-1", Model: haiku, Path: llm.PathGlobal})
	if got.Provenance != limit.Default || len(got.Limits) != 2 {
		t.Errorf("pool with AWS defaults only: %+v, want requests and tokens a minute", got)
	}
	got = source(llm.Pool{Region: "us-east-1", Model: "new.model-v1:0", Path: llm.PathOnDemand})
	if got.Provenance != limit.Unlimited || len(got.Limits) != 0 {
		t.Errorf("unknown pool: %+v, want no limits", got)
	}
}

func TestAccountOf(t *testing.T) {
	t.Parallel()
	pools := func(ids ...llm.AccountID) config.Config {
		var c config.Config
		for _, id := range ids {
			c.Quotas.Pools = append(c.Quotas.Pools, config.Pool{Account: id})
		}
		return c
	}
	only := pools("")
	only.Quotas.Accounts = []config.Account{{ID: "1"}}
	for name, test := range map[string]struct {
		cfg  config.Config
		want llm.AccountID
	}{
		"none":               {pools(""), ""},
		"one, twice":         {pools("1", "", "1"), "1"},
		"two":                {pools("1", "2"), ""},
		"an account's limit": {only, "1"},
	} {
		if got := accountOf(test.cfg); got != test.want {
			t.Errorf("%s: accountOf = %q, want %q", name, got, test.want)
		}
	}
}

// TestPoolsAreWhereCallsGo: what names no Region is in that of the upstream.
func TestPoolsAreWhereCallsGo(t *testing.T) {
	t.Parallel()
	q := config.Quotas{
		Pools:    []config.Pool{{Model: "a"}, {Model: "b", Region: "eu-west-1"}},
		Accounts: []config.Account{{}},
	}
	got := inRegion(q, "us-east-1")
	if got.Pools[0].Region != "us-east-1" || got.Pools[1].Region != "eu-west-1" || got.Accounts[0].Region != "us-east-1" {
		t.Errorf("inRegion = %+v", got)
	}
	if q.Pools[0].Region != "" {
		t.Error("inRegion changed what it was given")
	}
}

// TestConfiguredQuotasMakeNothingUp: without a gateway nothing is used or believed.
func TestConfiguredQuotasMakeNothingUp(t *testing.T) {
	t.Parallel()
	zero, two := int64(0), int64(2)
	cfg := config.Default()
	cfg.Quotas.Pools = []config.Pool{{Region: "us-east-1", Model: "a", Path: llm.PathGeo, RequestsPerMinute: &two, TokensPerMinute: &zero}}
	cfg.DataDir = t.TempDir()
	known, err := KnownQuotas(t.Context(), cfg, console.Filter{}, false)
	if err != nil {
		t.Fatal(err)
	}
	got := known.Quotas
	if len(got) != 2 {
		t.Fatalf("%d limits, want 2: %+v", len(got), got)
	}
	for _, q := range got {
		if q.Used != nil || q.UsedShare != nil || q.Planned != nil || q.Lower != nil || q.Upper != nil || q.AsOf != nil || q.Source != limit.Configured {
			t.Errorf("%s = %+v, want the configured amount alone", q.Limit, q)
		}
	}
	if got[0].Applied != 2 || got[0].Status != console.StatusUnknown || got[1].Status != console.StatusZero {
		t.Errorf("limits = %+v, want 2 of an unknown status, and a zero", got)
	}
}
