package sqlitestore_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
	"github.com/headgate/headgate/internal/llm"
)

// recorderFolder makes this test binary a gateway's ledger in that folder.
const recorderFolder = "SQLITESTORE_TEST_RECORDER"

// telling is a store that says what it has kept.
type telling struct{ *sqlitestore.Store }

// Append says the last of what it has kept, and how long that took.
func (t telling) Append(ctx context.Context, entries []ledger.Entry) error {
	begin := time.Now()
	if err := t.Store.Append(ctx, entries); err != nil {
		return err
	}
	_, err := fmt.Printf("kept %s %d\n", entries[len(entries)-1].ID, time.Since(begin))
	return err
}

// recordForever records calls one after the other and says so of each, with the time.
func recordForever(dir string) error {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{})
	if err != nil {
		return err
	}
	l := ledger.New(telling{s}, ledger.Options{})
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	begin := time.Now()
	for n := 0; ; n++ {
		e := ledgertest.Sample(n)
		e.Run = llm.RunID(fmt.Sprintf("run-%d", n/6))
		l.Record(e)
		if _, err := fmt.Printf("recorded %s %d\n", e.ID, time.Since(begin)); err != nil {
			return err
		}
		select {
		case err := <-ended:
			return err
		case <-time.After(300 * time.Microsecond):
		}
	}
}

// story is what a recorder said until it was killed.
type story struct {
	recorded []llm.CallID
	at       []time.Duration // of each
	kept     llm.CallID      // the last that a commit was told of
	longest  time.Duration   // of the commits
}

// TestKilledLedgerLosesTheLastMoment kills a recording process at some instant, several
// times: what a commit was told of is there, what is
// missing is the last that was recorded, of 20 ms and a commit at most, and every sum
// is that of the calls that are there.
func TestKilledLedgerLosesTheLastMoment(t *testing.T) {
	t.Parallel()
	for range 4 {
		dir := t.TempDir()
		said := killed(t, dir, 50*time.Millisecond+rand.N(400*time.Millisecond))
		s := open(t, dir, sqlitestore.Options{})
		there := said.inspect(t, s)
		// Wall clocks of a busy machine tell less than the order of what was said: a
		// process may be stopped for as long as this between two instructions.
		const stopped = 250 * time.Millisecond
		if there < len(said.recorded) {
			end := said.at[len(said.at)-1]
			lost := end - said.at[there]
			t.Logf("%d of %d calls lost, the oldest recorded %v before the end; the longest commit took %v", len(said.recorded)-there, len(said.recorded), lost, said.longest)
			if most := 20*time.Millisecond + said.longest + stopped; lost > most {
				t.Errorf("a call that was recorded %v before the end is lost, want none older than %v", lost, most)
			}
		}
		if err := s.Append(t.Context(), []ledger.Entry{ledgertest.Sample(1_000_000)}); err != nil {
			t.Errorf("Append() after the kill: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		whole(t, dir)
	}
}

// killed starts a recorder, kills it a while after its first commit and gives what it
// said.
func killed(t *testing.T, dir string, after time.Duration) story {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), recorderFolder+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var said story
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var what, id string
		var n int64
		if _, err := fmt.Sscanf(lines.Text(), "%s %s %d", &what, &id, &n); err != nil {
			continue // a line cut by the kill
		}
		if what == "recorded" {
			said.recorded, said.at = append(said.recorded, llm.CallID(id)), append(said.at, time.Duration(n))
			continue
		}
		if said.kept == "" {
			time.AfterFunc(after, func() { _ = child.Process.Kill() }) // it ends by nothing else
		}
		said.kept, said.longest = llm.CallID(id), max(said.longest, time.Duration(n))
	}
	if err := child.Wait(); err == nil || said.kept == "" {
		t.Fatalf("the child ended by itself (%v), or without a commit", err)
	}
	return said
}

// inspect checks what is there against what was said, and gives how many calls of
// those that were recorded are there: they are the first ones.
func (said *story) inspect(t *testing.T, s *sqlitestore.Store) int {
	t.Helper()
	there, missing := 0, 0
	for _, id := range said.recorded {
		_, err := s.Call(t.Context(), id)
		switch {
		case err != nil:
			missing++
		case missing > 0:
			t.Fatalf("call %s is there, one that was recorded before it is not", id)
		default:
			there++
		}
		if id == said.kept && err != nil {
			t.Fatalf("call %s is not there, although its commit had ended: %v", id, err)
		}
	}
	sums, err := s.Sums(t.Context(), ledger.SumQuery{})
	if err != nil || sums.Calls < int64(there) || sums.Calls > int64(there)+1 { // one may have been kept and not yet told of
		t.Errorf("%d calls are summed up, %v, of %d", sums.Calls, err, there)
	}
	exact, err := s.Sums(t.Context(), ledger.SumQuery{Since: ledgertest.Sample(0).Time, Until: ledgertest.Sample(there).Time})
	if err != nil || exact.Calls != int64(there) {
		t.Errorf("%d of the calls are summed up to the nanosecond, %v, want %d", exact.Calls, err, there)
	}
	costs, err := s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByRun, Limit: ledger.MaxLimit})
	if err != nil || costs.Total.Calls != sums.Calls || costs.More == 0 && ofRows(costs.Rows) != sums.Calls {
		t.Errorf("costs by run are of %d calls, in rows %d, %v, want %d", costs.Total.Calls, ofRows(costs.Rows), err, sums.Calls)
	}
	return there
}

func ofRows(rows []ledger.Cost) (calls int64) {
	for _, r := range rows {
		calls += r.Calls
	}
	return calls
}
