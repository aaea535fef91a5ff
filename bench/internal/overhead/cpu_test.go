package overhead

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const rest = " S 1 2 3 4 5 6 7 8 9 10 123 45 0 0 20 0 9"
	for text, want := range map[string]time.Duration{
		"77 (node)" + rest:          1680 * time.Millisecond,
		"77 (a) b (c 1 2 3)" + rest: 1680 * time.Millisecond, // a name may hold anything
	} {
		if got, err := parseStat(text); err != nil || got != want {
			t.Errorf("parseStat(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "77 (node) S 1 2", "77 (node) S 1 2 3 4 5 6 7 8 9 10 x 45 0", "77 (node) S 1 2 3 4 5 6 7 8 9 10 1 y 0"} {
		if got, err := parseStat(text); err == nil {
			t.Errorf("parseStat(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseMachine(t *testing.T) {
	t.Parallel()
	got, err := parseMachine("cpu  100 20 3 9000 70 60 50 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")
	if want := 1270 * time.Millisecond; err != nil || got != want {
		t.Errorf("parseMachine = %v, %v, want %v", got, err, want)
	}
	for _, text := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 x 4 5 6 7 8"} {
		if got, err := parseMachine(text); err == nil {
			t.Errorf("parseMachine(%q) = %v, want an error", text, got)
		}
	}
}

func TestCPUOfThisProcess(t *testing.T) {
	t.Parallel()
	got, err := cpu(os.Getpid())
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	if err != nil || got < 0 {
		t.Errorf("cpu = %v, %v, want what this test used", got, err)
	}
}
