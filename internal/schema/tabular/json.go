package tabular

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// looksJSON says that a head begins with an object or an array, and has nothing in
// it that JSON cannot have there.
func looksJSON(head []byte) bool {
	enc := detectEncoding([][]byte{head})
	l := jsonLexer{text: bytes.TrimLeft(enc.decode(head, true), " \t\r\n")}
	if len(l.text) == 0 || l.text[0] != '{' && l.text[0] != '[' {
		return false
	}
	for l.next() != 0 {
		if err := l.skip(); err != nil {
			return len(head) == lookSize && l.pos >= len(l.text)-maxLiteral // cut at the end of the head
		}
	}
	return true
}

// maxLiteral is how long a word may be that is cut.
const maxLiteral = 40

// claimsJSON says that a file is named as JSON, whatever is in it.
func claimsJSON(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".jsonl", ".ndjson":
		return true
	}
	return false
}

// section is a sequence of JSON values in a file.
type section struct {
	from, to int64  // in the decoded text; to -1: the end
	bracket  bool   // the end is that of an array
	inline   []byte // the text itself, where it was put together
}

// json adds the tables of JSON: an array of rows, lines of rows, or one object.
func (f *finder) json(ctx context.Context, b *blob) error {
	samples, err := b.samples(ctx)
	if err != nil {
		return err
	}
	j := &jsonFile{f: f, blob: b, enc: detectEncoding(samples), format: "json", name: tableName(b.name)}
	head := j.enc.decode(samples[0], true)
	start := len(head) - len(bytes.TrimLeft(head, " \t\r\n"))
	if start == len(head) {
		return fault.New(fault.Invalid, "it begins with %d KiB of white space", headSize>>10)
	}
	switch head[start] {
	case '[':
		return j.located(ctx, j.records(ctx, section{from: int64(start) + 1, to: -1, bracket: true}))
	case '{':
		return j.located(ctx, j.object(ctx))
	}
	return fault.New(fault.Invalid, "it is named as JSON and begins with %.20q: JSON rows are objects", head[start:min(len(head), start+20)])
}

// jsonFile is one file of JSON while its tables are found.
type jsonFile struct {
	f      *finder
	blob   *blob
	enc    encoding
	format string
	name   string
}

// located names the line of what is not JSON, which people find sooner than a byte.
func (j *jsonFile) located(ctx context.Context, err error) error {
	bad, ok := errors.AsType[*syntaxError](err)
	if !ok || bad.inline {
		return err
	}
	line, row := j.line(ctx, bad.at), j.line(ctx, bad.row)
	switch {
	case line == 0 || row == 0:
		return err
	case row < line:
		return fault.New(fault.Invalid, "it is not valid JSON: %s at byte %d, in line %d, in the value that begins in line %d: mend that line, or take it out", bad.what, bad.at, line, row)
	}
	return fault.New(fault.Invalid, "it is not valid JSON: %s at byte %d, in line %d: mend that line, or take it out", bad.what, bad.at, line)
}

// line is the number of the line, from 1, that a byte of the text is in; 0 when it
// cannot be told.
func (j *jsonFile) line(ctx context.Context, at int64) int64 {
	r, err := j.blob.open(ctx)
	if err != nil {
		return 0
	}
	defer r.Close()
	text, err := j.enc.reader(r)
	if err != nil {
		return 0
	}
	var n lineCounter
	if _, err := io.CopyN(&n, text, at); err != nil {
		return 0
	}
	return int64(n) + 1
}

// lineCounter counts line ends.
type lineCounter int64

