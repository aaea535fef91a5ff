package top

import (
	"fmt"
	"slices"
	"strings"
)

// The least that a frame needs.
const (
	leastWidth  = 40
	leastHeight = 10
)

// low is the height below which a frame shows the most important of all alone.
const low = 16

// frame draws the state as large as the terminal.
func (m *Model) frame() string {
	if m.width == 0 || m.height == 0 {
		return ""
	}
	if m.width < leastWidth || m.height < leastHeight {
		text := fmt.Sprintf("%d×%d is too small: %d×%d is needed", m.width, m.height, leastWidth, leastHeight)
		return line{{text: text}}.render(m.theme, m.width)
	}
	lines := []line{m.header()}
	lines = append(lines, m.trouble()...)
	lines = append(lines, m.body(m.height-len(lines)-1)...)
	for len(lines) < m.height-1 {
		lines = append(lines, nil)
	}
	return m.draw(append(lines, m.footer()))
}

// draw renders lines. What is stale is faint.
func (m *Model) draw(lines []line) string {
	_, stale := m.stale()
	out := make([]string, len(lines))
	for i, l := range lines {
		if stale && i > 0 && i < len(lines)-1 {
			l = faded(l)
		}
		out[i] = l.render(m.theme, m.width)
	}
	return strings.Join(out, "\n")
}

// faded is a line without colours, but for what is bad.
func faded(l line) line {
	out := make(line, len(l))
	for i, s := range l {
		if s.role != roleBad {
			s.role = roleFaint
		}
		out[i] = s
	}
	return out
}

// body is what is between header and footer, in at most height lines.
func (m *Model) body(height int) []line {
	if m.helping {
		return capped(m.help(), height)
	}
	o := m.shown.overview
	if o == nil {
		return []line{nil, {{"Waiting for the gateway's first word …", roleFaint}}}
	}
	most := 2
	if m.height < low {
		most = 1
	}
	out := slices.Concat(capped(m.counters(o), most), capped(next(o), most))
	return append(out, m.tables(height-len(out))...)
}

// tables are those of the page, in at most height lines.
func (m *Model) tables(height int) []line {
	var out []line
	gap := 0
	if m.height >= low {
		out, gap = append(out, nil), 1
	}
	height -= gap
	switch m.page {
	case pageCalls:
		return append(out, m.callTable(height)...)
	case pageRuns:
		return append(out, m.stack(height, gap, m.runSection(6), m.activitySection(4))...)
	default:
		return append(out, m.stack(height, gap, m.limitSection(), m.activitySection(3), m.runSection(3))...)
	}
}

// section is a table that takes a part of the page's height.
type section struct {
	rows int
	// least is how many rows it has before others have more; 0: as many as it can.
	least int
	draw  func(height int) []line
}

func (m *Model) limitSection() section {
	rows := m.limits()
	return section{len(rows), 5, func(height int) []line {
		if len(rows) == 0 {
			return []line{{{m.none("limits are known yet: they appear with the first call, or when AWS has answered"), roleFaint}}}
		}
		return table(m.limitColumns(), rows, m.offset[pageLimits], m.width, height, m.shown.overview.MoreLimits)
	}}
}

func (m *Model) activitySection(least int) section {
	rows := m.activity()
	return section{len(rows), least, func(height int) []line {
		if len(rows) == 0 {
			return nil
		}
		return table(m.activityColumns(), rows, 0, m.width, height, 0)
	}}
}

func (m *Model) runSection(least int) section {
	rows := m.runs()
	from := 0
	if m.page == pageRuns {
		from = m.offset[pageRuns]
	}
	return section{len(rows), least, func(height int) []line {
		switch {
		case len(rows) > 0:
			return table(m.runColumns(), rows, from, m.width, height, m.shown.overview.UnderWay-len(m.shown.overview.Runs))
		case m.page == pageRuns:
			return []line{{{m.none("runs are under way"), roleFaint}}}
		}
		return nil
	}}
}

// callTable is the page of calls.
func (m *Model) callTable(height int) []line {
	rows := m.calls()
	if len(rows) == 0 {
		return []line{{{m.none("calls have ended yet: point a program at the gateway, and they appear here"), roleFaint}}}
	}
	var out []line
	if n := m.shown.skipped; n > 0 {
		out = append(out, line{{thousands(int64(n)) + " calls were too many to be shown one by one; `headgate call list` has all", roleFaint}})
	}
	return append(table(m.callColumns(), rows, m.offset[pageCalls], m.width, height-len(out), 0), out...)
}

// none says that there is nothing, and whether the filter is why.
func (m *Model) none(what string) string {
	if m.filter != "" {
		return "Nothing matches " + m.filter + "; Esc drops the filter"
	}
	return "No " + what
}

// stack draws sections below each other, gap lines apart. Each has its least before
// the first ones have more.
func (m *Model) stack(height, gap int, sections ...section) []line {
	room := make([]int, len(sections))
	left := height
	for i, s := range sections {
		want := 1 + s.rows
		if s.least > 0 {
			want = min(want, 1+s.least)
		}
		if i > 0 {
			if s.rows == 0 && s.least > 0 || left < gap+2 {
				continue
			}
			left -= gap
		}
		room[i] = max(0, min(want, left))
		left -= room[i]
	}
	for i, s := range sections {
		if room[i] > 0 {
			more := max(0, min(left, 1+s.rows-room[i]))
			room[i] += more
			left -= more
		}
	}
	var out []line
	for i, s := range sections {
		if room[i] == 0 {
			continue
		}
		drawn := s.draw(room[i])
		if len(out) > 0 && len(drawn) > 0 && gap > 0 {
			out = append(out, nil)
		}
		out = append(out, drawn...)
	}
	return out
}

// capped are the first n lines.
func capped(lines []line, n int) []line { return lines[:min(len(lines), max(0, n))] }

// whole is a frame that is as high as its rows, without what can be pressed.
func (m *Model) whole() string {
	m.height = low + 4 + len(m.limits()) + len(m.activity()) + len(m.runs())
	lines := append([]line{m.header()}, m.trouble()...)
	return m.draw(append(lines, m.body(m.height)...))
}
