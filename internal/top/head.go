package top

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/console"
)

// there is the gateway's clock at the instant that is shown.
func (m *Model) there() time.Time {
	if m.shown.overview == nil {
		return m.now
	}
	at := m.now
	if m.paused {
		at = m.pausedAt
	}
	return m.shown.overview.Time.Add(at.Sub(m.shown.at))
}

// scaled is a duration of real time as those see it who use the gateway.
func (m *Model) scaled(d time.Duration) time.Duration {
	if m.shown.overview == nil || m.shown.overview.TimeScale <= 1 {
		return d
	}
	return time.Duration(float64(d) * m.shown.overview.TimeScale)
}

// header says whose view it is, of when, and how it is heard of.
func (m *Model) header() line {
	parts, right := []line{{{"headgate top", roleTitle}}}, line{}
	if o := m.shown.overview; o != nil {
		if o.TimeScale > 1 {
			parts = append(parts, line{{"time × " + strconv.FormatFloat(o.TimeScale, 'g', 4, 64), roleBusy}})
		}
		for _, text := range []string{string(o.Account), string(o.Region), o.Version} {
			if text != "" {
				parts = append(parts, line{{text: text}})
			}
		}
		if m.width >= 60 {
			right = append(right, span{m.age(o) + "  ", roleFaint})
		}
		right = append(right, span{text: m.there().In(m.zone).Format(time.TimeOnly) + "  "})
	}
	right = append(right, m.state())
	return apart(packed(m.width-right.width()-1, parts...), right, m.width)
}

// age is how old what AWS said of quotas is.
func (m *Model) age(o *console.Overview) string {
	if o.AsOf == nil {
		return "quotas configured"
	}
	return "quotas " + spell(m.there().Sub(*o.AsOf).Truncate(time.Second)) + " old"
}

// state is the state of the view in a word or two.
func (m *Model) state() span {
	age, stale := m.stale()
	switch {
	case m.paused:
		return span{"paused " + spell(m.now.Sub(m.pausedAt).Truncate(time.Second)), roleBusy}
	case stale:
		return span{"stale " + spell(age.Truncate(time.Second)), roleBad}
	case m.link.contact == lost:
		return span{"no connection", roleBad}
	case m.link.contact == polling:
		return span{"polled", roleGood}
	case m.link.contact == live:
		return span{"live", roleGood}
	}
	return span{"connecting", roleFaint}
}

// trouble are the lines that say what is wrong with what is shown; none when
// nothing is.
func (m *Model) trouble() []line {
	var out []line
	if m.link.contact == lost {
		text := "Not heard of the gateway"
		if wait := m.link.again.Sub(m.now); wait > 0 {
			text += ", again in " + spell(wait.Round(time.Second))
		}
		if m.link.why != nil {
			text += ": " + m.link.why.Error()
		}
		out = append(out, line{{text, roleBad}})
	}
	if o := m.shown.overview; o != nil {
		if o.Ledger.Failure != "" {
			out = append(out, line{{"The ledger cannot be written: " + o.Ledger.Failure, roleBad}})
		}
		if o.Ledger.Dropped > 0 {
			out = append(out, line{{fmt.Sprintf("The ledger has lost %d calls: more ended than could be written", o.Ledger.Dropped), roleBad}})
		}
	}
	return out
}

// counters are calls, waits, throttles and spend.
func (m *Model) counters(o *console.Overview) []line {
	number := func(n int64, noun string, r role) line {
		if n == 0 {
			r = roleFaint
		}
		return line{{thousands(n), r}, {noun, roleFaint}}
	}
	titled := func(title string, rest line) line { return append(line{{title + " ", roleTitle}}, rest...) }
	wait := func(name string, ms *int64) line {
		if ms == nil {
			return line{{name + " -", roleFaint}}
		}
		return line{{name + " ", roleFaint}, {text: spell(m.scaled(time.Duration(*ms) * time.Millisecond))}}
	}
	pace := number(o.Calls.LastMinute, "/min", roleText)
	suffered := number(o.Throttles.Suffered, " suffered", roleBad)
	avoided := titled("Throttles", number(o.Throttles.Avoided, " avoided", roleGood))
	if m.width < 60 {
		return []line{
			packed(m.width, titled("Calls", pace), titled("Wait", wait("p95", o.Calls.P95Queued)), suffered),
			packed(m.width, avoided, titled("Spend", line{{text: dollars(o.Spend.Today)}})),
		}
	}
	return []line{
		packed(m.width,
			titled("Calls", number(o.Calls.Today, " today", roleText)), pace,
			number(o.Calls.Refused, " refused", roleBusy), number(o.Calls.Failed, " failed", roleBad),
			titled("Wait", wait("p50", o.Calls.P50Queued)), wait("p95", o.Calls.P95Queued),
			number(int64(o.UnderWay), " runs", roleText)),
		packed(m.width,
			avoided, suffered, number(o.Throttles.LastMinute, "/min", roleBad),
			titled("Spend", line{{text: dollars(o.Spend.Today)}, {" today", roleFaint}}),
			line{{text: dollars(&o.Spend.LastHour)}, {" last hour", roleFaint}}, unpriced(o)),
	}
}

// unpriced says how many calls the spend is without.
func unpriced(o *console.Overview) line {
	if o.Spend.Unpriced == 0 {
		return nil
	}
	return line{{thousands(o.Spend.Unpriced) + " without a price", roleBusy}}
}

// next is the one thing to do, and the command for it.
func next(o *console.Overview) []line {
	n := o.Next
	if n.Text == "" {
		return nil
	}
	roles := map[console.Severity]role{console.SeverityOK: roleGood, console.SeverityWarn: roleBusy, console.SeverityBad: roleBad}
	text := n.Text
	if n.Why != "" {
		text = strings.TrimSuffix(text, ".") + ": " + n.Why
	}
	out := []line{{{"Next ", roleTitle}, {text, roles[n.Severity]}}}
	if n.Command != "" {
		out = append(out, line{{"     $ ", roleFaint}, {n.Command, roleKey}})
	}
	return out
}
