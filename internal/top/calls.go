package top

import (
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
)

// callColumns are those of the table of calls.
func (m *Model) callColumns() []column[console.Call] {
	wait := func(ms int64) time.Duration { return m.scaled(time.Duration(ms) * time.Millisecond) }
	return []column[console.Call]{
		{title: "CALL", least: 18, cell: func(c *console.Call, _ int) span { return span{string(c.ID), roleFaint} }},
		{title: "ENDED", width: 8, spare: 4, cell: func(c *console.Call, _ int) span {
			return span{text: c.Time.Add(time.Duration(c.Latency) * time.Millisecond).In(m.zone).Format(time.TimeOnly)}
		}},
		{title: "OUTCOME", width: 9, wide: 14, cell: func(c *console.Call, _ int) span { return span{string(c.Outcome), outcomeRole(c.Outcome)} }},
		{title: "TENANT", width: 13, wide: 14, spare: 2, cell: func(c *console.Call, _ int) span { return span{text: string(c.Tenant)} }},
		{title: "RUN", width: 10, wide: 14, spare: 7, cell: func(c *console.Call, _ int) span { return span{text: dash(string(c.Run))} }},
		{title: "MODEL", width: 10, wide: 18, spare: 6, cell: func(c *console.Call, _ int) span { return span{text: modelName(c.ModelID)} }},
		{title: "TOKENS", width: 6, right: true, spare: 5, cell: func(c *console.Call, _ int) span { return span{text: short(c.Usage.Total())} }},
		{title: "WAITED", width: 6, right: true, cell: func(c *console.Call, _ int) span {
			if c.Queued == 0 {
				return span{"0", roleFaint}
			}
			return span{spell(wait(c.Queued)), roleBusy}
		}},
		{title: "TOOK", width: 5, right: true, spare: 1, cell: func(c *console.Call, _ int) span { return span{text: spell(wait(c.Latency))} }},
		{title: "429", width: 3, right: true, spare: 8, cell: func(c *console.Call, _ int) span {
			n := int64(c.ThrottledRequests + c.ThrottledTokens + c.ThrottledDay)
			if n == 0 {
				return span{"0", roleFaint}
			}
			return span{short(n), roleBad}
		}},
		{title: "COST", width: 8, right: true, spare: 3, cell: func(c *console.Call, _ int) span { return span{text: cost(c.Cost)} }},
	}
}

// outcomeRole is how an outcome is to be taken.
func outcomeRole(o ledger.Outcome) role {
	switch o {
	case ledger.OK:
		return roleGood
	case ledger.Refused, ledger.Cancelled:
		return roleBusy
	case ledger.Throttled, ledger.Invalid, ledger.Denied, ledger.UpstreamError, ledger.Broken, ledger.Internal:
		return roleBad
	}
	return roleText
}

// cost writes USD; a dash when it is not known.
func cost(usd *float64) string {
	if usd == nil {
		return "-"
	}
	nano := int64(*usd*1e9 + 0.5)
	return dollars(&nano)
}

// dash stands for what is empty.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
