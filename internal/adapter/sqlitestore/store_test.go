package sqlitestore_test

import (
	"context"
	"os"
	"testing"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	ledgertest.Run(t, func(t ledgertest.TB) ledger.Store {
		t.Helper()
		dir, err := os.MkdirTemp(root, "store")
		if err != nil {
			t.Fatalf("make a folder: %v", err)
		}
		return open(t, dir, sqlitestore.Options{})
	})
}

// open opens a store and closes it when t ends.
func open(t ledgertest.TB, dir string, opts sqlitestore.Options) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(context.Background(), dir, opts)
	if err != nil {
		t.Fatalf("Open(%s) error: %v", dir, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Fatalf("Close() error: %v", err)
		}
	})
	return s
}
