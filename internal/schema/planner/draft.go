// Package planner makes a whole schema of evidence alone: no model, no network,
// the same result each time. What it is not sure of it says, so that a judge can
// be asked.
package planner

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// draft is a schema in the making: the evidence with what has been decided.
type draft struct {
	ev      *evidence.Evidence
	words   *lexicon
	tables  []*table
	columns map[string]*column // by id
}

// table is one table of the evidence.
type table struct {
	evidence *evidence.Table
	words    []string // of its name, in the singular
	columns  []*column
	// primary is the primary key, nil where none was found; sure is how likely it is
	// right.
	primary []*column
	sure    float64
	why     string
}

// column is one column of the evidence.
type column struct {
	*evidence.Column

	table *table
	at    int      // its place in the table, from 0
	words []string // of its name, in the singular, without a prefix that all the table's have
	base  []string // words without those that say that they identify
	// refers is the inclusion that was taken for it; nil for none.
	refers *candidate
}

func newDraft(ev *evidence.Evidence) *draft {
	names := make([]string, len(ev.Tables))
	for i := range ev.Tables {
		names[i] = ev.Tables[i].Name
	}
	d := &draft{ev: ev, words: newLexicon(names), columns: map[string]*column{}}
	for i := range ev.Tables {
		t := &table{evidence: &ev.Tables[i], words: d.words.words(ev.Tables[i].Name)}
		for j := range ev.Tables[i].Columns {
			c := &column{Column: &ev.Tables[i].Columns[j], table: t, at: j}
			c.words = d.words.words(c.Name)
			t.columns = append(t.columns, c)
			d.columns[c.ID] = c
		}
		t.dropPrefix()
		for _, c := range t.columns {
			c.base = base(c.words)
		}
		d.tables = append(d.tables, t)
	}
	return d
}

// dropPrefix leaves out a first word that nearly all the table's columns have, such
// as the l of l_orderkey: it tells nothing apart. The table's own name is kept,
// since other tables' columns are called so.
func (t *table) dropPrefix() {
	count := map[string]int{}
	for _, c := range t.columns {
		if len(c.words) > 1 {
			count[c.words[0]]++
		}
	}
	for word, n := range count {
		if n < 3 || n*5 < len(t.columns)*4 || len(word) > 3 && !slices.Equal(t.words, []string{word}) {
			continue
		}
		if slices.Equal(t.words, []string{word}) {
			continue
		}
		for _, c := range t.columns {
			if len(c.words) > 1 && c.words[0] == word {
				c.words = c.words[1:]
			}
		}
	}
}

// called reports whether words are the table's name: all of them, or in a name of
// several words joined together.
func (t *table) called(words []string) bool {
	return len(words) > 0 && (slices.Equal(words, t.words) || joined(words) == joined(t.words))
}

// single reports whether a column is unique by itself and has no nulls.
func (c *column) single() bool {
	return c.Unique && c.Nulls == 0 && c.table.evidence.Rows > 0
}

// family puts types together whose values can be compared.
func family(t evidence.Type) string {
	switch t {
	case evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat:
		return "number"
	case evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeTime:
		return "time"
	case evidence.TypeBoolean, evidence.TypeText, evidence.TypeUUID, evidence.TypeJSON, evidence.TypeBinary, evidence.TypeUnknown:
	}
	return string(t)
}

// integerBytes is the size that an integer column needs.
func integerBytes(c *evidence.Column) int {
	for _, text := range []string{c.Min, c.Max} {
		digits := len(text)
		if digits > 0 && (text[0] == '-' || text[0] == '+') {
			digits--
		}
		if digits > 9 {
			return 8
		}
	}
	return 4
}

// dialled reports whether digits under such a name are not a number: nobody adds
// them up, and others of the kind have letters or leading zeros.
func dialled(words []string) bool {
	kinds := []string{"phone", "telephone", "tel", "mobile", "fax", "zip", "zipcode", "postal", "postcode", "isbn", "ean", "iban", "barcode", "extension", "ext"}
	rest := words
	if n := len(rest); n > 1 && slices.Contains([]string{"number", "no", "code", "nr"}, rest[n-1]) {
		rest = rest[:n-1]
	}
	return len(rest) > 0 && slices.Contains(kinds, rest[len(rest)-1])
}

// spelled reports whether dates are written with the months' whole names: such a
// text is for people, and may be more than a day. A judge can say that it is one.
func spelled(c *evidence.Column) bool {
	return c.Type == evidence.TypeDate && strings.Contains(c.Format, "January")
}

// typeOf is the schema's type of a column of the evidence.
func typeOf(c *column) schema.Type {
	t := schema.Type{Kind: string(c.Type)}
	if c.Type == evidence.TypeInteger && dialled(c.words) || spelled(c.Column) {
		return schema.Type{Kind: string(evidence.TypeText), Length: c.Length}
	}
	switch c.Type {
	case evidence.TypeDecimal:
		t.Precision, t.Scale = c.Precision, c.Scale
	case evidence.TypeInteger:
		t.Bytes = integerBytes(c.Column)
	case evidence.TypeText, evidence.TypeUnknown:
		t.Kind, t.Length = string(evidence.TypeText), c.Length
	case evidence.TypeBoolean, evidence.TypeFloat, evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeTime, evidence.TypeUUID, evidence.TypeJSON, evidence.TypeBinary:
	}
	return t
}
