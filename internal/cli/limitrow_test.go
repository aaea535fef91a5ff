package cli

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// strange is a snapshot with a row of each match.
func strange() *account.Snapshot {
	owner := llm.Pool{Account: "111122223333", Region: "us-east-1"}
	haiku := owner
	haiku.Model, haiku.Path = "anthropic.claude-haiku-4-5-20251001-v1:0", llm.PathGeo
	return &account.Snapshot{
		Account: owner.Account, Region: owner.Region, At: now().Add(-5 * time.Minute),
		Quotas: []account.Quota{
			{Code: "L-1", Name: "Cross-region model inference requests per minute for Anthropic Claude Haiku 4.5", Pool: haiku, Limit: "requests_per_minute", Applied: new(2.0), Match: account.MatchCode},
			{Code: "L-2", Name: "Cross-region model inference requests per minute for Nobody's Model of a Name that goes on and on", Pool: owner, Applied: new(5.0), Default: new(10.0), Adjustable: true, Match: account.MatchNone},
			{Code: "L-3", Name: "Batch inference job size (in GB)", Pool: owner, Applied: new(0.5), Match: account.MatchOther},
			{Code: "L-4", Name: "tokens per day", Pool: haiku, Default: new(0.0), Match: account.MatchCode},
			{Code: "L-5", Name: "1M context", Pool: haiku, Limit: "tokens_per_minute", Variant: "1m", Applied: new(9.0), Adjustable: true, Match: account.MatchLabel},
		},
		Requests: []account.Request{{ID: "r", Code: "L-2", Desired: 20, Status: account.StatusCaseOpened}},
	}
}

// TestRowsThatAreNoLimitsAreListedAsSuch: nothing is guessed of them.
func TestRowsThatAreNoLimitsAreListedAsSuch(t *testing.T) {
	t.Parallel()
	snap := strange()
	shown := []limitRow{{Pool: snap.Quotas[0].Pool, Code: "L-1"}}
	type brief struct {
		Code, Limit, Source string
		Effective           float64
		Status              console.Status
	}
	var got []brief
	for _, r := range others(snap, console.Filter{}, shown) {
		got = append(got, brief{r.Code, r.limitName(), string(r.Source), *r.Effective, r.Status})
	}
	want := []brief{
		{"L-2", "-", "discovered", 5, console.StatusBelowDefault},
		{"L-3", "-", "discovered", 0.5, console.StatusNotAdjustable},
		{"L-4", "-", "aws default", 0, console.StatusZero},
		{"L-5", "tokens_per_minute", "discovered", 9, console.StatusUnknown},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("others (-want +got):\n%s", diff)
	}
	if rows := others(snap, console.Filter{Model: snap.Quotas[0].Pool.Model}, shown); len(rows) != 2 {
		t.Errorf("%d rows are of the model, want the two that were matched to it", len(rows))
	}
}

// TestQuotasAreReadableAtEachWidth: what does not fit is left out, not broken.
func TestQuotasAreReadableAtEachWidth(t *testing.T) {
	t.Parallel()
	snap := strange()
	rows := learnedRows()
	for i := range rows {
		rows[i].Code, rows[i].Default, rows[i].Source, rows[i].AsOf = "L-CCA5DF70", new(5e6), limit.Discovered, new(now().Add(-5*time.Minute))
		rows[i].UsedShareP95, rows[i].UsedSharePeak = new(0.5), new(1.0)
	}
	rows[1].OpenRequest = &account.Request{Desired: 20, Status: account.StatusCaseOpened, Created: now().Add(-24 * time.Hour)}
	rows = append(rows, others(snap, console.Filter{}, []limitRow{{Pool: snap.Quotas[0].Pool, Code: "L-1"}})...)
	for width, want := range map[int]string{
		80: `all models  us-east-1 111122223333  (AWS 5m)
  account tokens/day             700,000,000  ░░░░░░   0 %  ok
anthropic.claude-haiku-4-5-20251001-v1:0  geo  us-east-1 111122223333  (AWS 5m)
  requests/minute                          2  ██████ 100 %  binding, 3 wait
    asked for 20 on 2026-11-22: case opened
  tokens/minute       3,250,000 of 5,000,000  ███░░░  50 %  learned, 429 12m ago
  tokens/minute (1m)                       9  -             unknown
not matched: 1 row
  L-2  5  Cross-region model inference requests per minute for Nobody's Model o…
no limits of calls: 1 row
  L-3  0.5  Batch inference job size (in GB)
known, and no call is paced by them: 1 row
  L-4  0  tokens per day
`,
		120: `all models  us-east-1 111122223333  (AWS 5m)
  account tokens/day  L-CCA5DF70             700,000,000  default 5,000,000  ░░░░░░   0 %  ok
anthropic.claude-haiku-4-5-20251001-v1:0  geo  us-east-1 111122223333  (AWS 5m)
  requests/minute     L-CCA5DF70                       2  default 5,000,000  ██████ 100 %  binding, 3 wait
    asked for 20 on 2026-11-22: case opened
  tokens/minute       L-CCA5DF70  3,250,000 of 5,000,000  default 5,000,000  ███░░░  50 %  learned, 429 12m ago
  tokens/minute (1m)  L-5                              9                     -             unknown
not matched: 1 row
  L-2  5  Cross-region model inference requests per minute for Nobody's Model of a Name that goes on and on
no limits of calls: 1 row
  L-3  0.5  Batch inference job size (in GB)
known, and no call is paced by them: 1 row
  L-4  0  tokens per day
`,
	} {
		s := screen{tty: true, width: width, today: now()}
		quotaTable(&s, rows, 60)
		if diff := cmp.Diff(want, s.text.String()); diff != "" {
			t.Errorf("at %d (-want +got):\n%s\n%s", width, diff, s.text.String())
		}
		for line := range strings.Lines(s.text.String()) {
			if got := lipgloss.Width(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("at %d a line is %d wide: %s", width, got, line)
			}
		}
	}
}

// TestAnOpenRequestIsOneCell: a column may be null in one line and an object in the
// next.
func TestAnOpenRequestIsOneCell(t *testing.T) {
	t.Parallel()
	rows := learnedRows()
	rows[1].OpenRequest = &account.Request{ID: "r-1", Desired: 20, Status: account.StatusPending}
	var text strings.Builder
	if err := writeCSV(&text, rows); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(text.String())).ReadAll() // all of one length
	if err != nil {
		t.Fatal(err)
	}
	for i, column := range lines[0] {
		if column == "open_request" && !strings.Contains(lines[2][i], `"id":"r-1"`) {
			t.Errorf("the open request is %q", lines[2][i])
		}
	}
}
