package daemon

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// TestKnownQuotasAreReadFromTheDataFolder: what AWS said once, and what calls
// used, is told while nobody is there to ask.
func TestKnownQuotasAreReadFromTheDataFolder(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.DataDir = filepath.Join(t.TempDir(), "data")
	store, err := sqlitestore.Open(t.Context(), cfg.DataDir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	snap := discoveredAccount()
	snap.At = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	snap.Requests = []account.Request{{ID: "r-1", Code: "L-58BE175A", Desired: 6e6, Status: account.StatusCaseOpened}}
	if err := store.SaveSnapshot(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
	pool := snap.Quotas[0].Pool
	now := time.Now().Truncate(time.Minute)
	var calls []ledger.Entry
	for minute, n := range []int{1, 2, 1} {
		for i := range n {
			at := now.Add(time.Duration(minute-5) * time.Minute).Add(time.Duration(i) * time.Second)
			calls = append(calls, ledger.Entry{ID: llm.CallID(at.String()), Time: at, Pool: pool, Attempts: 1, Settled: 500_000, Outcome: ledger.OK})
		}
	}
	if err := store.Append(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := KnownQuotas(t.Context(), cfg, console.Filter{}, false)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]console.Quota{}
	for _, q := range got.Quotas {
		rows[q.Limit] = q
	}
	if len(rows) != 3 {
		t.Fatalf("limits %v, want requests, tokens and the account's day", rows)
	}
	r := rows["requests_per_minute"]
	if r.Code != "L-CCA5DF70" || r.Applied != 2 || r.Default == nil || *r.Default != 10_000 || r.Source != limit.Discovered || r.Status != console.StatusBinding {
		t.Errorf("requests: %+v", r)
	}
	if r.UsedSharePeak == nil || *r.UsedSharePeak != 1 || r.UsedShareP95 == nil || *r.UsedShareP95 != 1 {
		t.Errorf("two calls in the busiest minute of 2 a minute: peak %v, p95 %v", r.UsedSharePeak, r.UsedShareP95)
	}
	if r.AsOf == nil || !r.AsOf.Equal(snap.At) {
		t.Errorf("as of %v, want when AWS was asked", r.AsOf)
	}
	k := rows["tokens_per_minute"]
	if k.OpenRequest == nil || k.OpenRequest.ID != "r-1" || *k.UsedSharePeak != 0.2 {
		t.Errorf("tokens: %+v, want the open request and 1,000,000 of 5,000,000 in the busiest minute", k)
	}
	if d := rows["account_tokens_per_day"]; d.Code != "L-E3F10727" || d.Applied != 150_000_000 || d.Source != limit.Discovered {
		t.Errorf("the account's day: %+v", d)
	}
}
