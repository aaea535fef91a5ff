package cli

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// quotaTable writes limits below each other: for a terminal pool by pool, since a
// model's id fills half of its width; piped one line each.
func quotaTable(s *screen, rows []limitRow, scale float64) {
	if len(rows) == 0 {
		return
	}
	if s.tty {
		quotaGroups(s, rows, scale)
		return
	}
	cells := make([][]string, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		cells = append(cells, []string{
			dash(string(r.Pool.Model)), dash(string(r.Pool.Path)), string(r.Pool.Region), dash(string(r.Pool.Account)), r.limitName(),
			figure(r.Applied), figure(r.Default), figure(r.Effective), amount(r.Used), percentage(r.UsedShare), percentage(r.UsedShareP95),
			percentage(r.UsedSharePeak), strconv.Itoa(r.Waiting), string(r.Status), dash(r.request()), told(r.Adjustable),
			string(r.Source), age(s.today, r.AsOf, 1), strings.ReplaceAll(string(r.Law), " ", "-"), strconv.Itoa(r.Throttles),
			age(s.today, r.LastThrottle, scale), dash(r.Code), dash(r.Name),
		})
	}
	s.table([]column{
		{title: "Model"},
		{title: "Path"},
		{title: "Region"},
		{title: "Account"},
		{title: "Limit"},
		{title: "Applied", right: true},
		{title: "Default", right: true},
		{title: "In force", right: true},
		{title: "Used", right: true},
		{title: "Share", right: true},
		{title: "P95", right: true},
		{title: "Peak", right: true},
		{title: "Waiting", right: true},
		{title: "Status"},
		{title: "Request"},
		{title: "Adjustable"},
		{title: "Source"},
		{title: "Age", right: true},
		{title: "Law"},
		{title: "Throttles", right: true},
		{title: "Last", right: true},
		{title: "Code"},
		{title: "Name"},
	}, cells)
}

// told is yes or no; a dash when it is not known.
func told(b *bool) string {
	if b == nil {
		return "-"
	}
	return yesNo(*b)
}

// quotaCell is a column of what a terminal shows of a limit, and when a terminal
// that is too narrow goes without it: the highest first; one of 0 stays.
type quotaCell struct {
	spare int
	right bool
	text  func(r *limitRow) string
}

func quotaCells(s *screen, scale float64) []quotaCell {
	return []quotaCell{
		{0, false, func(r *limitRow) string {
			if r.Variant != "" {
				return spoken(r.limitName()) + " (" + r.Variant + ")"
			}
			return spoken(r.limitName())
		}},
		{2, false, func(r *limitRow) string { return dash(r.Code) }},
		{0, true, inForceOf},
		{3, true, func(r *limitRow) string {
			if r.Default == nil || r.Source == limit.Default {
				return ""
			}
			return "default " + figure(r.Default)
		}},
		{1, false, func(r *limitRow) string { return bar(r.UsedShare) }},
		{4, false, func(r *limitRow) string {
			if r.UsedShareP95 == nil {
				return ""
			}
			return "p95 " + percentage(r.UsedShareP95) + " peak " + percentage(r.UsedSharePeak)
		}},
		{0, false, func(r *limitRow) string { return state(s.today, r, scale) }},
	}
}

// inForceOf is what calls are paced by, and of what it is a part.
func inForceOf(r *limitRow) string {
	text := figure(r.Effective)
	switch {
	case r.Source == limit.Default:
		text += " by default"
	case r.Applied != nil && r.Effective != nil && *r.Effective != *r.Applied:
		text += " of " + figure(r.Applied)
	}
	return text
}

// quotaGroups writes each pool's limits below its name, and what is no limit of a
// pool below headings of its own.
func quotaGroups(s *screen, rows []limitRow, scale float64) {
	var limits, rest []limitRow
	for i := range rows {
		if rows[i].matched() {
			limits = append(limits, rows[i])
		} else {
			rest = append(rest, rows[i])
		}
	}
	lines := quotaLines(s, limits, scale)
	for i := range limits {
		if i == 0 || limits[i-1].Pool != limits[i].Pool {
			s.poolHeading(&limits[i])
		}
		s.line("  %s", lines[i])
		if r := limits[i].OpenRequest; r != nil {
			s.line("    asked for %s on %s: %s", figure(&r.Desired), r.Created.UTC().Format(time.DateOnly), requestStatus(r))
		}
	}
	for _, section := range []struct {
		title   string
		matches []account.Match
	}{
		{"not matched", []account.Match{account.MatchNone}},
		{"no limits of calls", []account.Match{account.MatchOther}},
		{"known, and no call is paced by them", []account.Match{account.MatchCode, account.MatchLabel}},
	} {
		var lines []string
		for i := range rest {
			if r := &rest[i]; slices.Contains(section.matches, r.Match) {
				lines = append(lines, cut(dash(r.Code)+"  "+figure(r.Effective)+"  "+r.Name, s.width-2))
			}
		}
		if len(lines) > 0 {
			s.heading(section.title + ": " + count(len(lines), "row"))
		}
		for _, line := range lines {
			s.line("  %s", line)
		}
	}
}

