package tabular

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// maxName is how many bytes of a header cell are kept as a name.
const maxName = 200

// namesOf reads the names from the rows of a header. Cells of several rows are
// joined; a cell of a row above the last spans the empty ones after it.
func namesOf(header []sampleRow, l layout) []string {
	names := make([]string, l.width)
	for n, r := range header {
		if ruler(r) {
			continue
		}
		span := ""
		for i := range l.width - l.shift {
			text := ""
			if i < len(r.cells) {
				text = cleanName(r.cells[i].Text)
			}
			if n < len(header)-1 {
				if text != "" {
					span = text
				}
				if grouping(r, l.width) {
					text = span
				}
			}
			at := i + l.shift
			names[at] = strings.TrimSpace(names[at] + " " + text)
		}
	}
	return names
}

// cleanName makes a name of a cell: one line, no space around, UTF-8.
func cleanName(text []byte) string {
	if !utf8.Valid(text) {
		var b strings.Builder
		for _, c := range text {
			b.WriteRune(windows1252(c))
		}
		text = []byte(b.String())
	}
	text = bytes.ReplaceAll(text, []byte{0}, nil)
	name := strings.Join(strings.Fields(strings.TrimPrefix(string(text), "\ufeff")), " ")
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	return name
}

// uniqueNames gives every column a name that no other has, and says what was changed.
func uniqueNames(names []string, header bool) ([]string, []evidence.Note) {
	var (
		notes  []evidence.Note
		unique = make([]string, len(names))
		taken  = map[string]bool{extraColumn: true}
		asRead = map[string]bool{}
	)
	for _, name := range names {
		asRead[name] = true
	}
	for i, name := range names {
		stem, fresh := name, name
		if name == "" {
			stem = fmt.Sprintf("col_%d", i+1)
			fresh = stem
		}
		// A made-up name must not take that of a later column.
		for n := 2; taken[fresh] || fresh != name && asRead[fresh]; n++ {
			fresh = fmt.Sprintf("%s_%d", stem, n)
		}
		taken[fresh] = true
		unique[i] = fresh
		switch {
		case !header:
		case name == "":
			notes = append(notes, evidence.Note{About: fresh, Kind: "unnamed", Text: fmt.Sprintf("Column %d has no name in the header: it is %s here.", i+1, fresh)})
		case name != fresh:
			notes = append(notes, evidence.Note{About: fresh, Kind: "renamed", Text: fmt.Sprintf("Column %d is named %s as another before it: it is %s here.", i+1, name, fresh)})
		}
	}
	return unique, notes
}
