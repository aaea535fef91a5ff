package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"golang.org/x/term"
)

// column is one column of a table.
type column struct {
	title string
	right bool // for numbers
}

// screen collects what people read. On a terminal tables have borders and
// titles have colour; piped they are aligned columns without either, for grep
// and awk.
type screen struct {
	text  strings.Builder
	tty   bool
	color bool
	width int // of the terminal; 0 when there is none
}

// newScreen looks at what standard output is.
func newScreen(a *app) *screen {
	s := &screen{}
	f, ok := a.out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.tty = true
	if w, _, err := term.GetSize(int(f.Fd())); err == nil {
		s.width = w
	}
	s.color = !a.noColor && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
	return s
}

// env is the value of a variable, empty when it is not set.
func (a *app) env(name string) string {
	for _, entry := range slices.Backward(a.environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// line writes one line of text.
func (s *screen) line(format string, args ...any) {
	fmt.Fprintf(&s.text, format+"\n", args...)
}

// fields writes names and values below each other. A value without a name
// continues the one above.
func (s *screen) fields(pairs ...[2]string) {
	width := 0
	for _, p := range pairs {
		width = max(width, lipgloss.Width(p[0]))
	}
	for _, p := range pairs {
		name := p[0] + strings.Repeat(" ", width-lipgloss.Width(p[0]))
		if s.color {
			name = lipgloss.NewStyle().Faint(true).Render(name)
		}
		s.text.WriteString(strings.TrimRight(name+"  "+p[1], " ") + "\n")
	}
}

// table writes rows below their titles. Rows have a cell for each column.
func (s *screen) table(columns []column, rows [][]string) {
	if s.tty {
		s.bordered(columns, rows)
		return
	}
	widths := make([]int, len(columns))
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = strings.ToUpper(c.title)
		widths[i] = lipgloss.Width(titles[i])
		for _, row := range rows {
			widths[i] = max(widths[i], lipgloss.Width(row[i]))
		}
	}
	for _, row := range slices.Concat([][]string{titles}, rows) {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-lipgloss.Width(cell))
			if columns[i].right {
				b.WriteString(pad + cell + "  ")
			} else {
				b.WriteString(cell + pad + "  ")
			}
		}
		s.text.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
}

// bordered is table for a terminal. It is as wide as its cells, or as the
// terminal when they do not fit.
func (s *screen) bordered(columns []column, rows [][]string) {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	t := table.New().
		Headers(titles...).
		Rows(rows...).
		Border(lipgloss.RoundedBorder()).
		StyleFunc(func(row, col int) lipgloss.Style {
			style := lipgloss.NewStyle().Padding(0, 1)
			if columns[col].right {
				style = style.Align(lipgloss.Right)
			}
			if row == table.HeaderRow && s.color {
				style = style.Bold(true)
			}
			return style
		})
	if s.color {
		t = t.BorderStyle(lipgloss.NewStyle().Faint(true))
	}
	text := t.Render()
	if s.width > 0 && lipgloss.Width(text) > s.width {
		text = t.Width(s.width).Render()
	}
	s.text.WriteString(text + "\n")
}
