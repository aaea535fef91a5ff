package catalog

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1": 1000, "0": 0, "1.10": 1100, "0.035": 35, "0.00875": 9, "0.0004": 0, "0.0005": 1, "1000000": maxRate,
		"": -1, ".5": -1, "1.": -1, "-1": -1, "1e3": -1, "1.2.3": -1, "1,5": -1, "0.0001x": -1, "1000000.001": -1,
		"99999999999999999999999": -1, "1O": -1,
	} {
		got, err := parseRate(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("parseRate(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestParseRateReadsWhatItPrints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nano := rapid.Int64Range(0, maxRate).Draw(t, "nano")
		got, err := parseRate(fmt.Sprintf("%d.%03d", nano/1000, nano%1000))
		if err != nil || got != nano {
			t.Fatalf("%d came back as %d, %v", nano, got, err)
		}
	})
}

func TestDistance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-c]{0,8}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b, 20)
		if d != distance(b, a, 20) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("distance(%q, %q) = %d", a, b, d)
		}
		if limit := rapid.IntRange(0, 8).Draw(t, "limit"); distance(a, b, limit) != min(d, limit+1) {
			t.Fatalf("distance(%q, %q, %d) = %d, want %d", a, b, limit, distance(a, b, limit), min(d, limit+1))
		}
	})
	if d := distance("haiku", "hiaku", 9); d != 1 {
		t.Errorf("a swap of neighbours is one edit, got %d", d)
	}
}

func TestParseForm(t *testing.T) {
	t.Parallel()
	f := parseForm("anthropic.claude-haiku-4-5-20251001-v1:0")
	if f.provider != "anthropic" || f.core != "claude-haiku-4-5" || f.date != 20251001 || f.version != 1 || f.minor != 0 || f.generation() != 4 || f.canonical != "claude haiku" {
		t.Errorf("form %+v", f)
	}
	if f := parseForm("meta.llama3-1-8b-instruct-v1:0"); f.canonical != "b instruct llama" || len(f.numbers) != 3 {
		t.Errorf("form %+v", f)
	}
	if f := parseForm("openai.gpt-oss-120b-1:0"); f.version != -1 || f.minor != 0 || f.date != -1 {
		t.Errorf("form %+v", f)
	}
}
