package judge

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// unclear is a column that is asked about.
type unclear struct {
	id   string
	why  string // a word for the model
	read []string
	// nulls are numbers that may stand for null.
	nulls []string
	rank  int
}

// unclear says what is not clear of a column; without a why nothing is.
func (st *State) unclear(t *schema.Table, c *schema.Column, e *evidence.Column) unclear {
	u := unclear{id: c.ID}
	free := !st.refers(t.Name, c.Name)
	switch {
	case free && e.Ambiguous && c.Format == "" && dayOrMonth(e.Format) != "" && c.Type.Kind == string(e.Type):
		u.why, u.read, u.rank = "order of day and month", []string{readDayFirst, readMonthFirst}, 1
	case free && !keyed(t, c.Name) && c.Type.Kind == string(evidence.TypeText) && st.inWords(e) != "":
		u.why, u.read, u.rank = "dates in words", []string{readDate}, 2
	case free && len(e.Sentinels) > 0 && measured(e.Type) && !keyed(t, c.Name) && len(c.Nulls) == 0:
		u.why, u.rank = "null?", 3
		for _, v := range e.Sentinels[:min(len(e.Sentinels), 3)] {
			if n := figure(v.Text); n != "" {
				u.nulls = append(u.nulls, n)
			}
		}
		if len(u.nulls) == 0 {
			u.why = ""
		}
	case c.Meaning == "" && cryptic(c.Name):
		u.why, u.rank = "name", 4
	case c.Unit == "" && measured(e.Type) && unitless(c.Name):
		u.why, u.rank = "unit", 5
	}
	return u
}

// inWords is the layout of the dates that all values of a column are; empty where they
// are none.
func (st *State) inWords(e *evidence.Column) string {
	if e.Type == evidence.TypeDate {
		return e.Format
	}
	table, _, _ := strings.Cut(e.ID, ".")
	at := slices.IndexFunc(st.Evidence.Tables, func(t evidence.Table) bool { return t.ID == table })
	if at < 0 {
		return ""
	}
	values := st.Evidence.Tables[at].Rows - e.Nulls - e.Blanks
	for _, r := range e.Rungs {
		if e.Type == evidence.TypeText && r.Type == evidence.TypeDate && r.Format != "" && r.Count > 0 && r.Count == values {
			return r.Format
		}
	}
	return ""
}

// dayOrMonth is which comes first in a layout of a date in numbers; empty for others.
func dayOrMonth(layout string) string {
	switch {
	case strings.HasPrefix(layout, "02") || strings.HasPrefix(layout, "2/") || strings.HasPrefix(layout, "2-") || strings.HasPrefix(layout, "2."):
		if strings.Contains(layout, "Jan") {
			return ""
		}
		return readDayFirst
	case strings.HasPrefix(layout, "01") || strings.HasPrefix(layout, "1/") || strings.HasPrefix(layout, "1-") || strings.HasPrefix(layout, "1."):
		return readMonthFirst
	}
	return ""
}

// otherOrder is a layout with day and month the other way round.
func otherOrder(layout string) string {
	end := strings.IndexByte(layout, ' ')
	if end < 0 {
		end = len(layout)
	}
	at := strings.IndexAny(layout, "/-.")
	if at < 0 {
		return layout
	}
	sep := layout[at : at+1]
	parts := strings.SplitN(layout[:end], sep, 3)
	if len(parts) < 3 {
		return layout
	}
	return parts[1] + sep + parts[0] + sep + parts[2] + layout[end:]
}

func measured(t evidence.Type) bool {
	return t == evidence.TypeInteger || t == evidence.TypeDecimal || t == evidence.TypeFloat
}

// cryptic reports whether a name says little to who has not seen it: a number, or
// letters that nobody can speak.
func cryptic(s string) bool {
	words := schema.Words(s)
	if len(words) == 2 && words[0] == "col" {
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return len(w) > 1 && !strings.ContainsAny(w, "aeiouy") && strings.Trim(w, "0123456789") != "" &&
			!slices.Contains([]string{"nr", "qty", "pk", "fk", "url", "ip", "hr", "st", "th", "db", "cd", "dvd", "pct", "vs", "html", "xml", "gps", "km", "kg", "cm", "mm", "ft", "lb", "dt", "ts"}, w)
	})
}

// unitless reports whether a name is that of an amount which has a unit, and has none.
func unitless(s string) bool {
	words := schema.Words(s)
	return len(words) > 0 && slices.Contains([]string{
		"weight", "length", "height", "width", "depth", "distance", "duration", "temperature", "size", "area", "volume", "speed", "power", "pressure", "elevation", "altitude", "mass", "energy", "runtime",
	}, words[len(words)-1])
}
