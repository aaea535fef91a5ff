package sqlitestore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var stores atomic.Int64
	ledgertest.Run(t, func(t ledgertest.TB) ledger.Store {
		t.Helper()
		return open(t, filepath.Join(root, fmt.Sprint(stores.Add(1))), sqlitestore.Options{})
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
