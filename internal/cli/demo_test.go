package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/cli"
)

// hook is called with what is written to it.
type hook func(string)

func (h hook) Write(p []byte) (int, error) {
	h(string(p))
	return len(p), nil
}

func TestInterruptedDemoPrintsWhatThereIs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var words strings.Builder
	stderr := hook(func(text string) {
		words.WriteString(text)
		cancel() // the first words come once the agents have started
	})
	var stdout bytes.Buffer
	code := cli.Run(ctx, []string{"demo", "--agents", "2", "--time-scale", "5", "-o", "json"}, strings.NewReader(""), &stdout, stderr)
	if code != 130 || !strings.Contains(words.String(), "headgate: error: interrupted") {
		t.Errorf("exit code %d, words %q; want 130 and that it was interrupted", code, words.String())
	}
	var report map[string]struct {
		Started  int `json:"runs_started"`
		Finished int `json:"runs_finished"`
		Errors   int `json:"client_errors"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("standard output %q: %v", stdout.String(), err)
	}
	if got := report["headgate"]; got.Started != 2 || got.Finished != 0 || got.Errors != 0 {
		t.Errorf("headgate = %+v, want two runs under way and no error", got)
	}
}

func TestDemoThatNeverStarted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code := cli.Run(ctx, []string{"demo"}, strings.NewReader(""), &stdout, &stderr)
	if code != 130 || !strings.Contains(stdout.String(), "Nothing has started.") {
		t.Errorf("exit code %d, output %q; want 130 and that nothing has started", code, stdout.String())
	}
}
