package top

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

// pressed is the state after keys, and whether the last one quits.
func pressed(t *testing.T, m Model, keys ...string) (next Model, quits bool) {
	t.Helper()
	special := map[string]tea.KeyPressMsg{
		"tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape},
		"backspace": {Code: tea.KeyBackspace}, "down": {Code: tea.KeyDown}, "up": {Code: tea.KeyUp}, "end": {Code: tea.KeyEnd}, "home": {Code: tea.KeyHome},
		"space": {Code: tea.KeySpace, Text: " "}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	}
	for _, key := range keys {
		msg, ok := special[key]
		if !ok {
			msg = tea.KeyPressMsg{Code: []rune(key)[0], Text: key}
		}
		model, cmd := m.Update(msg)
		m = model.(Model)
		quits = false
		if cmd != nil {
			_, quits = cmd().(tea.QuitMsg)
		}
	}
	return m, quits
}

func TestKeysQuit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys string
		want bool
	}{
		{"q", true},
		{"ctrl+c", true},
		{"2 q", true},
		{"/ ctrl+c", true},
		{"? ctrl+c", true},
		{"/ q", false},
		{"? q", false},
		{"? q q", true},
		{"x", false},
	} {
		if _, got := pressed(t, shown(busy(), 80, 24), strings.Fields(c.keys)...); got != c.want {
			t.Errorf("after %s it quits: %t, want %t", c.keys, got, c.want)
		}
	}
}

func TestPagesAndHelp(t *testing.T) {
	t.Parallel()
	m := shown(busy(), 80, 24)
	for _, c := range []struct {
		keys string
		want page
	}{{"2", pageCalls}, {"3", pageRuns}, {"3 1", pageLimits}, {"tab", pageCalls}, {"tab tab tab", pageLimits}, {"shift+tab", pageRuns}, {"? 2", pageCalls}} {
		if got, _ := pressed(t, m, strings.Fields(c.keys)...); got.page != c.want || got.helping {
			t.Errorf("after %s: page %s, help %t, want %s", c.keys, got.page, got.helping, c.want)
		}
	}
}

// names are the first words of the rows of limits.
func names(m Model) []string {
	var out []string
	for _, l := range m.limits() {
		out = append(out, poolName(l.Pool)+" "+limitName(l.Limit))
	}
	return out
}

