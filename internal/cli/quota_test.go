package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// now is when the tests look.
func now() time.Time { return time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC) }

// learnedQuotas are a pool's limits, one of which is less than was applied, and its
// account's.
func learnedQuotas() console.Quotas {
	pool := llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
	last := now().Add(-12 * time.Second)
	return console.Quotas{TimeScale: 60, Quotas: []console.Quota{
		{
			Pool: llm.Pool{Account: pool.Account, Region: pool.Region}, Limit: "account_tokens_per_day",
			Applied: 700_000_000, Effective: 700_000_000, Law: adapt.LawWindow, Why: console.WhyDay, Used: new(int64(0)), UsedShare: new(0.0), Planned: new(int64(0)),
			Window: 86400, Status: console.StatusOK, Source: limit.Configured, AsOf: new(now()),
		},
		{
			Pool: pool, Limit: "requests_per_minute", Applied: 2, Effective: 2, Lower: new(int64(0)), Upper: new(int64(2)), Law: adapt.LawUnknown,
			Used: new(int64(2)), UsedShare: new(1.0), Planned: new(int64(2)), Waiting: 3, Window: 60, Status: console.StatusBinding, Source: limit.Configured, AsOf: new(now()),
		},
		{
			Pool: pool, Limit: "tokens_per_minute", Applied: 5_000_000, Effective: 3_250_000, Lower: new(int64(3_200_000)), Upper: new(int64(3_300_000)),
			Law: adapt.LawShort, Burst: 12, Throttles: 4, LastThrottle: &last, Why: "calls were refused",
			Used: new(int64(1_625_000)), UsedShare: new(0.5), Planned: new(int64(1_600_000)), Window: 60, Status: console.StatusLearned, Source: limit.Configured, AsOf: new(now()),
		},
	}}
}

func learnedRows() []limitRow {
	var rows []limitRow
	for _, q := range learnedQuotas().Quotas {
		rows = append(rows, paced(&q))
	}
	return rows
}

func TestQuotasFitATerminal(t *testing.T) {
	t.Parallel()
	s := screen{tty: true, width: 80, today: now()}
	quotaTable(&s, learnedRows(), 60)
	want := "" +
		"all models  us-east-1 111122223333  (config)\n" +
		"  account tokens/day             700,000,000  ░░░░░░   0 %  ok\n" +
		"anthropic.claude-haiku-4-5-20251001-v1:0  geo  us-east-1 111122223333  (config)\n" +
		"  requests/minute                          2  ██████ 100 %  binding, 3 wait\n" +
		"  tokens/minute       3,250,000 of 5,000,000  ███░░░  50 %  learned, 429 12m ago\n"
	if diff := cmp.Diff(want, s.text.String()); diff != "" {
		t.Errorf("quotas on a terminal (-want +got):\n%s", diff)
	}
	for line := range strings.Lines(s.text.String()) {
		if got := lipgloss.Width(strings.TrimSuffix(line, "\n")); got > 80 {
			t.Errorf("a line is %d wide: %s", got, line)
		}
	}
}

func TestALearnedLimitInWords(t *testing.T) {
	t.Parallel()
	s := screen{today: now()}
	quotaFields(&s, learnedQuotas().Quotas[2], 60)
	for _, want := range []string{
		"applied    5,000,000 tokens a minute (configured)\n",
		"in force   3,250,000, 65 % of it; between 3,200,000 and 3,300,000 are there\n",
		"law        short bucket; it is taken to hold what is earned in 12s\n",
		"used now   1,625,000, 50 % of what is in force; 1,600,000 by forecast\n",
		"throttles  4, the last 12m ago\n",
		"why        calls were refused\n",
	} {
		if !strings.Contains(s.text.String(), want) {
			t.Errorf("no line %q in:\n%s", want, s.text.String())
		}
	}
}

// TestAnswersThatAreNone asks servers that are not what they should be.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	problem, _ := json.Marshal(console.Problem{Status: 400, Detail: "The path must be geo."})
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		code       int
		says       string
	}{
		"a page":               {200, "text/html", "<html>", exitUnavailable, "not as a gateway of this version does (status 200)"},
		"broken JSON":          {200, "application/json", `{"quotas":[`, exitUnavailable, "not as a gateway"},
		"a redirect":           {302, "text/html", "", exitUnavailable, "(status 302)"},
		"a problem":            {400, console.ProblemType, string(problem), exitUsage, "refused: The path must be geo."},
		"a server's own error": {502, "text/plain", "bad gateway", exitUnavailable, "(status 502)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			defer server.Close()
			var out, words strings.Builder
			code := Run(t.Context(), []string{"quota", "list", "--server", server.URL}, strings.NewReader(""), &out, &words)
			if code != tt.code || out.Len() > 0 || !strings.Contains(words.String(), tt.says) {
				t.Errorf("quota list ended with %d, %q and %q; want %d and %q", code, out.String(), words.String(), tt.code, tt.says)
			}
		})
	}
}
