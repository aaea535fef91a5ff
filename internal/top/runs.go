package top

import (
	"time"

	"github.com/headgate/headgate/internal/console"
)

// runColumns are those of the table of runs under way.
func (m *Model) runColumns() []column[console.RunNow] {
	return []column[console.RunNow]{
		{title: "RUN", least: 14, cell: func(r *console.RunNow, _ int) span { return span{text: string(r.ID)} }},
		{title: "TENANT", width: 18, wide: 30, spare: 1, cell: func(r *console.RunNow, _ int) span { return span{text: string(r.Tenant)} }},
		{title: "CALLS", width: 6, right: true, cell: func(r *console.RunNow, _ int) span { return span{text: short(int64(r.Calls))} }},
		{title: "BEGUN", width: 9, right: true, spare: 2, cell: func(r *console.RunNow, _ int) span {
			return span{text: spell(m.scaled(m.there().Sub(r.Begun))) + " ago"}
		}},
		{title: "WAITED", width: 6, right: true, cell: func(r *console.RunNow, _ int) span {
			if r.Queued == 0 {
				return span{"0", roleFaint}
			}
			return span{spell(m.scaled(time.Duration(r.Queued) * time.Millisecond)), roleBusy}
		}},
	}
}

// activityColumns are those of the table of what is under way by pool and class.
func (m *Model) activityColumns() []column[console.ActivityNow] {
	number := func(n int64, r role) span {
		if n == 0 {
			return span{"0", roleFaint}
		}
		return span{short(n), r}
	}
	return []column[console.ActivityNow]{
		{title: "UNDER WAY", least: 14, cell: func(a *console.ActivityNow, _ int) span { return span{text: m.poolName(a.Pool)} }},
		{title: "CLASS", width: 11, cell: func(a *console.ActivityNow, _ int) span { return span{text: a.Class} }},
		{title: "WAITING", width: 7, right: true, cell: func(a *console.ActivityNow, _ int) span { return number(int64(a.Waiting), roleBusy) }},
		{title: "RUNNING", width: 7, right: true, spare: 1, cell: func(a *console.ActivityNow, _ int) span { return number(int64(a.Running), roleText) }},
		{title: "TOKENS HELD", width: 11, right: true, spare: 2, cell: func(a *console.ActivityNow, _ int) span { return number(a.Held, roleText) }},
	}
}
