package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

// quotaTable writes limits below each other: for a terminal pool by pool, since a
// model's id fills half of its width; piped one line each.
func quotaTable(s *screen, q console.Quotas) {
	if len(q.Quotas) == 0 {
		return
	}
	if s.tty {
		quotaGroups(s, q)
		return
	}
	rows := make([][]string, 0, len(q.Quotas))
	for _, r := range q.Quotas {
		rows = append(rows, []string{
			dash(string(r.Pool.Model)), dash(string(r.Pool.Path)), string(r.Pool.Region), dash(string(r.Pool.Account)), r.Limit,
			thousands(r.Applied), thousands(r.Effective), amount(r.Used), percentage(r.UsedShare), strconv.Itoa(r.Waiting),
			string(r.Status), strings.ReplaceAll(string(r.Law), " ", "-"), strconv.Itoa(r.Throttles), age(s.today, r.LastThrottle, q.TimeScale),
		})
	}
	s.table([]column{
		{title: "Model"},
		{title: "Path"},
		{title: "Region"},
		{title: "Account"},
		{title: "Limit"},
		{title: "Applied", right: true},
		{title: "In force", right: true},
		{title: "Used", right: true},
		{title: "Share", right: true},
		{title: "Waiting", right: true},
		{title: "Status"},
		{title: "Law"},
		{title: "Throttles", right: true},
		{title: "Last", right: true},
	}, rows)
}

// quotaGroups writes each pool's limits below its name.
func quotaGroups(s *screen, q console.Quotas) {
	widths := [4]int{}
	lines := make([][4]string, 0, len(q.Quotas))
	for _, r := range q.Quotas {
		inForce := thousands(r.Effective)
		if r.Effective != r.Applied {
			inForce += " of " + thousands(r.Applied)
		}
		line := [4]string{spoken(r.Limit), inForce, bar(r.UsedShare), state(s.today, r, q.TimeScale)}
		for i, cell := range line {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
		lines = append(lines, line)
	}
	for i, r := range q.Quotas {
		if i == 0 || q.Quotas[i-1].Pool != r.Pool {
			name := poolTitle(r.Pool)
			if s.color {
				name = lipgloss.NewStyle().Bold(true).Render(name)
			}
			s.line("%s", name)
		}
		pad := func(column int) string {
			return strings.Repeat(" ", widths[column]-lipgloss.Width(lines[i][column]))
		}
		s.line("  %s", strings.TrimRight(lines[i][0]+pad(0)+"  "+pad(1)+lines[i][1]+"  "+lines[i][2]+pad(2)+"  "+lines[i][3], " "))
	}
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
func spoken(limit string) string {
	return strings.NewReplacer("_per_", "/", "_", " ").Replace(limit)
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
func state(now time.Time, r console.Quota, scale float64) string {
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
