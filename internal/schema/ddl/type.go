package ddl

import (
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Types are the types of a table's columns in the dialect, in order.
func Types(t *schema.Table, d Dialect) []string {
	w := writer{d: d}
	return w.types(t)
}

// types are the columns' types in the dialect, in order.
func (w *writer) types(t *schema.Table) []string {
	out := make([]string, len(t.Columns))
	long := w.longTexts(t)
	for i, c := range t.Columns {
		switch w.d {
		case PostgreSQL:
			out[i] = postgresType(c.Type)
		case SQLite:
			out[i] = sqliteType(c.Type)
		default:
			out[i] = mysqlType(c.Type, long[c.Name])
		}
	}
	return out
}

func postgresType(t schema.Type) string {
	switch evidence.Type(t.Kind) {
	case evidence.TypeBoolean:
		return "boolean"
	case evidence.TypeInteger:
		if t.Bytes > 4 {
			return "bigint"
		}
		return "integer"
	case evidence.TypeDecimal:
		p, s := digits(t, 1000)
		return fmt.Sprintf("numeric(%d,%d)", p, s)
	case evidence.TypeFloat:
		return "double precision"
	case evidence.TypeDate:
		return "date"
	case evidence.TypeTimestamp:
		return "timestamp"
	case evidence.TypeTimestampTZ:
		return "timestamp with time zone"
	case evidence.TypeTime:
		return "time"
	case evidence.TypeUUID:
		return "uuid"
	case evidence.TypeJSON:
		return "jsonb"
	case evidence.TypeBinary:
		return "bytea"
	case evidence.TypeText, evidence.TypeUnknown:
	}
	return "text"
}

// sqliteType is a type that STRICT tables know. Decimals are REAL as long as a
// double holds their digits.
func sqliteType(t schema.Type) string {
	switch evidence.Type(t.Kind) {
	case evidence.TypeBoolean, evidence.TypeInteger:
		return "INTEGER"
	case evidence.TypeDecimal:
		if t.Precision <= 15 {
			return "REAL"
		}
	case evidence.TypeFloat:
		return "REAL"
	case evidence.TypeBinary:
		return "BLOB"
	case evidence.TypeText, evidence.TypeUnknown, evidence.TypeDate, evidence.TypeTime, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeUUID, evidence.TypeJSON:
	}
	return "TEXT"
}

// sqliteCheck is what SQLite's few types leave unsaid.
func sqliteCheck(c schema.Column, name string) string {
	test := ""
	switch evidence.Type(c.Type.Kind) {
	case evidence.TypeBoolean:
		test = name + " IN (0, 1)"
	case evidence.TypeDate:
		test = "date(" + name + ") = " + name
	case evidence.TypeTimestamp, evidence.TypeTimestampTZ:
		test = "datetime(" + name + ") IS NOT NULL"
	case evidence.TypeTime:
		test = "time(" + name + ") IS NOT NULL"
	case evidence.TypeUUID:
		test = "length(" + name + ") = 36"
	case evidence.TypeJSON:
		test = "json_valid(" + name + ")"
	case evidence.TypeDecimal:
		if c.Type.Precision > 15 {
			test = name + " NOT GLOB '*[^0-9.-]*'"
		}
	case evidence.TypeText, evidence.TypeUnknown, evidence.TypeInteger, evidence.TypeFloat, evidence.TypeBinary:
	}
	if test == "" {
		return ""
	}
	if c.Nullable {
		test = name + " IS NULL OR " + test
	}
	return " CHECK (" + test + ")"
}

// Limits of MySQL's InnoDB with utf8mb4, four bytes a character.
const (
	mysqlKey    = 3072 / 4   // characters in all columns of a key together
	mysqlInline = 255        // longer texts that are in no key are apart from the row
	mysqlRow    = 60_000 / 4 // characters in all columns of a row together: less than 65,535 bytes, as texts apart take some
)

func mysqlType(t schema.Type, long bool) string {
	switch evidence.Type(t.Kind) {
	case evidence.TypeBoolean:
		return "boolean"
	case evidence.TypeInteger:
		if t.Bytes > 4 {
			return "bigint"
		}
		return "int"
	case evidence.TypeDecimal:
		p, s := digits(t, 65)
		return fmt.Sprintf("decimal(%d,%d)", p, min(s, 30))
	case evidence.TypeFloat:
		return "double"
	case evidence.TypeDate:
		return "date"
	case evidence.TypeTimestamp, evidence.TypeTimestampTZ: // a zone's time is loaded as UTC
		return "datetime(6)"
	case evidence.TypeTime:
		return "time(6)"
	case evidence.TypeUUID:
		return "char(36)"
	case evidence.TypeJSON:
		return "json"
	case evidence.TypeBinary:
		return "longblob"
	case evidence.TypeText, evidence.TypeUnknown:
	}
	switch {
	case !long:
		return fmt.Sprintf("varchar(%d)", room(t.Length))
	case t.Length > 16383:
		return "longtext"
	}
	return "text"
}

// digits are a decimal's precision and scale, with room for larger numbers.
func digits(t schema.Type, most int) (precision, scale int) {
	return min(max(t.Precision+2, 10), most), t.Scale
}

// room is a length for texts of which the longest so far has n characters.
func room(n int) int {
	for _, size := range []int{16, 32, 64, 128, 255, 512, mysqlKey} {
		if n*5/4 <= size || size >= n && size >= 255 {
			return size
		}
	}
	return mysqlKey
}

// longTexts are the columns whose texts MySQL keeps apart from the row: the long
// ones, and of a row that would be too wide the longest. Those of keys, and of what
// refers to one, stay.
func (w *writer) longTexts(t *schema.Table) map[string]bool {
	long := map[string]bool{}
	width := 0
	var texts []schema.Column
	for _, c := range t.Columns {
		switch {
		case evidence.Type(c.Type.Kind) != evidence.TypeText && evidence.Type(c.Type.Kind) != evidence.TypeUnknown:
			width += 10
		case keyed(t, c.Name):
			width += room(c.Type.Length)
		case c.Type.Length > mysqlInline:
			long[c.Name] = true
		default:
			width += room(c.Type.Length)
			texts = append(texts, c)
		}
	}
	slices.SortStableFunc(texts, func(a, b schema.Column) int { return b.Type.Length - a.Type.Length })
	for _, c := range texts {
		if width <= mysqlRow {
			break
		}
		width -= room(c.Type.Length)
		long[c.Name] = true
	}
	return long
}

// keyed reports whether a column is in any key or reference of its table.
func keyed(t *schema.Table, name string) bool {
	if inKey(t.PrimaryKey, name) {
		return true
	}
	for _, k := range t.Unique {
		if slices.Contains(k.Columns, name) {
			return true
		}
	}
	return slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return slices.Contains(f.Columns, name) })
}

func inKey(k *schema.Key, name string) bool { return k != nil && slices.Contains(k.Columns, name) }
