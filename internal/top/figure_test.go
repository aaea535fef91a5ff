package top

import (
	"math"
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 50: "50", 9999: "9999", 10_000: "10k", 12_345: "12.3k", 99_949: "99.9k", 99_960: "100k", 999_499: "999k", 999_600: "1M",
		1_250_000: "1.2M", 216_000_000: "216M", 1_000_000_000_000: "1T", -12_345: "-12.3k", math.MaxInt64: "9.2E",
	} {
		if got := short(n); got != want {
			t.Errorf("short(%d) = %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", time.Microsecond: "1ms", 210 * time.Millisecond: "210ms", 996 * time.Millisecond: "1.0s", 3140 * time.Millisecond: "3.1s",
		74 * time.Second: "74s", 100 * time.Second: "2m", 26 * time.Hour: "26h00", 80 * time.Hour: "3d", -time.Minute: "-60s",
	} {
		if got := spell(d); got != want {
			t.Errorf("spell(%v) = %s, want %s", d, got, want)
		}
	}
	for nano, want := range map[int64]string{0: "$0.00", 2_484_000: "$0.0025", 843_210_000: "$0.84", 12_345_678_901: "$12.35", 1_234_567_890_123: "$1,235", -1: "-"} {
		if got := dollars(&nano); got != want {
			t.Errorf("dollars(%d) = %s, want %s", nano, got, want)
		}
	}
}

func TestGaugesAndSparks(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "░░░░", 0.001: "▏░░░", 0.5: "██░░", 0.66: "██▋░", 1: "████", 3: "████", -1: "░░░░"} {
		if got := gauge(&v, 4); got != want {
			t.Errorf("gauge(%v) = %s, want %s", v, got, want)
		}
	}
	if got := gauge(nil, 4); got != "····" {
		t.Errorf("gauge(nil) = %s", got)
	}
	for _, c := range []struct {
		shares []float64
		width  int
		want   string
	}{
		{nil, 3, "   "}, {[]float64{0, 0.01, 0.5, 0.99, 1, 7}, 6, "·▁▅███"}, {[]float64{0, 1, 0, 0.2}, 2, "█▂"}, {[]float64{1}, 3, "███"},
	} {
		if got := spark(c.shares, c.width); got != c.want {
			t.Errorf("spark(%v, %d) = %s, want %s", c.shares, c.width, got, c.want)
		}
	}
}

func TestModelNames(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"us.anthropic.claude-haiku-4-5-20251001-v1:0":   "claude-haiku-4-5",
		"anthropic.claude-3-5-sonnet-20241022-v2:0":     "claude-3-5-sonnet-v2",
		"us-gov.anthropic.claude-3-haiku-20240307-v1:0": "claude-3-haiku",
		"amazon.nova-pro-v1:0":                          "nova-pro",
		"openai.gpt-oss-120b-1:0":                       "gpt-oss-120b",
		"moonshotai.kimi-k2.5":                          "kimi-k2.5",
		"deepseek.v3.2":                                 "deepseek.v3.2",
		"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc12": "abc12",
		"": "", ".": ".", "x.": "x.",
	} {
		if got := modelName(id); got != want {
			t.Errorf("modelName(%s) = %s, want %s", id, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add(hostile, 8)
	f.Add("検索\u200d👩\ufe0f", 3)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = min(max(width, 0), 100)
		if got := fit(clean(text), width, false); cells(got) != width {
			t.Errorf("fit(%q, %d) = %q, %d cells", text, width, got, cells(got))
		}
		for _, r := range clean(text) {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Errorf("clean(%q) has %U", text, r)
			}
		}
	})
}
