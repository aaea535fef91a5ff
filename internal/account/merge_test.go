package account_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

func load(tb testing.TB) *catalog.Catalog {
	tb.Helper()
	cat, err := catalog.Default()
	if err != nil {
		tb.Fatal(err)
	}
	return cat
}

func TestMergeMatchesByCodeThenByName(t *testing.T) {
	t.Parallel()
	const sonnet, haiku = llm.ModelID("anthropic.claude-sonnet-4-5-20250929-v1:0"), llm.ModelID("anthropic.claude-haiku-4-5-20251001-v1:0")
	cat := load(t)
	owner := llm.Pool{Account: "123456789012", Region: "us-east-1"}
	for _, tt := range []struct {
		code, name     string
		model          llm.ModelID
		path           llm.Path
		limit, variant string
		match          account.Match
	}{
		{"L-4A6BFAB1", "whatever", sonnet, llm.PathGeo, "requests_per_minute", "", account.MatchCode},
		{"L-8EA73537", "whatever", sonnet, llm.PathGeo, "tokens_per_minute", "1m", account.MatchCode},
		{"L-E3F10727", "Cross-Model Max Tokens Per Day", "", "", "account_tokens_per_day", "", account.MatchCode},
		{"L-9072D6F0", "On-demand ApplyGuardrail requests per second", "", "", "", "", account.MatchCode},
		{"L-X", "Cross-Region model inference tokens per minute for Anthropic Claude Haiku 4.5 V1", haiku, llm.PathGeo, "tokens_per_minute", "", account.MatchLabel},
		{"L-X", "Global cross-Region model inference requests per minute for Claude Haiku 4.5", haiku, llm.PathGlobal, "requests_per_minute", "", account.MatchLabel},
		{"L-X", "On-demand model inference tokens per day for Anthropic Claude Sonnet 4.5 V1 1M Context Length", sonnet, llm.PathOnDemand, "tokens_per_day", "1m", account.MatchLabel},
		{"L-X", "[bedrock-mantle endpoint] Output tokens per minute for GPT-5.5", "openai.gpt-5.5", llm.PathMantle, "output_tokens_per_minute", "", account.MatchLabel},
		{"L-X", "Cross-region model inference tokens per minute for Anthropic Claude Haiku 9", "", "", "", "", account.MatchNone},
		{"L-X", "Cross-region model inference tokens per minute for Claude", "", "", "", "", account.MatchNone},
		{"L-X", "Records per batch inference job for Anthropic Claude Haiku 4.5", "", "", "", "", account.MatchOther},
		{"L-X", "On-demand latency-optimized model inference tokens per minute for Anthropic Claude Haiku 4.5", "", "", "", "", account.MatchOther},
		{"L-X", "", "", "", "", "", account.MatchOther},
	} {
		applied := 7.0
		want := []account.Quota{{
			Code: tt.code, Name: tt.name, Limit: tt.limit, Variant: tt.variant, Applied: &applied, Match: tt.match,
			Pool: llm.Pool{Account: owner.Account, Region: owner.Region, Model: tt.model, Path: tt.path},
		}}
		got := account.Merge(owner, []account.Listed{{Code: tt.code, Name: tt.name, Value: 7}}, nil, cat)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %q: (-want +got)\n%s", tt.code, tt.name, diff)
		}
	}
}

func TestReplacedRowsPaceNothing(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, row := range load(t).AllQuotas() {
		if row.Until.IsZero() || row.Code == "" {
			continue
		}
		seen++
		got := account.Merge(llm.Pool{}, nil, []account.Listed{{Code: row.Code, Value: 1}}, load(t))
		if got[0].Limit != "" || got[0].Match != account.MatchCode || got[0].Pool.Model != row.Model {
			t.Errorf("%s was replaced, and is %+v", row.Code, got[0])
		}
		got = account.Merge(llm.Pool{}, []account.Listed{{Code: row.Code, Value: 1}}, nil, load(t))
		if got[0].Limit != string(row.Kind) {
			t.Errorf("%s was replaced, the account has it still, and it is %+v", row.Code, got[0])
		}
	}
	if seen == 0 {
		t.Error("the catalog has no row that was replaced")
	}
}

