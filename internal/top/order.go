package top

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/console"
)

// orders are what the rows of the page can be sorted by; the first is how they are
// sorted until s is pressed.
func (m *Model) orders() []string {
	return [...][]string{
		pageLimits: {"binding", "used", "waiting", "empty in", "name"},
		pageCalls:  {"newest", "waited", "took", "tokens", "cost"},
		pageRuns:   {"as begun", "waited", "calls", "tenant"},
	}[m.page]
}

// rows is how many rows the page can be scrolled by.
func (m *Model) rows() int {
	switch m.page {
	case pageCalls:
		return len(m.calls())
	case pageRuns:
		return len(m.runs())
	default:
		return len(m.limits())
	}
}

// limits are those that the filter lets through, as they are sorted.
func (m *Model) limits() []console.LimitNow {
	if m.shown.overview == nil {
		return nil
	}
	rows := kept(m.shown.overview.Limits, func(l *console.LimitNow) bool {
		return m.matches(l.Pool.String(), poolName(l.Pool), l.Limit, string(l.Status), string(l.Pool.Path))
	})
	by := m.order[pageLimits]
	return sorted(rows, by, m.turned[pageLimits], func(a, b *console.LimitNow) int {
		switch by {
		case 1:
			return cmp.Compare(known(b.UsedShare, -1), known(a.UsedShare, -1))
		case 2:
			return cmp.Compare(b.Waiting, a.Waiting)
		case 3:
			return cmp.Compare(known(a.EmptyIn, math.Inf(1)), known(b.EmptyIn, math.Inf(1)))
		default:
			return cmp.Or(cmp.Compare(poolName(a.Pool), poolName(b.Pool)), cmp.Compare(a.Limit, b.Limit))
		}
	})
}

// calls are those that the filter lets through, newest first or as they are sorted.
func (m *Model) calls() []console.Call {
	rows := kept(m.shown.calls, func(c *console.Call) bool {
		return m.matches(string(c.ID), string(c.Tenant), string(c.Run), c.ModelID, string(c.Outcome))
	})
	slices.Reverse(rows)
	by := m.order[pageCalls]
	return sorted(rows, by, m.turned[pageCalls], func(a, b *console.Call) int {
		switch by {
		case 1:
			return cmp.Compare(b.Queued, a.Queued)
		case 2:
			return cmp.Compare(b.Latency, a.Latency)
		case 3:
			return cmp.Compare(b.Usage.Total(), a.Usage.Total())
		default:
			return cmp.Compare(known(b.Cost, -1), known(a.Cost, -1))
		}
	})
}

// runs are those under way that the filter lets through, as they are sorted.
func (m *Model) runs() []console.RunNow {
	if m.shown.overview == nil {
		return nil
	}
	rows := kept(m.shown.overview.Runs, func(r *console.RunNow) bool { return m.matches(string(r.ID), string(r.Tenant)) })
	by := m.order[pageRuns]
	return sorted(rows, by, m.turned[pageRuns], func(a, b *console.RunNow) int {
		switch by {
		case 1:
			return cmp.Compare(b.Queued, a.Queued)
		case 2:
			return cmp.Compare(b.Calls, a.Calls)
		default:
			return cmp.Compare(a.Tenant, b.Tenant)
		}
	})
}

// activity is that of the pools that the filter lets through.
func (m *Model) activity() []console.ActivityNow {
	if m.shown.overview == nil {
		return nil
	}
	return kept(m.shown.overview.Activity, func(a *console.ActivityNow) bool {
		return m.matches(a.Pool.String(), poolName(a.Pool), a.Class)
	})
}

// matches says whether the filter is part of one of texts, in any case.
func (m *Model) matches(texts ...string) bool {
	if m.filter == "" {
		return true
	}
	wanted := strings.ToLower(m.filter)
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), wanted) })
}

// kept are the rows that keep lets through, in a list of their own.
func kept[R any](rows []R, keep func(*R) bool) []R {
	out := make([]R, 0, len(rows))
	for i := range rows {
		if keep(&rows[i]) {
			out = append(out, rows[i])
		}
	}
	return out
}

// sorted sorts rows in place, by the order they are in when by is 0, and turns them.
func sorted[R any](rows []R, by int, turned bool, less func(a, b *R) int) []R {
	if by > 0 {
		slices.SortStableFunc(rows, func(a, b R) int { return less(&a, &b) })
	}
	if turned {
		slices.Reverse(rows)
	}
	return rows
}

// known is what v points to, or otherwise when it is not known.
func known(v *float64, otherwise float64) float64 {
	if v == nil {
		return otherwise
	}
	return *v
}
