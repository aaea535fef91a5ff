package tabular_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/schema/tabular"
)

// form is one way to write a table.
type form struct {
	name        string
	delim       string
	quote       string // "all" quotes every cell, "'" by apostrophes; empty: where needed
	newline     string
	encoding    string
	title       string
	headless    bool
	spaceBefore bool
}

func forms() []form {
	return []form{
		{name: "semicolons", delim: ";", newline: "\n"},
		{name: "tabs", delim: "\t", newline: "\n"},
		{name: "bars, all quoted", delim: "|", quote: "all", newline: "\r\n"},
		{name: "commas, all quoted, CRLF, mark", delim: ",", quote: "all", newline: "\r\n", encoding: "mark"},
		{name: "lone CR", delim: ",", newline: "\r"},
		{name: "UTF-16 little", delim: "\t", newline: "\r\n", encoding: "utf-16le"},
		{name: "UTF-16 big", delim: ",", newline: "\n", encoding: "utf-16be"},
		{name: "carets", delim: "^", newline: "\n"},
		{name: "tildes", delim: "~", newline: "\n"},
		{name: "colons", delim: ":", newline: "\n"},
		{name: "unit separators", delim: "\x1f", newline: "\n"},
		{name: "title lines", delim: ",", newline: "\n", title: "Report of the year\n\n"},
		{name: "padded title lines", delim: ";", newline: "\r\n", title: "pad"},
		{name: "spaces before quotes", delim: ",", quote: "all", newline: "\n", spaceBefore: true},
		{name: "no header", delim: ",", newline: "\n", headless: true},
	}
}

// write renders rows as the form has them. A null is an empty cell without quotes.
func (f form) write(rows [][]string) string {
	var b strings.Builder
	if f.title == "pad" {
		rest := strings.Repeat(f.delim, len(rows[0])-1) + f.newline
		b.WriteString("Report of the year" + rest + rest)
	} else {
		b.WriteString(f.title)
	}
	if f.headless {
		rows = rows[1:]
	}
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteString(f.delim)
			}
			if f.spaceBefore && i > 0 {
				b.WriteString(" ")
			}
			if cell != "" && (f.quote == "all" || strings.Contains(cell, f.delim) || strings.ContainsAny(cell, "\"\r\n")) {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString(f.newline)
	}
	return f.encode(b.String())
}

func (f form) encode(text string) string {
	switch f.encoding {
	case "mark":
		return "\ufeff" + text
	case "utf-16le", "utf-16be":
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
			if f.encoding == "utf-16le" {
				b = append(b, byte(u), byte(u>>8))
			} else {
				b = append(b, byte(u>>8), byte(u))
			}
		}
		return string(b)
	}
	return text
}

// TestRewrittenSets writes real tables in many forms: each must be read as it was.
func TestRewrittenSets(t *testing.T) {
	t.Parallel()
	root := schemaData(t)
	var files []string
	for _, pattern := range []string{"*/*.csv", "spider_en/*/*.csv"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		files = append(files, found...)
	}
	dir := t.TempDir()
	for _, f := range forms() {
		read, wrong := 0, []string{}
		for _, file := range files {
			rows := csvRows(t, file)
			if len(rows[0]) < 2 || len(rows) < 4 || len(rows) > 2000 {
				continue
			}
			read++
			if why := reads(t, filepath.Join(dir, "t.csv"), f, rows); why != "" {
				wrong = append(wrong, strings.TrimPrefix(file, root)+": "+why)
			}
		}
		t.Logf("%-32s %d of %d", f.name, read-len(wrong), read)
		for _, w := range wrong {
			t.Logf("    %.160s", w)
		}
		if least := read * 98 / 100; read-len(wrong) < least && !f.headless {
			t.Errorf("%s: %d of %d tables are read as they were, want %d", f.name, read-len(wrong), read, least)
		}
	}
}

func csvRows(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(row []string) bool { return strings.Join(row, "") == "" })
}

// reads writes rows in a form and says what is read wrong; empty: nothing.
func reads(t *testing.T, path string, f form, rows [][]string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(f.write(rows)), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := tabular.Open(t.Context(), []string{path}, tabular.Options{})
	if err != nil {
		return err.Error()
	}
	table := set.Tables[0]
	if table.Reading.Header == f.headless {
		return fmt.Sprintf("header %t: %.60q", table.Reading.Header, table.Columns)
	}
	if !f.headless && !slices.Equal(table.Columns, rows[0]) {
		return fmt.Sprintf("columns %q, want %q (%+v)", table.Columns, rows[0], table.Reading)
	}
	why, n := "", 0
	_, err = table.Scan(t.Context(), 1, func(_ int, b *tabular.Batch) error {
		for r := range b.Rows {
			want := rows[1+int(b.First)+r]
			n++
			for c := range b.Columns() {
				got := b.Cell(r, c).Text
				if why == "" && (c >= len(want) || string(got) != strings.ReplaceAll(want[c], "\r\n", "\n") && string(got) != want[c]) && utf8.Valid(got) {
					why = fmt.Sprintf("row %d column %d is %q, want %q", n, c, got, want[min(c, len(want)-1)])
				}
			}
		}
		return nil
	})
	if err != nil {
		return err.Error()
	}
	if why == "" && n != len(rows)-1 {
		return fmt.Sprintf("%d rows, want %d", n, len(rows)-1)
	}
	return why
}
