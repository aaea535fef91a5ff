package diagnosis_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/diagnosis"
)

// TestTheCommandsMend runs what the findings of a file propose, and looks again.
func TestTheCommandsMend(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here")
	}
	file := filepath.Join(t.TempDir(), "my own.env")
	write := "export MODEL='us.antropic.claude-haiku-4-5-20251001-v1:0' # mistyped\n" +
		"OLD_MODEL=us.anthropic.claude-3-haiku-20240307-v1:0\nEU_MODEL=eu.anthropic.claude-haiku-4-5-20251001-v1:0\n" +
		"AWS_MAX_ATTEMPTS = \"10\"\nexport AWS_RETRY_MODE=adaptive\nAWS_REGION=us-east-1\nAWS_DEFAULT_REGION=us-west-2\n" +
		"AWS_BEARER_TOKEN_BEDROCK=x\nAWS_ACCESS_KEY_ID=AKIDEXAMPLE\n"
	if err := os.WriteFile(file, []byte(write), 0o600); err != nil {
		t.Fatal(err)
	}
	examine := func() []diagnosis.Finding {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := healthy(t)
		f.Snapshot.Profiles = append(f.Snapshot.Profiles, account.Profile{ID: "us.anthropic.claude-haiku-5-5", Active: true})
		f.Env = diagnosis.ReadEnv(file, data, f.Catalog)
		return diagnosis.Examine(f).Findings
	}
	before := examine()
	if len(before) < 7 {
		t.Errorf("%d findings: %+v", len(before), before)
	}
	for _, f := range before {
		if out, err := exec.CommandContext(t.Context(), shell, "-c", f.Mend).CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v: %s", f.ID, f.Mend, err, out)
		}
	}
	if after := examine(); len(after) > 0 {
		data, _ := os.ReadFile(file)
		t.Errorf("still there: %+v\n%s", after, data)
	}
	if data, _ := os.ReadFile(file); !strings.Contains(string(data), "# mistyped") {
		t.Errorf("a comment has gone:\n%s", data)
	}
}