func (n *lineCounter) Write(p []byte) (int, error) {
	*n += lineCounter(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// records adds the tables of a sequence of rows.
func (j *jsonFile) records(ctx context.Context, s section) error {
	root, err := j.survey(ctx, s)
	if err != nil {
		return err
	}
	_, err = j.tables(plan(root, j.name, nil, nil), s, nil)
	return err
}

// survey reads a section to find the shape of its values.
func (j *jsonFile) survey(ctx context.Context, s section) (*shape, error) {
	root := newShape("", nil)
	v := &survey{most: 5 * j.f.o.MaxColumns} // of several tables
	source := &jsonRows{blob: j.blob, enc: j.enc, section: s}
	err := source.each(ctx, 1, func(_ context.Context, _ int, c *chunk) error {
		c.after <- counts{}
		v.l = jsonLexer{text: c.text, base: c.offset + s.from}
		return v.l.records(s.bracket, func() error { return v.value(root) })
	})
	if bad, ok := errors.AsType[*syntaxError](err); ok {
		bad.inline = s.inline != nil
	}
	return root, err
}

// object adds the tables of a file with one object at its beginning: rows in lines,
// if others follow it; else one row, and the rows in its arrays.
func (j *jsonFile) object(ctx context.Context) error {
	o, err := j.outline(ctx)
	switch {
	case err != nil:
		return err
	case o.more || o.broken:
		j.format = "jsonl"
		return j.records(ctx, section{to: -1})
	case !o.done:
		return fault.New(fault.Invalid, "it is not valid JSON: its object does not end")
	}
	rest, err := j.remainder(ctx, o.members)
	if err != nil {
		return err
	}
	root, err := j.survey(ctx, rest)
	if err != nil {
		return err
	}
	nests := plan(root, j.name, nil, nil)
	found := len(j.f.set.Tables)
	var parent *Table
	if len(nests[0].names) > 0 || len(nests) > 1 {
		nests[0].numbers = true
		tables, err := j.tables(nests, rest, nil)
		if err != nil {
			return err
		}
		parent = tables[0]
	}
	for _, m := range o.members {
		if !m.array {
			continue
		}
		if err := j.array(ctx, m, parent); err != nil {
			return err
		}
	}
	if len(j.f.set.Tables) == found {
		return fault.New(fault.Invalid, "its object has no values")
	}
	return nil
}

// array adds the tables of an array in the one object of the file.
func (j *jsonFile) array(ctx context.Context, m member, parent *Table) error {
	s := section{from: m.from, to: m.to}
	root, err := j.survey(ctx, s)
	if err != nil {
		return err
	}
	name := cleanName([]byte(m.key))
	switch {
	case root.scalars()+root.objects+root.nulls == 0:
		j.f.set.Notes = append(j.f.set.Notes, evidence.Note{About: j.blob.source, Kind: "empty", Text: fmt.Sprintf("The array %s is empty: there is nothing to make a table of.", name)})
		return nil
	case parent != nil:
		name = j.name + "_" + name
	case name == "":
		name = j.name
	}
	_, err = j.tables(plan(root, name, nil, nil), s, parent)
	return err
}

// outline reads the file's first object, and no more.
func (j *jsonFile) outline(ctx context.Context) (*outline, error) {
	r, err := j.blob.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := j.enc.reader(r)
	if err != nil {
		return nil, err
	}
	o := &outline{}
	buf := make([]byte, 64<<10)
	for !o.more && !o.broken {
		n, err := text.Read(buf)
		if _, werr := o.Write(buf[:n]); werr != nil {
			return nil, werr
		}
		if len(o.members) > j.f.o.MaxColumns {
			return nil, fault.New(fault.Invalid, "its object has more than %d members: keys seem to be data. Turn them into values", j.f.o.MaxColumns)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

// remainder puts an object together from all members but the arrays.
func (j *jsonFile) remainder(ctx context.Context, members []member) (section, error) {
	r, err := (&jsonRows{blob: j.blob, enc: j.enc, section: section{to: -1}}).open(ctx)
	if err != nil {
		return section{}, err
	}
	defer r.Close()
	text, at := []byte{'{'}, int64(0)
	for _, m := range members {
		if m.array {
			continue
		}
		if int64(len(text))+m.to-m.from > maxRow || m.from < at {
			return section{}, fault.New(fault.Invalid, "its object has a member %.40q of more than %d MiB that is no array: write its rows as JSON lines", m.key, maxRow>>20)
		}
		if _, err := io.CopyN(io.Discard, r, m.from-at); err != nil {
			return section{}, err
		}
		value, err := io.ReadAll(io.LimitReader(r, m.to-m.from))
		if err != nil {
			return section{}, err
		}
		at = m.to
		text = append(quoteJSON(text, m.key), ':')
		text = append(append(text, value...), ',')
	}
	return section{inline: append(text, '}'), to: -1}, nil
}

// quoteJSON appends a text as JSON has it.
func quoteJSON(to []byte, text string) []byte {
	to = append(to, '"')
	for _, c := range []byte(text) {
		switch {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c < ' ':
			to = fmt.Appendf(to, `\u%04x`, c)
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}

// tables adds a table for each nest of a section. parent is the table whose only
// row the section stands in; nil for none.
func (j *jsonFile) tables(nests []*nest, s section, parent *Table) ([]*Table, error) {
	made := map[*nest]*Table{}
	var tables []*Table
	for _, n := range nests {
		r := &jsonRows{blob: j.blob, enc: j.enc, section: s, target: n.root, numbers: n.numbers, within: n.parent != nil, single: n.parent == nil && parent != nil}
		t := &Table{Name: n.name, Source: j.blob.source, parent: made[n.parent], rows: r}
		if n.parent == nil {
			t.parent = parent
		}
		var names []string
		if t.parent != nil {
			names = append(names, t.parent.Name+"_row")
			t.Notes = append(t.Notes, evidence.Note{About: names[0], Kind: "generated", Text: fmt.Sprintf("%s is the number of the row of %s that a row was nested in.", names[0], t.parent.Name)})
		}
		if n.numbers {
			own := n.name + "_row"
			names = append(names, own)
			t.Notes = append(t.Notes, evidence.Note{About: own, Kind: "generated", Text: fmt.Sprintf("%s is the number of a row, which the rows nested in it refer to.", own)})
		}
		r.prefix = len(names)
		var notes []evidence.Note
		t.Columns, notes = uniqueNames(append(names, n.names...), true)
		t.Notes = append(append(t.Notes, n.notes...), notes...)
		if len(t.Columns) > j.f.o.MaxColumns {
			return nil, fault.New(fault.Invalid, "%s has %d columns, more than %d", n.name, len(t.Columns), j.f.o.MaxColumns)
		}
		if len(t.Columns) == 0 {
			return nil, fault.New(fault.Invalid, "its rows have no values")
		}
		t.Reading = evidence.Reading{Format: j.format, Encoding: j.enc.name, Header: true}
		r.width = len(t.Columns)
		r.walk()
		made[n] = t
		tables = append(tables, t)
	}
	j.f.set.Tables = append(j.f.set.Tables, tables...)
	return tables, nil
}
