package cli

import (
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"
)

func columnsAndRows() ([]column, [][]string) {
	return []column{{title: "Name"}, {title: "Tokens", right: true}, {title: "Note"}},
		[][]string{{"größe", "1,200", ""}, {"b", "7", "late"}}
}

func TestPipedTableIsAlignedAndBare(t *testing.T) {
	t.Parallel()
	var s screen
	s.table(columnsAndRows())
	want := "" +
		"NAME   TOKENS  NOTE\n" +
		"größe   1,200\n" +
		"b           7  late\n"
	if diff := cmp.Diff(want, s.text.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestTerminalTableHasBordersAndFits(t *testing.T) {
	t.Parallel()
	s := screen{tty: true, width: 24}
	s.table(columnsAndRows())
	text := s.text.String()
	if !strings.Contains(text, "╭") || !strings.Contains(text, "Name") {
		t.Errorf("table has no border or no titles:\n%s", text)
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("table has colour where none was asked for: %q", text)
	}
	if got := lipgloss.Width(text); got > 24 {
		t.Errorf("table is %d wide, the terminal 24:\n%s", got, text)
	}
}

func TestNarrowTerminalGoesWithoutSpareColumns(t *testing.T) {
	t.Parallel()
	columns := []column{{title: "Call"}, {title: "Model", spare: 2}, {title: "Run", spare: 1}, {title: "Took", right: true}}
	rows := [][]string{{"c_06h0ee8ahn6w0004", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "agent-7", "1m1s"}}
	tests := []struct {
		width     int
		has, lack []string
	}{
		{100, []string{"claude-haiku", "agent-7", "1m1s"}, []string{"columns fit"}},
		{50, []string{"agent-7", "1m1s", "3 of 4 columns fit; -o json has all"}, []string{"claude"}},
		{35, []string{"1m1s", "2 of 4 columns fit"}, []string{"claude", "agent-7"}},
	}
	for _, tt := range tests {
		s := screen{tty: true, width: tt.width}
		s.table(columns, rows)
		text := s.text.String()
		for _, want := range append(tt.has, "c_06h0ee8ahn6w0004") {
			if !strings.Contains(text, want) {
				t.Errorf("at %d columns the table lacks %q:\n%s", tt.width, want, text)
			}
		}
		for _, no := range tt.lack {
			if strings.Contains(text, no) {
				t.Errorf("at %d columns the table has %q:\n%s", tt.width, no, text)
			}
		}
		grid, _, _ := strings.Cut(text, "╯")
		if got := lipgloss.Width(grid); got > tt.width {
			t.Errorf("the table is %d wide, the terminal %d:\n%s", got, tt.width, text)
		}
	}
	if len(columns) != 4 || len(rows[0]) != 4 {
		t.Errorf("the table changed what it was handed: %v, %v", columns, rows)
	}
}

func TestTerminalLeavesTodaysDateOut(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 23, 23, 30, 0, 0, time.Local)
	earlier := today.Add(-time.Hour)
	yesterday := today.AddDate(0, 0, -1)
	tests := []struct {
		tty  bool
		at   time.Time
		want string
	}{
		{true, earlier, "22:30:00"},
		{true, earlier.UTC(), "22:30:00"},
		{true, yesterday, "2026-11-22 23:30:00"},
		{true, time.Time{}, "-"},
		{false, earlier, "2026-11-23 22:30:00"},
	}
	for _, tt := range tests {
		s := screen{tty: tt.tty, today: today}
		if got := s.instant(tt.at); got != tt.want {
			t.Errorf("instant(%v) on a terminal %t = %q, want %q", tt.at, tt.tty, got, tt.want)
		}
	}
}

func TestTerminalFieldsGoOnBelowThemselves(t *testing.T) {
	t.Parallel()
	s := screen{tty: true, width: 20}
	s.fields([2]string{"waited", "1m0s: requests were used up"}, [2]string{"id", "x"})
	want := "" +
		"waited  1m0s:\n" +
		"        requests\n" +
		"        were used up\n" +
		"id      x\n"
	if diff := cmp.Diff(want, s.text.String()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestFieldsAreAligned(t *testing.T) {
	t.Parallel()
	var s screen
	s.fields([2]string{"id", "x"}, [2]string{"outcome", "ok"}, [2]string{"none", ""})
	if got, want := s.text.String(), "id       x\noutcome  ok\nnone\n"; got != want {
		t.Errorf("fields wrote %q, want %q", got, want)
	}
}

func TestColourIsForTerminalsThatWantIt(t *testing.T) {
	t.Parallel()
	a := &app{out: &strings.Builder{}, environ: []string{"TERM=xterm", "NO_COLOR=", "TERM=dumb"}}
	if s := newScreen(a); s.tty || s.color {
		t.Errorf("newScreen of a buffer = tty %t, colour %t; want neither", s.tty, s.color)
	}
	if got := a.env("TERM"); got != "dumb" {
		t.Errorf("env(TERM) = %q, want the last one, dumb", got)
	}
}
