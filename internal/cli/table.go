package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"golang.org/x/term"
)

// column is one column of a table.
type column struct {
	title string
	right bool // for numbers
	// spare says when a terminal that is too narrow goes without the column:
	// the highest first. One of 0 stays.
	spare int
}

// screen collects what people read. On a terminal tables have borders and
// titles have colour; piped they are aligned columns without either, for grep
// and awk.
type screen struct {
	text  strings.Builder
	tty   bool
	color bool
	width int // of the terminal; 0 when there is none
	// today is when the screen was made: a terminal's tables leave the date of
	// the same day out.
	today time.Time
}

// newScreen looks at what standard output is.
func newScreen(a *app) *screen {
	s := &screen{today: time.Now()}
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

// instant is a time in the reader's own zone; for a terminal it has its date
// only when that is another than today's.
func (s *screen) instant(t time.Time) string {
	day := t.In(s.today.Location()).Format(time.DateOnly)
	if s.tty && !t.IsZero() && day == s.today.Format(time.DateOnly) {
		return t.In(s.today.Location()).Format(time.TimeOnly)
	}
	return instant(t)
}

// line writes one line of text.
func (s *screen) line(format string, args ...any) {
	fmt.Fprintf(&s.text, format+"\n", args...)
}

// fields writes names and values below each other. On a terminal, a value that
// does not fit goes on below itself.
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
		value := p[1]
		if room := s.width - width - 2; s.tty && room > 0 {
			below := "\n" + strings.Repeat(" ", width+2)
			value = strings.ReplaceAll(lipgloss.Wrap(value, room, ""), "\n", below)
		}
		s.text.WriteString(strings.TrimRight(name+"  "+value, " ") + "\n")
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

// bordered is table for a terminal. It is as wide as its cells; when the
// terminal is not, it goes without columns, and says so, before it breaks cells
// in two: an id that is broken cannot be copied.
func (s *screen) bordered(columns []column, rows [][]string) {
	all := len(columns)
	text := s.border(columns, rows).Render()
	for s.width > 0 && lipgloss.Width(text) > s.width {
		i := sparest(columns)
		if i < 0 {
			text = s.border(columns, rows).Width(s.width).Render()
			break
		}
		columns, rows = without(columns, rows, i)
		text = s.border(columns, rows).Render()
	}
	s.text.WriteString(text + "\n")
	if n := len(columns); n < all {
		s.line("%d of %d columns fit; -o json has all, and so has a wider terminal", n, all)
	}
}

// sparest is the column to go without, -1 when all must stay.
func sparest(columns []column) int {
	at, most := -1, 0
	for i, c := range columns {
		if c.spare > most {
			at, most = i, c.spare
		}
	}
	return at
}

// without is a table less its column i; the one that is handed in stays as it
// is.
func without(columns []column, rows [][]string, i int) ([]column, [][]string) {
	fewer := make([][]string, len(rows))
	for r, row := range rows {
		fewer[r] = slices.Delete(slices.Clone(row), i, i+1)
	}
	return slices.Delete(slices.Clone(columns), i, i+1), fewer
}

// border draws a table as terminals show it, at its own width.
func (s *screen) border(columns []column, rows [][]string) *table.Table {
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
	return t
}
