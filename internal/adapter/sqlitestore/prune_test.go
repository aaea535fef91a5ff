package sqlitestore_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
	"github.com/headgate/headgate/internal/llm"
)

// months are n calls over sixty days, in runs of four.
func months(n int) []ledger.Entry {
	out := make([]ledger.Entry, n)
	for i := range out {
		e := ledgertest.Sample(i)
		e.Time = time.Date(2026, 9, 1, 0, 0, 7, 0, time.UTC).Add(time.Duration(i) * (60 * 24 * time.Hour / time.Duration(n)))
		e.Run = llm.RunID(fmt.Sprintf("run-%d", i/4))
		if i%9 == 0 {
			e.Run = ""
		}
		e.ErrorMessage = strings.Repeat("x", 400)
		out[i] = e
	}
	return out
}

// TestRetentionByAge: calls go by age, their sums stay to the nanosecond of the last
// call, and what has to stay stays.
func TestRetentionByAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, m := open(t, dir, sqlitestore.Options{}), &ledgertest.Memory{}
	for _, store := range []ledger.Store{s, m} {
		if err := store.Append(t.Context(), months(2000)); err != nil {
			t.Fatal(err)
		}
	}
	event := ledger.Event{Time: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Kind: ledger.EventRequestFiling, Text: "an old filing"}
	if _, err := s.RecordEvent(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), "pool", []byte("state")); err != nil {
		t.Fatal(err)
	}
	before := size(t, s)
	var log bytes.Buffer
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r := ledger.NewRetention(s, ledger.RetentionOptions{Keep: 10 * 24 * time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 { // the second has nothing to do
		if err := r.Round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), "calls=1700 ") {
		t.Errorf("the log has %d lines, want one that says 1,700 calls:\n%s", got, log.String())
	}
	left, _, err := s.Calls(t.Context(), ledger.Query{Limit: ledger.MaxLimit})
	if err != nil || len(left) != 300 {
		t.Errorf("%d calls are left, %v, want the 300 of ten days", len(left), err)
	}
	runs, _, err := s.Runs(t.Context(), ledger.Query{Limit: ledger.MaxLimit})
	if err != nil || len(runs) != 75 {
		t.Errorf("%d runs are left, %v, want 75", len(runs), err)
	}
	if of, _, err := s.Runs(t.Context(), ledger.Query{Limit: ledger.MaxLimit, Model: string(left[0].Pool.Model)}); err != nil || len(of) != 75 {
		t.Errorf("%d runs of the model are left, %v, want 75", len(of), err)
	}
	for _, by := range []ledger.CostBy{ledger.CostByDay, ledger.CostByModel, ledger.CostByTenant} {
		same(t, s, m, "costs by "+string(by), func(r ledger.Reader) (any, error) { return r.Costs(t.Context(), ledger.CostQuery{By: by}) })
	}
	for _, step := range []ledger.UsageStep{ledger.UsageMinute, ledger.UsageDay} {
		same(t, s, m, "usage by "+string(step), func(r ledger.Reader) (any, error) { return r.Usage(t.Context(), ledger.UsageQuery{Step: step}) })
	}
	same(t, s, m, "intervals", func(r ledger.Reader) (any, error) { return r.Intervals(t.Context(), ledger.UseQuery{}) })
	// Where the calls of an end are gone, the smallest step that is kept is told whole.
	at := time.Date(2026, 9, 14, 3, 22, 30, 0, time.UTC)
	same(t, s, m, "sums", func(r ledger.Reader) (any, error) {
		q := ledger.SumQuery{Since: at}
		if r == ledger.Reader(m) {
			q.Since = at.Truncate(time.Minute)
		}
		return r.Sums(t.Context(), q)
	})
	events, err := s.Events(t.Context(), ledger.EventQuery{})
	if err != nil || len(events) != 1 || events[0].Text != event.Text {
		t.Errorf("events %v, %v, want the old filing", events, err)
	}
	if state, err := s.Load(t.Context()); err != nil || string(state["pool"]) != "state" {
		t.Errorf("limit state %q, %v, want it as it was", state, err)
	}
	if after := size(t, s); after > before*2/3 {
		t.Errorf("the database has %d bytes after most of it was deleted, %d before", after, before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, sqlitestore.FileName))
	if err != nil || info.Size() > before*2/3 {
		t.Errorf("the file has %d bytes, %v, after most of it was deleted, %d before", info.Size(), err, before)
	}
	whole(t, dir)
}

// TestRetentionBySize: the oldest calls go first, until there is room.
func TestRetentionBySize(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), sqlitestore.Options{})
	all := months(3000)
	if err := s.Append(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	most := size(t, s) * 3 / 4
	r := ledger.NewRetention(s, ledger.RetentionOptions{MaxBytes: most})
	if err := r.Round(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := size(t, s); got > most {
		t.Errorf("the database has %d bytes, want at most %d", got, most)
	}
	left, _, err := s.Calls(t.Context(), ledger.Query{Limit: ledger.MaxLimit})
	if err != nil || len(left) != ledger.MaxLimit || left[0].ID != all[2999].ID {
		t.Errorf("%d calls are left, %v, want at least 1,000 and the newest", len(left), err)
	}
	if _, err := s.Call(t.Context(), all[0].ID); err == nil {
		t.Error("the oldest call is still there")
	}
	// Nothing but days can stay.
	if err := ledger.NewRetention(s, ledger.RetentionOptions{MaxBytes: 1}).Round(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if left, _, err := s.Calls(t.Context(), ledger.Query{}); err != nil || len(left) != 0 {
		t.Errorf("%d calls are left, %v, want none", len(left), err)
	}
	sums, err := s.Sums(t.Context(), ledger.SumQuery{Since: all[1500].Time})
	if want := int64(3000 - 1500); err != nil || sums.Calls < want || sums.Calls > want+50 {
		t.Errorf("%d calls are summed up, %v, want %d and no more than a day's besides", sums.Calls, err, want)
	}
	if u, err := s.Usage(t.Context(), ledger.UsageQuery{Step: ledger.UsageHour}); err != nil || len(u.Points) != 0 {
		t.Errorf("%d hours are left, %v, want none", len(u.Points), err)
	}
	costs, err := s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByDay})
	if err != nil || costs.Total.Calls != 3000 {
		t.Errorf("costs of %d calls, %v, want all 3,000", costs.Total.Calls, err)
	}
}

// size is how large the database is.
func size(t *testing.T, s *sqlitestore.Store) int64 {
	t.Helper()
	n, _, err := s.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// whole checks a closed database.
func whole(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlitestore.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	err = db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict)
	if diff := cmp.Diff("ok", verdict); diff != "" || err != nil {
		t.Errorf("integrity_check error %v (-want +got):\n%s", err, diff)
	}
}
