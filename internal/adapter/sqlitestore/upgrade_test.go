package sqlitestore_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
	"github.com/headgate/headgate/internal/llm"
)

// older are calls as schema 2 has them.
func older() []ledger.Entry {
	var out []ledger.Entry
	for n := range 40 {
		e := ledgertest.Sample(30 * n)
		e.Route, e.Ahead, e.Expected, e.LimitAmount, e.RetryAfter = "", 0, 0, 0, 0
		e.Run = llm.RunID(fmt.Sprintf("run-%d", n/7))
		switch n % 7 {
		case 1:
			e.Run = ""
		case 2:
			e.Outcome, e.Cost, e.PriceAsOf = ledger.Broken, ledger.UnknownCost, ""
		case 3:
			e.Outcome, e.Cost, e.PriceAsOf, e.Attempts, e.Usage, e.Pool = ledger.Refused, ledger.UnknownCost, "", 0, llm.Usage{}, llm.Pool{}
		case 4:
			e.Tenant, e.PriceAsOf = "billing", "2026-09-01"
		}
		out = append(out, e)
	}
	return out
}

// TestOlderLedgerIsSummedUp opens a ledger of before there were sums: they are the
// same as if they had always been kept.
func TestOlderLedgerIsSummedUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlitestore.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, name := range []string{"0001_ledger.sql", "0002_account.sql"} {
		text, err := os.ReadFile(filepath.Join("migrations", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA application_id = 0x48674c64; PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	for _, e := range older() {
		_, err := db.ExecContext(t.Context(), `INSERT INTO calls (id, arrived, class, tenant, principal, run, run_inferred, operation, model_id,
			account, region, model, path, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, hold, forecast, settled, cost, price_as_of,
			queued, first_byte, latency, attempts, throttled_requests, throttled_tokens, throttled_day, status, outcome, error_kind, error_message,
			reason, limit_name, client, joined_retries, cache, max_tokens, client_attempts, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, e.Time.UnixNano(), e.Class.String(), e.Tenant, e.Principal, e.Run, e.RunInferred, e.Operation, e.ModelID,
			e.Pool.Account, e.Pool.Region, e.Pool.Model, e.Pool.Path, e.Usage.Input, e.Usage.Output, e.Usage.CacheRead, e.Usage.CacheWrite,
			e.Hold, e.Forecast, e.Settled, e.Cost, e.PriceAsOf, int64(e.Queued), int64(e.FirstByte), int64(e.Latency), e.Attempts,
			e.ThrottledRequests, e.ThrottledTokens, e.ThrottledDay, e.Status, e.Outcome, e.ErrorKind, e.ErrorMessage,
			e.Reason, e.Limit, e.Client, e.JoinedRetries, e.Cache, e.MaxTokens, e.ClientAttempts, int64(e.Body))
		if err != nil {
			t.Fatal(err)
		}
	}
	s, m := open(t, dir, sqlitestore.Options{}), &ledgertest.Memory{}
	next := ledgertest.Sample(2000)
	next.Run = "run-2" // one that is there already
	for _, more := range [][]ledger.Entry{older(), {next}} {
		if err := m.Append(t.Context(), more); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Append(t.Context(), []ledger.Entry{next}); err != nil {
		t.Fatal(err)
	}
	same(t, s, m, "runs", func(r ledger.Reader) (any, error) {
		runs, _, err := r.Runs(t.Context(), ledger.Query{})
		return runs, err
	})
	same(t, s, m, "runs of a model", func(r ledger.Reader) (any, error) {
		runs, _, err := r.Runs(t.Context(), ledger.Query{Model: string(next.Pool.Model)})
		return runs, err
	})
	for _, by := range []ledger.CostBy{ledger.CostByDay, ledger.CostByModel, ledger.CostByTenant, ledger.CostByRun} {
		same(t, s, m, "costs by "+string(by), func(r ledger.Reader) (any, error) { return r.Costs(t.Context(), ledger.CostQuery{By: by}) })
	}
	for _, step := range []ledger.UsageStep{ledger.UsageMinute, ledger.UsageHour, ledger.UsageDay} {
		same(t, s, m, "usage by "+string(step), func(r ledger.Reader) (any, error) {
			return r.Usage(t.Context(), ledger.UsageQuery{Step: step, By: ledger.UsageByTenant})
		})
	}
	same(t, s, m, "intervals", func(r ledger.Reader) (any, error) {
		return r.Intervals(t.Context(), ledger.UseQuery{Since: next.Time.Add(-time.Hour)})
	})
}

// same asks a store and the memory store the same.
func same(t *testing.T, got, want ledger.Reader, what string, ask func(ledger.Reader) (any, error)) {
	t.Helper()
	g, err := ask(got)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	w, err := ask(want)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("%s after the upgrade (-want +got):\n%s", what, diff)
	}
}
