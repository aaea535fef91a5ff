package top

import (
	"strconv"
	"strings"
)

// footer says what can be pressed.
func (m *Model) footer() line {
	if m.typing {
		return apart(line{{"/" + m.filter + "▏", roleKey}}, line{{"Enter keeps it, Esc drops it", roleFaint}}, m.width)
	}
	parts := []line{}
	if m.filter != "" {
		parts = append(parts, line{{"filter ", roleBusy}, {m.filter, roleKey}, {" (Esc drops it)", roleFaint}})
	}
	for p := range pages {
		l := press(strconv.Itoa(int(p)+1), p.String())
		if p == m.page {
			l[1].role = roleTitle
			l[1].text = " [" + p.String() + "]"
		}
		parts = append(parts, l)
	}
	order := m.orders()[m.order[m.page]]
	if m.turned[m.page] {
		order += ", turned"
	}
	parts = append(parts, press("q", "quit"), press("?", "help"), press("s", "by "+order), press("/", "filter"), press("p", "pause"))
	return packed(m.width, parts...)
}

// press is a key and what it does.
func press(key, what string) line { return line{{key, roleKey}, {" " + what, roleFaint}} }

// help lists the keys, and what words mean.
func (m *Model) help() []line {
	out := []line{nil}
	for _, row := range [][2]string{
		{"1 2 3 Tab", "limits, the last calls, the runs under way"},
		{"s S", "sort by the next column; turn the order"},
		{"/ Esc", "show only what matches; show all again"},
		{"p Space", "pause, and go on"},
		{"↑ ↓ PgUp PgDn g G", "scroll"},
		{"? q", "this help; quit"},
		{"", ""},
		{"MINUTE", "what was used in the last minute, oldest first; a full block is all"},
		{"EMPTY", "when the limit is used up at the pace of the last minute"},
		{"binding", "calls wait for it, or nearly all is used"},
		{"tight", "four fifths are used"},
		{"blocked", "AWS has throttled: no call goes out until it is over"},
		{"avoided", "calls that waited for a limit and were not throttled"},
		{"suffered", "throttles that AWS answered with"},
	} {
		out = append(out, line{{row[0] + strings.Repeat(" ", max(1, 19-cells(row[0]))), roleKey}, {text: row[1]}})
	}
	return out
}
