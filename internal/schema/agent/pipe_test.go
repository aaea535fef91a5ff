//go:build unix

package agent_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/headgate/headgate/internal/schema/agent"
)

// TestAPipeIsReadOnce: nothing waits for a second writer.
func TestAPipeIsReadOnce(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "orders.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	go func() { // the run waits for it
		if err := os.WriteFile(pipe, []byte("id,v\n1,2\n2,3\n"), 0o600); err != nil {
			t.Error(err)
		}
	}()
	r, err := agent.Generate(t.Context(), options(t, pipe))
	if err != nil || r.Rows != 2 {
		t.Errorf("report %+v, error %v; want two rows", r, err)
	}
}
