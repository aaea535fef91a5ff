package profile

import (
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/value"
)

// agree gives dates that could be read either way the order of other dates that
// could not: of the same table, else of all tables where they agree. They stay
// ambiguous, since it is a guess still.
func agree(all []*measure) {
	everywhere := map[string]order{}
	for _, m := range all {
		for sep, o := range m.orders() {
			everywhere[sep] |= o
		}
	}
	for _, m := range all {
		here := m.orders()
		for i := range m.evidence.Columns {
			e := &m.evidence.Columns[i]
			if !e.Ambiguous {
				continue
			}
			sep := separatorOf(e.Format)
			o := here[sep]
			if o == 0 {
				o = everywhere[sep]
			}
			if o == monthFirst {
				e.Format = value.SwapDayMonth(e.Format)
				m.columns[i].dateEnds(e, value.Decision{Type: e.Type, Format: e.Format}.OfAll())
			}
		}
	}
}

// order is which orders of day and month occur; both at once is no help.
type order uint8

const (
	dayFirst   order = 1
	monthFirst order = 2
)

// orders says which orders the columns that leave no doubt have, by separator.
func (m *measure) orders() map[string]order {
	found := map[string]order{}
	for _, c := range m.evidence.Columns {
		if c.Ambiguous || c.Type != evidence.TypeDate && c.Type != evidence.TypeTimestamp {
			continue
		}
		sep := separatorOf(c.Format)
		switch {
		case sep == "":
		case value.MonthFirst(c.Format):
			found[sep] |= monthFirst
		default:
			found[sep] |= dayFirst
		}
	}
	return found
}

// separatorOf is what stands between day and month; empty where the layout is not of
// numbers or begins with the year.
func separatorOf(format string) string {
	i := strings.IndexAny(format, "/-.")
	if i < 1 || i > 2 || strings.Contains(format, "Jan") {
		return ""
	}
	return format[i : i+1]
}
