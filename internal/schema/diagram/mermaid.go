// Package diagram draws a schema: as an SVG that stands alone, and as text for
// Mermaid.
package diagram

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// Mermaid writes the schema as an erDiagram of Mermaid (mermaid.js.org/syntax).
// Suspected references are dotted.
func Mermaid(s *schema.Schema) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%%%% %s\nerDiagram\n", s.Judgement())
	for i := range s.Tables {
		t := &s.Tables[i]
		fmt.Fprintf(&b, "  %s {\n", t.Name)
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "    %s %s%s\n", typeName(c.Type), c.Name, marks(s, t, c.Name))
		}
		b.WriteString("  }\n")
	}
	for i := range s.Tables {
		for _, f := range s.Tables[i].ForeignKeys {
			writeEdge(&b, s, f, "--")
		}
	}
	for _, f := range s.Suspected {
		writeEdge(&b, s, f, "..")
	}
	return []byte(b.String())
}

func writeEdge(b *strings.Builder, s *schema.Schema, f schema.ForeignKey, line string) {
	one, many := "||", "o{"
	if optional(s, f) {
		one = "|o"
	}
	if single(s, f) {
		many = "o|"
	}
	fmt.Fprintf(b, "  %s %s%s%s %s : %s\n", f.RefTable, one, line, many, f.Table, strings.Join(f.Columns, "_"))
}

// optional reports whether a row may refer to nothing.
func optional(s *schema.Schema, f schema.ForeignKey) bool {
	t := s.Table(f.Table)
	return t != nil && slices.ContainsFunc(f.Columns, func(name string) bool {
		c := t.Column(name)
		return c != nil && c.Nullable
	})
}

// single reports whether at most one row refers to each.
func single(s *schema.Schema, f schema.ForeignKey) bool {
	t := s.Table(f.Table)
	return t != nil && t.HasKey(f.Columns)
}

// marks are the keys that a column is part of, as Mermaid spells them.
func marks(s *schema.Schema, t *schema.Table, column string) string {
	var out []string
	if t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, column) {
		out = append(out, "PK")
	}
	if refers(s, t, column) {
		out = append(out, "FK")
	}
	if slices.ContainsFunc(t.Unique, func(k schema.Key) bool { return len(k.Columns) == 1 && k.Columns[0] == column }) {
		out = append(out, "UK")
	}
	if len(out) == 0 {
		return ""
	}
	return " " + strings.Join(out, ", ")
}

func refers(s *schema.Schema, t *schema.Table, column string) bool {
	has := func(f schema.ForeignKey) bool { return f.Table == t.Name && slices.Contains(f.Columns, column) }
	return slices.ContainsFunc(t.ForeignKeys, has) || slices.ContainsFunc(s.Suspected, has)
}

// typeName is a type in a word.
func typeName(t schema.Type) string {
	switch t.Kind {
	case "unknown":
		return "text"
	case "integer":
		if t.Bytes > 4 {
			return "bigint"
		}
	case "timestamp_tz":
		return "timestamptz"
	}
	return t.Kind
}
