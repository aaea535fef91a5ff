package top

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// role is what a text means; its colour follows.
type role uint8

const (
	roleText  role = iota
	roleTitle      // headings and names of columns
	roleFaint      // what may be passed over
	roleGood
	roleBusy // is used up or waits: as it should be, and worth a look
	roleBad
	roleKey // what can be pressed or typed
)

// theme draws roles. The zero value draws plain text.
type theme struct {
	styles [roleKey + 1]lipgloss.Style
	colour bool
}

// newTheme uses the sixteen colours that every terminal has and its owner may have
// chosen.
func newTheme(colour bool) theme {
	t := theme{colour: colour}
	if !colour {
		return t
	}
	plain := lipgloss.NewStyle()
	t.styles = [...]lipgloss.Style{
		roleText:  plain,
		roleTitle: plain.Bold(true),
		roleFaint: plain.Faint(true),
		roleGood:  plain.Foreground(lipgloss.Green),
		roleBusy:  plain.Foreground(lipgloss.Yellow),
		roleBad:   plain.Foreground(lipgloss.Red).Bold(true),
		roleKey:   plain.Foreground(lipgloss.Cyan),
	}
	return t
}

// span is a piece of a line.
type span struct {
	text string
	role role
}

// line is one line of a frame. Its texts need not be clean: render is the one way
// to a terminal.
type line []span

// render draws a line in at most width cells.
func (l line) render(t theme, width int) string {
	var b strings.Builder
	for _, s := range l {
		text := cut(clean(s.text), width)
		width -= cells(text)
		if t.colour && s.role != roleText && strings.TrimSpace(text) != "" {
			text = t.styles[s.role].Render(text)
		}
		b.WriteString(text)
		if width <= 0 {
			break
		}
	}
	if t.colour {
		return b.String()
	}
	return strings.TrimRight(b.String(), " ")
}

// width is the cells that a line takes.
func (l line) width() int {
	n := 0
	for _, s := range l {
		n += cells(clean(s.text))
	}
	return n
}

// apart puts one line at the left and one at the right end of width cells; the left
// one is cut if both do not fit.
func apart(left, right line, width int) line {
	room := max(0, width-right.width()-1)
	var out line
	for _, s := range left {
		s.text = cut(clean(s.text), room)
		room -= cells(s.text)
		out = append(out, s)
	}
	out = append(out, span{text: strings.Repeat(" ", room+1)})
	return append(out, right...)
}

// packed is as many of parts, from the first on, as fit beside each other.
func packed(width int, parts ...line) line {
	const gap = "  "
	var out line
	for _, p := range parts {
		if len(p) == 0 {
			continue
		}
		if len(out) == 0 {
			out = append(out, p...)
			continue
		}
		if out.width()+len(gap)+p.width() > width {
			continue
		}
		out = append(append(out, span{text: gap}), p...)
	}
	return out
}
