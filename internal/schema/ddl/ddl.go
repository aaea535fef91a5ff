// Package ddl writes a schema in the language of a database: PostgreSQL, MySQL or
// SQLite. It writes every name in quotes and takes no text of a model but as a
// quoted comment.
package ddl

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// Dialect is a database's language.
type Dialect string

// The dialects.
const (
	PostgreSQL Dialect = "postgres"
	MySQL      Dialect = "mysql"
	SQLite     Dialect = "sqlite"
)

// Dialects are all of them.
func Dialects() []Dialect { return []Dialect{PostgreSQL, MySQL, SQLite} }

// Statements are what makes the schema, in order, without semicolons. The schema
// must be without faults (schema.Schema.Check) and in order (schema.Schema.Order).
func Statements(s *schema.Schema, d Dialect) []string {
	w := writer{d: d, s: s, made: map[string]bool{}}
	for i := range s.Tables {
		w.table(&s.Tables[i])
	}
	return append(w.out, w.later...)
}

// Script is Statements as a file, with a head that says what it is.
func Script(s *schema.Schema, d Dialect) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "-- %s for %s\n-- %s\n", s.Name, title(d), s.Judgement())
	if d == MySQL {
		b.WriteString("SET NAMES utf8mb4;\n")
	}
	for _, st := range Statements(s, d) {
		b.WriteString("\n" + st + ";\n")
	}
	return []byte(b.String())
}

func title(d Dialect) string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	case SQLite:
		return "SQLite"
	}
	return string(d)
}

// writer collects statements.
type writer struct {
	d          Dialect
	s          *schema.Schema
	made       map[string]bool // tables that are made so far
	out, later []string
}

// table writes a table, its indexes, and its comments.
func (w *writer) table(t *schema.Table) {
	w.made[t.Name] = true
	types := w.types(t)
	var lines []string
	for i, c := range t.Columns {
		line := "  " + w.quote(c.Name) + " " + types[i]
		if !c.Nullable || inKey(t.PrimaryKey, c.Name) {
			line += " NOT NULL"
		}
		if w.d == SQLite {
			line += sqliteCheck(c, w.quote(c.Name))
		}
		if w.d == MySQL {
			line += w.inlineComment(c.Meaning)
		}
		lines = append(lines, line)
	}
	if t.PrimaryKey != nil {
		lines = append(lines, "  PRIMARY KEY "+w.list(t.PrimaryKey.Columns))
	}
	for _, k := range t.Unique {
		lines = append(lines, "  "+w.constraint("uq", t.Name, k.Columns)+"UNIQUE "+w.list(k.Columns))
	}
	for _, f := range t.ForeignKeys {
		text := w.constraint("fk", t.Name, f.Columns) + "FOREIGN KEY " + w.list(f.Columns) + " REFERENCES " + w.quote(f.RefTable) + " " + w.list(f.RefColumns)
		switch {
		case w.d == SQLite:
			lines = append(lines, "  "+text+" DEFERRABLE INITIALLY DEFERRED")
		case w.made[f.RefTable]:
			lines = append(lines, "  "+text)
		default:
			if w.d == PostgreSQL { // so that a circle can be loaded in one transaction
				text += " DEFERRABLE"
			}
			w.later = append(w.later, "ALTER TABLE "+w.quote(t.Name)+" ADD "+text)
		}
	}
	w.out = append(w.out, "CREATE TABLE "+w.quote(t.Name)+" (\n"+strings.Join(lines, ",\n")+"\n)"+w.options(t))
	w.indexes(t)
	w.comments(t)
}

// options are what stands behind a table's columns.
func (w *writer) options(t *schema.Table) string {
	switch w.d {
	case SQLite:
		return " STRICT"
	case MySQL:
		// Keys are measured by exact text, so they are compared so.
		return " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" + w.inlineComment(t.Purpose)
	case PostgreSQL:
	}
	return ""
}

// indexes are those that references are looked up by, where no key begins so.
func (w *writer) indexes(t *schema.Table) {
	seen := map[string]bool{}
	for _, f := range t.ForeignKeys {
		name := strings.Join(f.Columns, ",")
		if seen[name] || leads(t, f.Columns) {
			continue
		}
		seen[name] = true
		w.out = append(w.out, "CREATE INDEX "+w.quote(schema.Shorten("ix_"+t.Name+"_"+strings.Join(f.Columns, "_")))+" ON "+w.quote(t.Name)+" "+w.list(f.Columns))
	}
}

// leads reports whether a key of t begins with the columns.
func leads(t *schema.Table, columns []string) bool {
	keys := t.Unique
	if t.PrimaryKey != nil {
		keys = append([]schema.Key{*t.PrimaryKey}, keys...)
	}
	for _, k := range keys {
		if len(k.Columns) >= len(columns) && strings.Join(k.Columns[:len(columns)], ",") == strings.Join(columns, ",") {
			return true
		}
	}
	return false
}

// comments are PostgreSQL's; MySQL's stand inline, and SQLite has none.
func (w *writer) comments(t *schema.Table) {
	if w.d != PostgreSQL {
		return
	}
	if t.Purpose != "" {
		w.out = append(w.out, "COMMENT ON TABLE "+w.quote(t.Name)+" IS "+literal(w.d, t.Purpose))
	}
	for _, c := range t.Columns {
		if c.Meaning != "" {
			w.out = append(w.out, "COMMENT ON COLUMN "+w.quote(t.Name)+"."+w.quote(c.Name)+" IS "+literal(w.d, c.Meaning))
		}
	}
}

func (w *writer) inlineComment(text string) string {
	if text == "" || w.d != MySQL {
		return ""
	}
	return " COMMENT " + literal(w.d, text)
}

func (w *writer) constraint(kind, table string, columns []string) string {
	return "CONSTRAINT " + w.quote(schema.Shorten(kind+"_"+table+"_"+strings.Join(columns, "_"))) + " "
}

func (w *writer) quote(name string) string { return Quote(w.d, name) }

func (w *writer) list(columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = w.quote(c)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// Quote writes an identifier in the dialect's quotes.
func Quote(d Dialect, name string) string {
	if d == MySQL {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// literal writes a text as a string of the dialect, on one line.
func literal(d Dialect, text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	text = strings.ReplaceAll(text, "'", "''")
	if d == MySQL {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	return "'" + text + "'"
}
