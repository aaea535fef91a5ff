package top

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/console"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestFrames(t *testing.T) {
	t.Parallel()
	lostSince := func(m *Model) {
		m.hear(news{now: noon().Add(12 * time.Second), link: &link{contact: lost, why: fmt.Errorf("connection refused\x1b[31m"), again: noon().Add(16 * time.Second)}})
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 10}} {
		for _, c := range []struct {
			name  string
			state func(*Model)
		}{
			{"limits", func(*Model) {}},
			{"calls", func(m *Model) { m.page = pageCalls }},
			{"runs", func(m *Model) { m.page = pageRuns }},
			{"lost", lostSince},
			{"filter", func(m *Model) { m.filter, m.typing = "sonnet", true }},
			{"help", func(m *Model) { m.helping = true }},
			{"quiet", func(m *Model) {
				*m = shown(console.Overview{Time: noon(), TimeScale: 60, Next: console.NextAction{Severity: "ok", Text: "Nothing to do"}}, m.width, m.height)
				m.shown.calls = nil
			}},
		} {
			name := fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m := shown(busy(), size[0], size[1])
				c.state(&m)
				golden(t, name, m.frame())
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	got += "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestFramesFitEverySize: no line is wider than the terminal, no frame higher, on
// any page, with and without colours.
func TestFramesFitEverySize(t *testing.T) {
	t.Parallel()
	for width := 1; width <= 160; width += 3 {
		for height := 1; height <= 45; height += 2 {
			for p := range pages {
				m := shown(busy(), width, height)
				m.page, m.theme = p, newTheme(width%2 == 0)
				m.hear(news{now: noon().Add(time.Minute), link: &link{contact: lost, why: fmt.Errorf("%s", strings.Repeat("long ", 50))}})
				lines := strings.Split(m.frame(), "\n")
				if len(lines) > height {
					t.Fatalf("%d×%d %s: %d lines", width, height, p, len(lines))
				}
				for _, l := range lines {
					if lipgloss.Width(l) > width {
						t.Fatalf("%d×%d %s: a line of %d cells: %q", width, height, p, lipgloss.Width(l), l)
					}
				}
			}
		}
	}
}

// TestNothingReachesTheTerminalRaw: names may hold escape sequences; without
// colours a frame has no character that is not printed, whatever is said.
func TestNothingReachesTheTerminalRaw(t *testing.T) {
	t.Parallel()
	o := busy()
	o.Version, o.Account, o.Region = hostile, hostile, hostile
	o.Next.Text, o.Next.Why, o.Next.Command = hostile, hostile, hostile
	o.Ledger.Failure = hostile
	o.Limits[0].Status, o.Limits[0].Limit, o.Limits[1].Pool.Model = hostile, hostile, hostile
	o.Activity[0].Class, o.Runs[0].ID = hostile, hostile
	for p := range pages {
		m := shown(o, 200, 60)
		m.page, m.filter = p, ""
		m.hear(news{now: noon(), link: &link{contact: lost, why: fmt.Errorf("%s", hostile)}})
		got := m.frame()
		for _, r := range got {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%s: %q is in the frame:\n%q", p, r, got)
			}
		}
		if !strings.Contains(got, `evil\x1b[2J\x1b]0;pwned\a\u202egnp next`) {
			t.Errorf("%s: the hostile name is not told of:\n%s", p, got)
		}
	}
}

func TestColoursFollowRoles(t *testing.T) {
	t.Parallel()
	m := shown(busy(), 80, 24)
	if text := m.frame(); strings.Contains(text, "\x1b") {
		t.Errorf("without colours a frame has escape sequences: %q", text)
	}
	m.theme = newTheme(true)
	text := m.frame()
	for _, want := range []string{"\x1b[33mbinding\x1b[m", "\x1b[1;31mblocked\x1b[m", "\x1b[32mlive\x1b[m"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the frame:\n%q", want, text)
		}
	}
	m.hear(news{now: noon().Add(time.Minute)})
	if text := m.frame(); strings.Contains(text, "\x1b[33m") || !strings.Contains(text, "stale 60s") {
		t.Errorf("what is stale is not faint:\n%q", text)
	}
}
