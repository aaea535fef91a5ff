package demo

import (
	"strings"
	"testing"
)

func TestPromptHasItsSize(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("answer ", 1000)
	seen := map[string]bool{}
	for agent := range maxAgents {
		for step, name := range steps() {
			for _, before := range []string{"", "short", long} {
				text := prompt(agent, step, before)
				if len(text) != inputBytes {
					t.Fatalf("prompt(%d, %s) has %d bytes, want %d", agent, name, len(text), inputBytes)
				}
				if !strings.HasPrefix(text, "[[output_tokens=250]] ") || !strings.Contains(text, name) {
					t.Errorf("prompt(%d, %s) does not say how long its answer is, or its step: %.60q", agent, name, text)
				}
				if seen[text] {
					t.Errorf("prompt(%d, %s) is another's too", agent, name)
				}
				seen[text] = true
			}
		}
	}
}

// A run is about 2,000 tokens in and 1,500 out.
func TestRunHasItsSize(t *testing.T) {
	t.Parallel()
	if in := len(steps()) * inputBytes / 4; in < 1900 || in > 2100 {
		t.Errorf("a run sends about %d tokens, want about 2,000", in)
	}
	if out := len(steps()) * outputTokens; out != 1500 {
		t.Errorf("a run is answered with %d tokens, want 1,500", out)
	}
}

func TestPromptCarriesTheAnswerBefore(t *testing.T) {
	t.Parallel()
	if text := prompt(0, 1, "tables: orders, customers"); !strings.Contains(text, "tables: orders, customers\n") {
		t.Errorf("prompt does not hold the answer before it: %.200q", text)
	}
}
