package increase_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
)

var pool = llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}

func quotas() account.Snapshot {
	row := func(code, limit string, applied, usual float64, adjustable bool) account.Quota {
		return account.Quota{Code: code, Name: "Cross-region " + strings.ReplaceAll(limit, "_", " "), Pool: pool, Limit: limit, Applied: &applied, Default: &usual, Adjustable: adjustable}
	}
	fixed := row("L-FIXED", "", 5, 5, false)
	fixed.Pool = llm.Pool{Account: pool.Account, Region: pool.Region}
	return account.Snapshot{
		Account: pool.Account, Region: pool.Region, At: at(0),
		Quotas: []account.Quota{
			row("L-BELOW", "requests_per_minute", 2, 10_000, true),
			fixed,
			row("L-TOKENS", "tokens_per_minute", 500_000, 500_000, true),
			row("L-USUAL", "", 7, 5, true),
		},
	}
}

func at(minutes int) time.Time {
	return time.Date(2026, 11, 2, 8, minutes, 0, 0, time.UTC)
}

func TestWhatAWSWouldRefuseIsRefusedBefore(t *testing.T) {
	t.Parallel()
	open := account.Request{ID: "r1", Code: "L-TOKENS", Desired: 600_000, Status: account.StatusCaseOpened, Created: at(-5)}
	many := make([]account.Request, 19)
	for i := range many {
		many[i] = account.Request{ID: "m", Code: "L-OTHER", Status: account.StatusPending}
	}
	for _, c := range []struct {
		code     string
		value    float64
		requests []account.Request
		others   int
		want     []increase.Reason
		says     string
	}{
		{"L-BELOW", 10_001, nil, 0, nil, ""},
		{"L-BELOW", 20, nil, 0, []increase.Reason{increase.BelowDefault}, "less than AWS's default of 10000"},
		{"L-BELOW", 10_000, nil, 0, []increase.Reason{increase.BelowDefault}, "Account and billing"},
		{"L-BELOW", 2, nil, 0, []increase.Reason{increase.NotMore}, "not more than the account has"},
		{"L-TOKENS", 500_000, nil, 0, []increase.Reason{increase.NotMore}, ""},
		{"L-TOKENS", 500_001, nil, 0, nil, ""},
		{"L-USUAL", 6, nil, 0, []increase.Reason{increase.NotMore}, "which is 7"},
		{"L-FIXED", 10, nil, 0, []increase.Reason{increase.NotAdjustable}, "not adjustable"},
		{"L-FIXED", 5, nil, 0, []increase.Reason{increase.NotMore}, ""},
		{"L-GONE", 5, nil, 0, []increase.Reason{increase.UnknownCode}, "quota list --all"},
		{"L-BELOW", -1, nil, 0, []increase.Reason{increase.InvalidValue}, "negative"},
		{"L-BELOW", 0, nil, 0, []increase.Reason{increase.InvalidValue}, "admits nothing"},
		{"L-BELOW", 10_000.5, nil, 0, []increase.Reason{increase.InvalidValue}, "10000.5"},
		{"L-BELOW", math.NaN(), nil, 0, []increase.Reason{increase.InvalidValue}, "no number"},
		{"L-BELOW", math.Inf(1), nil, 0, []increase.Reason{increase.InvalidValue}, "no number"},
		{"L-TOKENS", 600_000, []account.Request{open}, 0, []increase.Reason{increase.AlreadyOpen}, "for the same value is open for L-TOKENS since 5m0s (r1, CASE_OPENED)"},
		{"L-TOKENS", 700_000, []account.Request{open}, 0, []increase.Reason{increase.AlreadyOpen}, "for 600000"},
		{"L-TOKENS", 700_000, many, 0, nil, ""},
		{"L-TOKENS", 700_000, many, 1, []increase.Reason{increase.TooManyOpen}, "20 requests"},
		{"L-TOKENS", 700_000, append(many, open), 0, []increase.Reason{increase.AlreadyOpen, increase.TooManyOpen}, ""},
	} {
		snap := quotas()
		snap.Requests = c.requests
		got := increase.Check(snap, increase.Ask{Code: c.code, Value: c.value, OpenElsewhere: c.others}, at(0))
		var reasons []increase.Reason
		text := ""
		for _, r := range got {
			reasons = append(reasons, r.Reason)
			text += r.Text + " " + r.Cure + "\n"
			if r.Text == "" || r.Cure == "" {
				t.Errorf("%s %v: %s says nothing or has no cure", c.code, c.value, r.Reason)
			}
		}
		if diff := cmp.Diff(c.want, reasons); diff != "" || !strings.Contains(text, c.says) {
			t.Errorf("Check(%s, %v) (-want +got):\n%s\nsays %q, want %q", c.code, c.value, diff, text, c.says)
		}
	}
}

// Without the defaults or the requests, what is left is checked, and what is not is
// said.
func TestWhatCannotBeAskedIsNotChecked(t *testing.T) {
	t.Parallel()
	snap := quotas()
	snap.Quotas[0].Default = nil
	snap.Missing = []account.Missing{
		{Part: "defaults", Action: "servicequotas:ListAWSDefaultServiceQuotas", Denied: true},
		{Part: "requests", Reason: "Rate exceeded", AsOf: at(-1)},
		{Part: "models", Denied: true},
	}
	if got := increase.Check(snap, increase.Ask{Code: "L-BELOW", Value: 20}, at(0)); got != nil {
		t.Errorf("refused for a default that is not known: %v", got)
	}
	want := []string{
		"AWS's defaults could not be asked: the permission servicequotas:ListAWSDefaultServiceQuotas is missing (`headgate iam print --for request`); it is not known",
		"which requests are open could not be asked: Rate exceeded; it is taken as of 2026-11-02T07:59:00Z",
	}
	if diff := cmp.Diff(want, increase.Unchecked(snap)); diff != "" {
		t.Errorf("Unchecked (-want +got):\n%s", diff)
	}
	if got := increase.Check(account.Snapshot{}, increase.Ask{Code: "L-BELOW", Value: 20}, at(0)); got != nil {
		t.Errorf("refused by an account of which nothing is known: %v", got)
	}
}
