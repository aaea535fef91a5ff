package console

import (
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/quota"
)

func TestTheNextActionIsWhatMattersMost(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	row := func(kind quota.Kind, status Status, waiting int) Quota {
		share := 0.9
		return Quota{
			Pool: geo("m"), Limit: kind.String(), kind: kind, Code: "L-1", Applied: 10_000, Effective: 10_000, Default: new(20_000.0),
			Status: status, Waiting: waiting, UsedShare: &share,
		}
	}
	open := func(q Quota) Quota {
		q.OpenRequest = &account.Request{Code: "L-1", Desired: 50_000, Status: account.StatusCaseOpened}
		return q
	}
	learned := row(quota.TokensPerMinute, StatusLearned, 0)
	learned.Effective = 8000
	zero := row(quota.TokensPerMinute, StatusZero, 0)
	zero.Applied, zero.Effective = 0, 0
	unknown := zero
	unknown.Code, unknown.Default = "", nil
	binding := row(quota.TokensPerMinute, StatusBinding, 1200)
	old := now.Add(-time.Hour)
	for _, tt := range []struct {
		name     string
		change   func(*situation)
		severity Severity
		text     string
		command  string
	}{
		{"nothing is wrong", func(*situation) {}, SeverityOK, "All is well", ""},
		{"the ledger fails", func(s *situation) { s.Ledger.Failure = "disk full"; s.limits = []Quota{zero} }, SeverityBad, "cannot be written", "headgate doctor"},
		{"the ledger lost some", func(s *situation) { s.Ledger.Dropped = 3 }, SeverityWarn, "lacks 3 calls", "headgate doctor"},
		{"a quota is zero", func(s *situation) { s.limits = []Quota{binding, zero} }, SeverityBad, "tokens per minute are 0", "headgate quota request L-1 20000 --dry-run"},
		{"and more was asked for", func(s *situation) { s.limits = []Quota{open(zero)} }, SeverityBad, "refused", "headgate quota watch L-1"},
		{"of a quota without a code", func(s *situation) { s.limits = []Quota{unknown} }, SeverityBad, "refused", "headgate quota show m"},
		{"calls wait for tokens that are reserved", func(s *situation) { s.limits = []Quota{binding}; s.unset, s.sent = 30, 40 }, SeverityWarn, "Set max_tokens: 1,200 calls wait", "headgate quota recommend --from-ledger 24h --model m --path geo"},
		{"but for requests they are not", func(s *situation) { s.limits = []Quota{row(quota.RequestsPerMinute, StatusBinding, 1)}; s.unset = 30 }, SeverityWarn, "1 call waits for the requests per minute", "headgate quota recommend --from-ledger 24h --model m --path geo"},
		{"calls wait", func(s *situation) { s.limits = []Quota{binding}; s.Throttles.LastMinute = 1 }, SeverityWarn, "1,200 calls wait for the tokens per minute", "headgate quota recommend --from-ledger 24h --model m --path geo"},
		{"calls wait for what was asked for", func(s *situation) { s.limits = []Quota{open(binding)} }, SeverityInfo, "wait", "headgate quota watch L-1"},
		{"throttled", func(s *situation) { s.Throttles.LastMinute = 2 }, SeverityWarn, "throttled 2 requests", "headgate quota recommend --from-cloudwatch 24h"},
		{"throttled, and it is known why", func(s *situation) { s.Throttles.LastMinute = 1; s.limits = []Quota{learned} }, SeverityWarn, "throttled 1 request", "headgate quota show L-1"},
		{"what AWS said is old", func(s *situation) { s.AsOf = &old }, SeverityWarn, "2026-11-23 11:00", "headgate doctor"},
		{"AWS has not answered", func(s *situation) { s.AsOf, s.Started = nil, old }, SeverityWarn, "not answered yet", "headgate doctor"},
		{"and need not yet", func(s *situation) { s.AsOf, s.Started = nil, now }, SeverityOK, "All is well", ""},
		{"nobody asks AWS", func(s *situation) { s.AsOf, s.Started, s.asked = nil, old, false }, SeverityOK, "All is well", ""},
		{"nothing was called", func(s *situation) { s.Calls.Today, s.Ledger.Recorded = 0, 0 }, SeverityInfo, "point an AWS SDK here", "export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:8080"},
		{"a limit is near", func(s *situation) { s.limits = []Quota{row(quota.TokensPerMinute, StatusTight, 0)} }, SeverityInfo, "90 %", "headgate quota recommend --from-ledger 24h --model m --path geo"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asOf := now.Add(-time.Minute)
			s := &situation{
				Overview: &Overview{Started: old, AsOf: &asOf, Calls: CallsNow{Today: 1}, Ledger: LedgerNow{Recorded: 1}},
				now:      now, stale: 45 * time.Minute, asked: true, endpoint: "http://127.0.0.1:8080",
			}
			tt.change(s)
			got := next(s)
			if got.Severity != tt.severity || !strings.Contains(got.Text, tt.text) || got.Command != tt.command || got.Why == "" {
				t.Errorf("%+v, want %s, %q and `%s`", got, tt.severity, tt.text, tt.command)
			}
		})
	}
}