func TestSort(t *testing.T) {
	t.Parallel()
	m := shown(busy(), 80, 24)
	for keys, want := range map[string]string{
		"":        "claude-haiku-4-5 geo req/min",
		"S":       "claude-sonnet-4-5 geo req/min",
		"s":       "claude-haiku-4-5 geo req/min", // used
		"s s":     "claude-haiku-4-5 geo req/min", // waiting
		"s s s":   "claude-haiku-4-5 geo req/min", // empty in
		"s s s s": "claude-haiku-4-5 geo req/min", // name
		"s S":     "claude-sonnet-4-5 geo req/min",
	} {
		got, _ := pressed(t, m, strings.Fields(keys)...)
		if first := names(got)[0]; first != want {
			t.Errorf("after %q the first row is %s, want %s", keys, first, want)
		}
	}
	byName, _ := pressed(t, m, "s", "s", "s", "s")
	if got := names(byName); got[len(got)-1] != "whole account tok/day" {
		t.Errorf("by name: %q", got)
	}
	if again, _ := pressed(t, m, "s", "s", "s", "s", "s"); cmp.Diff(names(m), names(again)) != "" {
		t.Error("the order after all others is not the first")
	}
	calls, _ := pressed(t, m, "2", "s")
	if got := calls.calls()[0].ID; got != "c_06h0ee8ahn6w0001" {
		t.Errorf("the call that waited longest is %s", got)
	}
	if got := m.calls()[0].ID; got != "c_06h0ee8ahn6w0004" {
		t.Errorf("the newest call is %s", got)
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	m, _ := pressed(t, shown(busy(), 80, 24), "/", "S", "o", "n", "n", "x", "backspace")
	if got := len(m.limits()); got != 3 || !m.typing {
		t.Fatalf("Sonn lets through %d limits, typing %t", got, m.typing)
	}
	model, _ := m.Update(tea.PasteMsg{Content: "et-4\x1b[2J\n"})
	m, _ = pressed(t, model.(Model), "enter")
	if m.filter != "Sonnet-4[2J" || m.typing {
		t.Errorf("the filter is %q, typing %t", m.filter, m.typing)
	}
	if m, _ = pressed(t, m, "/", "ctrl+u", "a", "esc"); m.filter != "Sonnet-4[2J" || m.typing {
		t.Errorf("after Esc the filter is %q, typing %t", m.filter, m.typing)
	}
	if m, _ = pressed(t, m, "esc"); m.filter != "" || len(m.limits()) != 8 {
		t.Errorf("Esc leaves the filter at %q", m.filter)
	}
	m, _ = pressed(t, m, "2", "/", "検")
	if got := m.calls(); len(got) != 1 || got[0].Run != "agent-7" {
		t.Errorf("検 lets through %d calls", len(got))
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	m, _ := pressed(t, shown(busy(), 80, 24), "space")
	later := busy()
	later.Calls.Today, later.Time = 99_999, noon().Add(7*time.Second)
	m.hear(news{now: noon().Add(7 * time.Second), overview: &later, heard: noon().Add(7 * time.Second), calls: []console.Call{{ID: "new"}}})
	frame := m.frame()
	if !strings.Contains(frame, "12,345 today") || !strings.Contains(frame, "12:00:05  paused 7.0s") || len(m.calls()) != 4 {
		t.Errorf("a paused view goes on:\n%s", frame)
	}
	m, _ = pressed(t, m, "p")
	if frame := m.frame(); !strings.Contains(frame, "99,999 today") || !strings.Contains(frame, "12:00:12  live") || len(m.calls()) != 5 {
		t.Errorf("the view does not go on:\n%s", frame)
	}
}

func TestScroll(t *testing.T) {
	t.Parallel()
	m := shown(busy(), 80, 24)
	for keys, want := range map[string]string{"": "1–6 of 8", "down": "2–7 of 8", "end": "3–8 of 8", "end up up up up up up": "2–7 of 8", "end home": "1–6 of 8", "up": "1–6 of 8"} {
		got, _ := pressed(t, m, strings.Fields(keys)...)
		if frame := got.frame(); !strings.Contains(frame, "LIMIT "+want) {
			t.Errorf("after %q the rows are not %s:\n%s", keys, want, frame)
		}
	}
}

func TestCallsAreKnownOnceAndBounded(t *testing.T) {
	t.Parallel()
	m := shown(busy(), 80, 24)
	m.hear(news{now: noon(), calls: ended()})
	if got := len(m.latest.calls); got != 4 {
		t.Errorf("calls heard twice are shown as %d", got)
	}
	var many []console.Call
	for i := range 2 * mostCalls {
		many = append(many, console.Call{ID: llm.CallID(strings.Repeat("x", i+1))})
	}
	m.hear(news{now: noon(), calls: many, skipped: 12})
	if got := len(m.latest.calls); got != mostCalls || len(m.latest.calls[got-1].ID) != 2*mostCalls || m.latest.skipped != 12 {
		t.Errorf("%d calls are kept, %d skipped", got, m.latest.skipped)
	}
}

func TestStateOfTheConnection(t *testing.T) {
	t.Parallel()
	m := shown(busy(), 80, 24)
	at := func(s int) time.Time { return noon().Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		news news
		want string
	}{
		{news{now: at(1)}, "live"},
		{news{now: at(1), link: &link{contact: polling}}, "polled"},
		{news{now: at(6)}, "stale 6.0s"}, // nothing was heard for too long
		{news{now: at(7), link: &link{contact: lost, why: errors.New("it is gone"), again: at(9)}}, "Not heard of the gateway, again in 2.0s: it is gone"},
		{news{now: at(8), link: &link{contact: live}, overview: new(busy()), heard: at(8)}, "live"},
	} {
		m.hear(c.news)
		if frame := m.frame(); !strings.Contains(frame, c.want) {
			t.Errorf("%q is not in\n%s", c.want, frame)
		}
	}
}
