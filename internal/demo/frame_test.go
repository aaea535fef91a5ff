package demo

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// half is a demonstration at half time.
func half(o Options) Scene {
	agents := func(answered ...int) []AgentScene {
		list := make([]AgentScene, o.Agents)
		for i := range list {
			n := answered[i%len(answered)]
			list[i] = AgentScene{Answered: max(n, -n-1), Failed: n < 0, Finished: n == o.Calls}
		}
		return list
	}
	return Scene{
		Options: o, Elapsed: o.real(14*time.Minute + 30*time.Second),
		Arms: []ArmScene{
			{
				Name: "direct", About: "the AWS SDK alone, retries after 2, 4, 8, 16 and 32 s",
				Agents:    agents(-1, -2, -1, 6, -1, -3),
				Result:    Result{RunsFinished: 1, ClientErrors: 9, UpstreamThrottles: 1082, UpstreamCalls: 9, QuotaUsed: 1.138},
				PerMinute: []int{3, 2, 1, 0, 5},
			},
			{
				Name: "fifo", About: "Headgate's pacing, calls in order of arrival; no retries needed",
				Agents:    agents(2, 3),
				Result:    Result{UpstreamCalls: 30, QuotaUsed: 1.002},
				PerMinute: []int{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2},
			},
			{
				Name: "headgate", About: "Headgate, begun runs first; no retries needed",
				Agents:    agents(6, 6, 6, 1, 0),
				Result:    Result{RunsFinished: o.Agents, UpstreamCalls: 30, QuotaUsed: 0.998},
				PerMinute: []int{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2},
			},
		},
	}
}

func crowd() Options {
	o := DefaultOptions()
	o.Agents, o.RequestsPerMinute = 40, 5
	return o
}

func TestFrame(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"frame": DefaultOptions(), "crowd": crowd()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata", name+".golden")
			got := frame(half(o), newTheme(false), 80) + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("frame at 80 columns (-want +got):\n%s", diff)
			}
		})
	}
}

func TestColourAddsNothingButColour(t *testing.T) {
	t.Parallel()
	escapes := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, o := range []Options{DefaultOptions(), crowd()} {
		plain, coloured := frame(half(o), newTheme(false), 80), frame(half(o), newTheme(true), 80)
		if strings.Contains(plain, "\x1b") {
			t.Errorf("the plain frame has escape sequences: %q", plain)
		}
		if !escapes.MatchString(coloured) {
			t.Error("the coloured frame has no colour")
		}
		if diff := cmp.Diff(plain, escapes.ReplaceAllString(coloured, "")); diff != "" {
			t.Errorf("frame without colour and with it (-plain +coloured):\n%s", diff)
		}
	}
}

// Whatever happens, a frame has its height and stays within its width.
func TestFrameFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Agents:            rapid.IntRange(1, maxAgents).Draw(t, "agents"),
			Calls:             rapid.IntRange(1, len(steps())).Draw(t, "calls"),
			RequestsPerMinute: rapid.IntRange(1, maxPerMinute).Draw(t, "perMinute"),
			TimeScale:         rapid.Float64Range(1, maxTimeScale).Draw(t, "scale"),
		}
		s := Scene{Options: o, Elapsed: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "elapsed"))}
		for range 3 {
			arm := ArmScene{Name: "headgate", About: strings.Repeat("about ", 20), PerMinute: rapid.SliceOfN(rapid.IntRange(0, 300), 0, 400).Draw(t, "minutes")}
			for range o.Agents {
				n := rapid.IntRange(0, o.Calls).Draw(t, "answered")
				arm.Agents = append(arm.Agents, AgentScene{Answered: n, Finished: n == o.Calls, Failed: n < o.Calls && rapid.Bool().Draw(t, "failed")})
			}
			arm.Result.ClientErrors, arm.Result.UpstreamThrottles, arm.Result.QuotaUsed = o.Agents, 123456, 99.9
			s.Arms = append(s.Arms, arm)
		}
		width := rapid.IntRange(20, 200).Draw(t, "width")
		lines := strings.Split(frame(s, newTheme(true), width), "\n")
		if len(lines) != frameHeight {
			t.Fatalf("the frame has %d lines, want %d", len(lines), frameHeight)
		}
		for _, line := range lines {
			if w := lipgloss.Width(line); w > width {
				t.Fatalf("a line is %d cells wide, more than %d: %q", w, width, line)
			}
		}
	})
}

// A run between its last answer and its finish must not break the drawing.
func TestBarOfARunThatIsAboutToFinish(t *testing.T) {
	t.Parallel()
	if got, want := bar(AgentScene{Answered: 6}, 6, newTheme(false)), "██████"; got != want {
		t.Errorf("bar = %q, want %q", got, want)
	}
}