func TestMergeJoinsAppliedAndDefaults(t *testing.T) {
	t.Parallel()
	number := func(v float64) *float64 { return &v }
	got := account.Merge(llm.Pool{},
		[]account.Listed{{Code: "L-C", Name: "c", Value: 3}, {Code: "L-A", Name: "a", Value: 1}, {Name: "no code"}},
		[]account.Listed{{Code: "L-B", Name: "b", Value: 20, Adjustable: true}, {Code: "L-A", Name: "a", Value: 10}}, load(t))
	want := []account.Quota{
		{Code: "L-A", Name: "a", Applied: number(1), Default: number(10), Match: account.MatchOther},
		{Code: "L-B", Name: "b", Default: number(20), Adjustable: true, Match: account.MatchOther},
		{Code: "L-C", Name: "c", Applied: number(3), Match: account.MatchOther},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestChangesAreWhatIsDifferent(t *testing.T) {
	t.Parallel()
	number := func(v float64) *float64 { return &v }
	before := account.Snapshot{
		At:       time.Unix(1, 0),
		Quotas:   []account.Quota{{Code: "L-A", Applied: number(2)}, {Code: "L-B", Default: number(5)}, {Code: "L-C"}},
		Requests: []account.Request{{ID: "r", Code: "L-A", Status: account.StatusPending}},
	}
	after := account.Snapshot{
		At:       time.Unix(2, 0),
		Quotas:   []account.Quota{{Code: "L-A", Applied: number(2.5e7)}, {Code: "L-B", Default: number(6)}, {Code: "L-D", Default: number(1)}},
		Requests: []account.Request{{ID: "r", Code: "L-A", Status: account.StatusApproved}},
	}
	want := []account.Change{
		{Code: "L-A", What: account.ChangeApplied, From: "2", To: "25000000"},
		{Code: "L-B", What: account.ChangeDefault, From: "5", To: "6"},
		{Code: "L-C", What: account.ChangeGone},
		{Code: "L-D", What: account.ChangeNew, To: "1"},
		{Code: "L-A", What: account.ChangeStatus, Request: "r", From: "PENDING", To: "APPROVED"},
	}
	if diff := cmp.Diff(want, account.Changes(before, after)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := account.Changes(account.Snapshot{}, after); got != nil {
		t.Errorf("the first snapshot changes nothing, and has %v", got)
	}
	after.Missing = []account.Missing{{Part: "quotas"}, {Part: "requests"}}
	want = want[1:2]
	if diff := cmp.Diff(want, account.Changes(before, after)); diff != "" {
		t.Errorf("without applied values and requests: (-want +got)\n%s", diff)
	}
}

func FuzzMergeMatchesOneWay(f *testing.F) {
	cat := load(f)
	f.Add("L-4A6BFAB1", "x")
	f.Add("L-X", "Cross-region model inference tokens per minute for Claude Haiku 4.5 V1 1M Context Length")
	f.Add("L-X", "[bedrock-mantle endpoint] Input tokens per minute for GPT-5.5")
	f.Add("L-X", "Cross-region model inference tokens per minute for  1M Context Length")
	f.Fuzz(func(t *testing.T, code, name string) {
		rows := []account.Listed{{Code: code, Name: name, Value: 1}}
		a, b := account.Merge(llm.Pool{}, rows, nil, cat), account.Merge(llm.Pool{}, nil, rows, cat)
		if code == "" {
			return
		}
		if len(a) != 1 || len(b) != 1 || a[0].Pool != b[0].Pool || a[0].Limit != b[0].Limit || a[0].Match != b[0].Match {
			t.Fatalf("%+v and %+v", a, b)
		}
		matched := a[0].Match == account.MatchLabel
		if named := a[0].Pool.Model != "" && a[0].Pool.Path != "" && a[0].Limit != ""; a[0].Match != account.MatchCode && named != matched {
			t.Fatalf("half a match: %+v", a[0])
		}
	})
}
