package sqlitestore_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
)

func TestOpenMakesItsFolderForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b", "100%?#")
	open(t, dir, sqlitestore.Options{})
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, sqlitestore.FileName): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %o, want %o", path, got, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	junk := []byte(strings.Repeat("this is no database, but it is long enough to be read as one\n", 100))
	tests := map[string]struct {
		arrange func(t *testing.T, path string)
		opts    sqlitestore.Options
		kind    fault.Kind
		says    string
	}{
		"nothing to read":      {opts: sqlitestore.Options{ReadOnly: true}, kind: fault.NotFound, says: "headgate serve"},
		"an empty file":        {func(t *testing.T, p string) { t.Helper(); write(t, p, nil) }, sqlitestore.Options{ReadOnly: true}, fault.NotFound, "headgate serve"},
		"no database":          {func(t *testing.T, p string) { t.Helper(); write(t, p, junk) }, sqlitestore.Options{}, fault.Invalid, "is not a SQLite database"},
		"no database, to read": {func(t *testing.T, p string) { t.Helper(); write(t, p, junk) }, sqlitestore.Options{ReadOnly: true}, fault.Invalid, "is not a SQLite database"},
		"another program's": {func(t *testing.T, p string) {
			t.Helper()
			execute(t, p, "CREATE TABLE theirs (x)")
		}, sqlitestore.Options{}, fault.Invalid, "not made by Headgate"},
		"a newer schema": {func(t *testing.T, p string) {
			t.Helper()
			make1(t, p)
			execute(t, p, "PRAGMA user_version = 99")
		}, sqlitestore.Options{}, fault.Invalid, "newer Headgate (schema 99"},
		"a newer schema, to read": {func(t *testing.T, p string) {
			t.Helper()
			make1(t, p)
			execute(t, p, "PRAGMA user_version = 99")
		}, sqlitestore.Options{ReadOnly: true}, fault.Invalid, "newer Headgate (schema 99"},
		"a folder in the file's place": {func(t *testing.T, p string) {
			t.Helper()
			if err := os.Mkdir(p, 0o700); err != nil {
				t.Fatal(err)
			}
		}, sqlitestore.Options{}, fault.Invalid, "--data-dir"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), sqlitestore.FileName)
			if tt.arrange != nil {
				tt.arrange(t, path)
			}
			_, err := sqlitestore.Open(t.Context(), filepath.Dir(path), tt.opts)
			if fault.KindOf(err) != tt.kind || !strings.Contains(fault.Message(err), tt.says) {
				t.Errorf("Open() = %v (kind %s), want kind %s and a message with %q", err, fault.KindOf(err), tt.kind, tt.says)
			}
			if !strings.Contains(err.Error(), "--data-dir") && tt.kind == fault.Invalid {
				t.Errorf("Open() = %v, want a cure", err)
			}
		})
	}
}

func TestOpenUnderAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, []byte("x"))
	_, err := sqlitestore.Open(t.Context(), filepath.Join(file, "data"), sqlitestore.Options{})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), "a file is in the way") {
		t.Errorf("Open() under a file = %v, want invalid and why", err)
	}
}

func TestOpenInAReadOnlyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if os.Geteuid() == 0 {
		dir = "/proc/headgate" // the superuser may write in any folder on a disk; nobody can here
	} else if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err == nil || !strings.Contains(fault.Message(err), "--data-dir") {
		t.Errorf("Open() in a read-only folder = %v, want an error with a cure", err)
	}
}

func TestManyOpenTheSameNewFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
			if err != nil {
				t.Errorf("Open() error: %v", err)
				return
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close() error: %v", err)
			}
		})
	}
	all.Wait()
	ledgerOf(t, dir)
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writer, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	reader := open(t, filepath.Join(dir, sqlitestore.FileName), sqlitestore.Options{ReadOnly: true})
	for n := range 3 { // what is committed is seen while the writer is open
		if err := writer.Append(t.Context(), []ledger.Entry{ledgertest.Sample(n)}); err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Call(t.Context(), ledgertest.Sample(n).ID); err != nil {
			t.Errorf("reader's Call(%d) error: %v", n, err)
		}
	}
	if err := reader.Append(t.Context(), []ledger.Entry{ledgertest.Sample(9)}); err == nil {
		t.Error("Append() to a reader = nil, want an error")
	}
	if err := reader.Save(t.Context(), "pool", nil); err == nil {
		t.Error("Save() to a reader = nil, want an error")
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(ledgerOf(t, dir)); got != 3 {
		t.Errorf("after the writer has left, a new reader sees %d calls, want 3", got)
	}
}

func TestLimitState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, sqlitestore.Options{})
	want := map[string][]byte{"a/b": {0, 1, 255}, "c": []byte("second"), "nothing": {}}
	for pool, state := range map[string][]byte{"a/b": {0, 1, 255}, "c": []byte("first"), "nothing": nil} {
		if err := s.Save(t.Context(), pool, state); err != nil {
			t.Fatalf("Save(%s) error: %v", pool, err)
		}
	}
	if err := s.Save(t.Context(), "c", []byte("second")); err != nil {
		t.Fatalf("Save(c) error: %v", err)
	}
	for _, store := range []*sqlitestore.Store{s, open(t, dir, sqlitestore.Options{})} {
		got, err := store.Load(t.Context())
		if err != nil {
			t.Fatalf("Load() error: %v", err)
		}
		for pool := range got {
			if len(got[pool]) == 0 {
				got[pool] = []byte{}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Load() (-want +got):\n%s", diff)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Save(ctx, "c", nil); err == nil {
		t.Error("Save() under an ended context = nil, want an error")
	}
}

// ledgerOf is every call in dir, through a reader of its own.
func ledgerOf(t *testing.T, dir string) []ledger.Entry {
	t.Helper()
	calls, _, err := open(t, dir, sqlitestore.Options{ReadOnly: true}).Calls(t.Context(), ledger.Query{Limit: ledger.MaxLimit})
	if err != nil {
		t.Fatalf("Calls() error: %v", err)
	}
	return calls
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// make1 leaves a database of ours at path.
func make1(t *testing.T, path string) {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// execute runs SQL as another program would.
func execute(t *testing.T, path, script string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
