package edit

import (
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Harmonise gives columns that refer the type of what they refer to, and both the
// wider one: engines refuse references between types.
func Harmonise(s *schema.Schema) {
	for range s.Tables { // along chains of references
		changed := false
		for i := range s.Tables {
			for _, f := range s.Tables[i].ForeignKeys {
				to := s.Table(f.RefTable)
				for j := range f.Columns {
					a, b := s.Tables[i].Column(f.Columns[j]), to.Column(f.RefColumns[j])
					w := Wider(a.Type, b.Type)
					changed = changed || a.Type != w || b.Type != w
					a.Type, b.Type = w, w
				}
			}
		}
		if !changed {
			return
		}
	}
}

// Wider is a type that holds the values of both.
func Wider(a, b schema.Type) schema.Type {
	if a.Kind != b.Kind {
		order := []string{"boolean", "integer", "decimal", "float", "date", "timestamp", "timestamp_tz", "uuid", "text"}
		if slices.Index(order, b.Kind) > slices.Index(order, a.Kind) {
			a, b = b, a
		}
	}
	if a.Kind == string(evidence.TypeDecimal) {
		scale := max(a.Scale, b.Scale)
		a.Precision, a.Scale = max(whole(a), whole(b))+scale, scale
	}
	a.Length, a.Bytes = max(a.Length, b.Length), max(a.Bytes, b.Bytes)
	if a.Kind != string(evidence.TypeInteger) {
		a.Bytes = 0
	}
	return a
}

// whole is how many digits a number of the type has before the point, at most.
func whole(t schema.Type) int {
	switch {
	case t.Kind != string(evidence.TypeInteger):
		return t.Precision - t.Scale
	case t.Bytes > 4:
		return 19
	}
	return 10
}
