// Package truth compares a schema with one that its authors declared: the share of
// keys, references and types that were found.
package truth

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
)

// Declared is a declared schema, as ground_truth.json has it.
type Declared struct {
	Tables map[string]Table `json:"tables"`
}

// Table is a declared table.
type Table struct {
	Columns     []Column    `json:"columns"`
	PrimaryKey  []string    `json:"primary_key"`
	ForeignKeys []Reference `json:"foreign_keys"`
	Rows        int64       `json:"rows"`
}

// Column is a declared column.
type Column struct {
	Name   string `json:"name"`
	Family string `json:"family"`
}

// Reference is a declared foreign key, with what was measured of it.
type Reference struct {
	Columns    []string `json:"columns"`
	RefTable   string   `json:"ref_table"`
	RefColumns []string `json:"ref_columns"`
	Observed   struct {
		NonNull    int64 `json:"non_null"`
		Violations int64 `json:"violations"`
	} `json:"observed"`
}

// Visible reports whether rows show the reference: some refer, and none wrongly.
func (r *Reference) Visible() bool { return r.Observed.NonNull > 0 && r.Observed.Violations == 0 }

// Read reads a declared schema.
func Read(data []byte) (*Declared, error) {
	var d Declared
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fault.Wrap(fault.Invalid, "read the declared schema", err)
	}
	if len(d.Tables) == 0 {
		return nil, fault.New(fault.Invalid, `the declared schema has no "tables"`)
	}
	return &d, nil
}

// Count is how many were right of those that were proposed, and of those that are
// declared.
type Count struct {
	Right    int `json:"right"`
	Proposed int `json:"proposed"`
	Declared int `json:"declared"`
}

// Add adds up counts of several databases (micro average).
func (c *Count) Add(o Count) {
	c.Right, c.Proposed, c.Declared = c.Right+o.Right, c.Proposed+o.Proposed, c.Declared+o.Declared
}

// Precision is right by proposed; 1 when nothing was proposed.
func (c Count) Precision() float64 { return share(c.Right, c.Proposed) }

// Recall is right by declared; 1 when nothing is declared.
func (c Count) Recall() float64 { return share(c.Right, c.Declared) }

// F1 is 2·right / (proposed + declared); 1 when there are neither.
func (c Count) F1() float64 { return share(2*c.Right, c.Proposed+c.Declared) }

func share(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// Score is how a schema compares.
type Score struct {
	References, Visible Count // all declared ones, and those that rows show
	Keys, Types         Count
	// Missed and Wrong say what was not found and what is not declared, sorted.
	Missed, Wrong []string
}

// Compare scores a schema. Names are compared without regard to case and to
// underscores.
func Compare(d *Declared, s *schema.Schema, values func(table, column string) (some, whole bool)) Score {
	var out Score
	byName := map[string]*schema.Table{}
	for i := range s.Tables {
		byName[plain(s.Tables[i].Name)] = &s.Tables[i]
	}
	proposed := map[string]bool{}
	for i := range s.Tables {
		for _, f := range s.Tables[i].ForeignKeys {
			proposed[spell(f.Table, f.Columns, f.RefTable, f.RefColumns)] = true
		}
	}
	declared := map[string]bool{}
	hidden := 0 // right proposals of references that no row shows
	for name, t := range d.Tables {
		for _, r := range t.ForeignKeys {
			key := spell(name, r.Columns, r.RefTable, r.RefColumns)
			if declared[key] {
				continue
			}
			declared[key] = true
			out.References.Declared++
			if r.Visible() {
				out.Visible.Declared++
			}
			switch {
			case proposed[key] && r.Visible():
				out.References.Right++
				out.Visible.Right++
			case proposed[key]:
				out.References.Right++
				hidden++
			default:
				out.Missed = append(out.Missed, "reference "+key)
			}
		}
		out.table(name, t, byName[plain(name)], values)
	}
	out.References.Proposed, out.Visible.Proposed = len(proposed), len(proposed)-hidden
	for key := range proposed {
		if !declared[key] {
			out.Wrong = append(out.Wrong, "reference "+key)
		}
	}
	slices.Sort(out.Missed)
	slices.Sort(out.Wrong)
	return out
}

// table scores the key and the types of one table.
func (out *Score) table(name string, t Table, got *schema.Table, values func(table, column string) (some, whole bool)) {
	if len(t.PrimaryKey) > 0 && t.Rows > 0 {
		out.Keys.Declared++
		out.Keys.Proposed++
		if got != nil && got.PrimaryKey != nil && slices.Equal(plains(got.PrimaryKey.Columns), plains(t.PrimaryKey)) {
			out.Keys.Right++
		} else {
			key := "none"
			if got != nil && got.PrimaryKey != nil {
				key = strings.Join(got.PrimaryKey.Columns, "+")
			}
			out.Missed = append(out.Missed, "key of "+name+": "+strings.Join(t.PrimaryKey, "+")+", not "+key)
		}
	}
	for _, c := range t.Columns {
		some, whole := values(name, c.Name)
		if !some || !slices.Contains([]string{"integer", "decimal", "float", "text", "date", "timestamp", "time", "boolean"}, c.Family) {
			continue
		}
		out.Types.Declared++
		out.Types.Proposed++
		kind := "nothing"
		if got != nil {
			for _, gc := range got.Columns {
				if plain(gc.Name) == plain(c.Name) {
					kind = gc.Type.Kind
				}
			}
		}
		if sameFamily(kind, c.Family, whole) {
			out.Types.Right++
		} else {
			out.Missed = append(out.Missed, "type of "+name+"."+c.Name+": "+c.Family+", not "+kind)
		}
	}
}

// sameFamily accepts an integer for a wider type when all values are whole.
func sameFamily(kind, family string, whole bool) bool {
	switch kind {
	case family:
		return true
	case "decimal", "float":
		return family == "decimal" || family == "float"
	case "timestamp_tz":
		return family == "timestamp"
	case "integer":
		return whole && slices.Contains([]string{"decimal", "float", "boolean"}, family)
	}
	return false
}

// spell is one text for a reference, the same in whatever order its columns stand.
func spell(table string, columns []string, ref string, refColumns []string) string {
	pairs := make([]string, 0, len(columns))
	for i := range columns {
		if i < len(refColumns) {
			pairs = append(pairs, plain(columns[i])+"="+plain(refColumns[i]))
		}
	}
	slices.Sort(pairs)
	return plain(table) + " to " + plain(ref) + " by " + strings.Join(pairs, "+")
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f:
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}

func plains(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = plain(n)
	}
	slices.Sort(out)
	return out
}
