package ledgertest_test

import (
	"testing"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(ledgertest.TB) ledger.Store { return &ledgertest.Memory{} })
}
