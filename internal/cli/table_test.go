package cli

import (
	"strings"
	"testing"

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
