package top

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

// limitColumns are those of the table of limits.
func (m *Model) limitColumns() []column[console.LimitNow] {
	return []column[console.LimitNow]{
		{title: "LIMIT", least: 17, cell: func(l *console.LimitNow, _ int) span { return span{text: m.poolName(l.Pool)} }},
		{title: "OF", width: 7, cell: func(l *console.LimitNow, _ int) span { return span{text: limitName(l.Limit)} }},
		{title: "GAUGE", width: 5, wide: 10, spare: 5, cell: func(l *console.LimitNow, w int) span { return span{gauge(l.UsedShare, w), m.statusRole(l)} }},
		{title: "USED", width: 4, right: true, cell: func(l *console.LimitNow, _ int) span { return span{share(l.UsedShare), m.statusRole(l)} }},
		{title: "OF LIMIT", width: 10, wide: 21, right: true, spare: 4, cell: func(l *console.LimitNow, w int) span {
			if l.Used == nil {
				return span{text: "-/" + short(l.Effective)}
			}
			if long := thousands(*l.Used) + "/" + thousands(l.Effective); len(long) <= w {
				return span{text: long}
			}
			return span{text: short(*l.Used) + "/" + short(l.Effective)}
		}},
		{title: "MINUTE", width: 6, wide: 15, spare: 6, cell: func(l *console.LimitNow, w int) span { return span{spark(l.History, w), roleFaint} }},
		{title: "WAIT", width: 4, wide: 7, right: true, spare: 2, cell: func(l *console.LimitNow, _ int) span {
			if l.Waiting == 0 {
				return span{"0", roleFaint}
			}
			return span{short(int64(l.Waiting)), roleBusy}
		}},
		{title: "STATUS", width: 7, wide: 14, cell: func(l *console.LimitNow, w int) span { return span{m.status(l, w), m.statusRole(l)} }},
		{title: "EMPTY", width: 5, wide: 8, right: true, spare: 3, cell: func(l *console.LimitNow, _ int) span {
			if l.EmptyIn == nil {
				return span{"-", roleFaint}
			}
			return span{spell(time.Duration(*l.EmptyIn * float64(time.Second))), roleBusy} // nominal already
		}},
	}
}

// status is what a limit means for calls, in a word. Where there is no room, what
// only says that there is some left is ok.
func (m *Model) status(l *console.LimitNow, width int) string {
	switch {
	case m.blocked(l):
		return "blocked"
	case cells(string(l.Status)) > width:
		return "ok"
	}
	return string(l.Status)
}

func (m *Model) statusRole(l *console.LimitNow) role {
	if m.blocked(l) {
		return roleBad
	}
	switch l.Status {
	case console.StatusZero:
		return roleBad
	case console.StatusBinding, console.StatusTight:
		return roleBusy
	case console.StatusUnknown:
		return roleFaint
	case console.StatusLearned, console.StatusBelowDefault, console.StatusNotAdjustable, console.StatusOK:
		return roleGood
	}
	return roleFaint
}

// blocked says that a throttle held a limit when the gateway spoke.
func (m *Model) blocked(l *console.LimitNow) bool {
	return l.BlockedUntil != nil && l.BlockedUntil.After(m.shown.overview.Time)
}

// limitName is a kind of limit in at most seven characters.
func limitName(limit string) string {
	switch limit {
	case "requests_per_minute":
		return "req/min"
	case "tokens_per_minute":
		return "tok/min"
	case "tokens_per_day", "account_tokens_per_day":
		return "tok/day"
	}
	return strings.ReplaceAll(limit, "_", " ")
}

// poolName is a pool in a few words: its model without provider, date and version,
// and its path.
func poolName(p llm.Pool) string {
	if p.Model == "" {
		return "whole account"
	}
	name := modelName(string(p.Model))
	if p.Path != "" {
		name += " " + string(p.Path)
	}
	return name
}

// poolName is that of a pool, with what tells it from others of the gateway: Region
// and account where they are not the gateway's own.
func (m *Model) poolName(p llm.Pool) string {
	name := poolName(p)
	o := m.shown.overview
	if o == nil {
		return name
	}
	if p.Region != "" && o.Region != "" && p.Region != o.Region {
		name += " " + string(p.Region)
	}
	if p.Account != "" && o.Account != "" && p.Account != o.Account {
		name += " " + string(p.Account)
	}
	return name
}