// quotaLines are the limits' lines, below each other, without columns that do not
// fit.
func quotaLines(s *screen, rows []limitRow, scale float64) []string {
	cells := quotaCells(s, scale)
	for {
		lines, width := alignedCells(cells, rows)
		at, most := -1, 0
		for i, c := range cells {
			if c.spare > most {
				at, most = i, c.spare
			}
		}
		if s.width <= 0 || width+2 <= s.width || at < 0 {
			return lines
		}
		cells = slices.Delete(cells, at, at+1)
	}
}

func alignedCells(cells []quotaCell, rows []limitRow) (lines []string, width int) {
	texts, widths := make([][]string, len(rows)), make([]int, len(cells))
	for i := range rows {
		for c, cell := range cells {
			text := cell.text(&rows[i])
			texts[i] = append(texts[i], text)
			widths[c] = max(widths[c], lipgloss.Width(text))
		}
	}
	for _, row := range texts {
		var b strings.Builder
		for c, text := range row {
			if widths[c] == 0 {
				continue
			}
			pad := strings.Repeat(" ", widths[c]-lipgloss.Width(text))
			if cells[c].right {
				b.WriteString(pad + text + "  ")
			} else {
				b.WriteString(text + pad + "  ")
			}
		}
		line := strings.TrimRight(b.String(), " ")
		lines, width = append(lines, line), max(width, lipgloss.Width(line))
	}
	return lines, width
}

// heading writes a line that stands above others.
func (s *screen) heading(text string) {
	if s.color {
		text = lipgloss.NewStyle().Bold(true).Render(text)
	}
	s.line("%s", text)
}

// cut shortens a line to a width; 0 or less leaves it as it is.
func cut(line string, width int) string {
	if width <= 1 || lipgloss.Width(line) <= width {
		return line
	}
	return strings.TrimRight(string([]rune(line)[:width-1]), " ") + "…"
}

// poolHeading names a pool, and where its limits are from if that fits.
func (s *screen) poolHeading(r *limitRow) {
	from := "  (" + string(r.Source) + ")"
	switch {
	case r.Source == limit.Discovered && r.AsOf != nil:
		from = "  (AWS " + age(s.today, r.AsOf, 1) + ")"
	case r.Source == limit.Configured:
		from = "  (config)"
	}
	title := poolTitle(r.Pool)
	if s.width <= 0 || lipgloss.Width(title+from) <= s.width {
		title += from
	}
	s.heading(title)
}

// poolTitle is a pool as the heading of its limits.
func poolTitle(p llm.Pool) string {
	place := string(p.Region)
	if p.Account != "" {
		place += " " + string(p.Account)
	}
	if p.Model == "" {
		return "all models  " + place
	}
	return string(p.Model) + "  " + string(p.Path) + "  " + place
}

// poolName names a pool, or an account's use of a Region, in one word.
func poolName(p llm.Pool) string { return strings.TrimSuffix(p.String(), "//") }

// spoken is a limit's name as people say it: requests/minute.
func spoken(name string) string {
	return strings.NewReplacer("_per_", "/", "_", " ").Replace(name)
}

// bar draws a share of one, with its number; a dash when it is not known.
func bar(share *float64) string {
	const cells = 6
	if share == nil {
		return "-"
	}
	full := min(cells, max(0, int(math.Round(*share*cells))))
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full) + fmt.Sprintf(" %3.0f %%", 100**share)
}

// state is what a limit's line ends with.
func state(now time.Time, r *limitRow, scale float64) string {
	text := string(r.Status)
	switch {
	case r.Waiting > 0:
		text += fmt.Sprintf(", %d wait", r.Waiting)
	case r.Throttles > 0:
		text += ", 429 " + age(now, r.LastThrottle, scale) + " ago"
	}
	return text
}

// amount writes a number; a dash when it is not known.
func amount(n *int64) string {
	if n == nil {
		return "-"
	}
	return thousands(*n)
}

// percentage writes a share; a dash when it is not known.
func percentage(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100**share)
}

// age is how long ago an instant was, in nominal time and in one unit; a dash for
// never.
func age(now time.Time, at *time.Time, scale float64) string {
	if at == nil {
		return "-"
	}
	ago := time.Duration(float64(max(0, now.Sub(*at))) * max(1, scale))
	switch {
	case ago < time.Minute:
		return strconv.Itoa(int(ago.Seconds())) + "s"
	case ago < time.Hour:
		return strconv.Itoa(int(ago.Minutes())) + "m"
	case ago < 48*time.Hour:
		return strconv.Itoa(int(ago.Hours())) + "h"
	}
	return strconv.Itoa(int(ago.Hours()/24)) + "d"
}
