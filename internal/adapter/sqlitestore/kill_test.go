package sqlitestore_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
)

// childFolder makes this test binary a writer into that folder.
const childFolder = "SQLITESTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(recorderFolder); dir != "" {
		err := recordForever(dir)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if dir := os.Getenv(childFolder); dir != "" {
		err := writeForever(dir)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// childBatch is how many calls the child commits at once.
const childBatch = 20

// writeForever commits batches and limit state, and says so after each.
func writeForever(dir string) error {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{})
	if err != nil {
		return err
	}
	for n := 0; ; n += childBatch {
		var entries []ledger.Entry
		for i := range childBatch {
			entries = append(entries, ledgertest.Sample(n+i))
		}
		if err := s.Append(ctx, entries); err != nil {
			return err
		}
		if err := s.Save(ctx, "pool", []byte(strconv.Itoa(n+childBatch))); err != nil {
			return err
		}
		if _, err := fmt.Println(n + childBatch); err != nil {
			return err
		}
	}
}

// TestKilledWriterLosesNothingItHasCommitted kills a process in the midst of
// writing, while this one reads from the same database.
func TestKilledWriterLosesNothingItHasCommitted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childFolder+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	committed, lines := 0, bufio.NewScanner(out)
	for committed < 600 && lines.Scan() {
		if committed, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if committed%100 == 0 {
			if got := len(ledgerOf(t, dir)); got < committed {
				t.Errorf("while the other process writes, %d calls are seen of %d committed", got, committed)
			}
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it had committed until it died
		if committed, err = strconv.Atoi(lines.Text()); err != nil {
			break // a line cut by the kill
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself, it was not killed")
	}
	inspect(t, dir, committed)
}

// inspect checks that the database is whole and has at least what was committed.
func inspect(t *testing.T, dir string, committed int) {
	t.Helper()
	s := open(t, dir, sqlitestore.Options{})
	run, _, err := s.Run(t.Context(), "search", "run-1")
	if err != nil || run.Calls < committed || run.Calls > committed+childBatch || run.Calls%childBatch != 0 {
		t.Errorf("after the kill: %d calls, %v, want whole batches, at least %d and at most one more", run.Calls, err, committed)
	}
	state, err := s.Load(t.Context())
	if got, _ := strconv.Atoi(string(state["pool"])); err != nil || got < committed {
		t.Errorf("after the kill: limit state %q, %v, want at least %d", state["pool"], err, committed)
	}
	if err := s.Append(t.Context(), []ledger.Entry{ledgertest.Sample(1_000_000)}); err != nil {
		t.Errorf("Append() after the kill: %v", err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, sqlitestore.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check = %q, %v, want ok", verdict, err)
	}
}
