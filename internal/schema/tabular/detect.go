package tabular

import (
	"bytes"
	"slices"
	"strings"
)

// sampleRow is a row of a sample.
type sampleRow struct {
	cells []Cell
	start int // where it begins in the sample
}

// filled is how many cells have text in them.
func (r sampleRow) filled() int {
	n := 0
	for _, c := range r.cells {
		if !blank(c.Text) {
			n++
		}
	}
	return n
}

// sampleStats are what reading a sample in a dialect gives.
type sampleStats struct {
	rows   []sampleRow
	proper int // cells in quotes
	odd    int // such with more after the closing quote
	stray  int // quotes that open nothing
	broken int // cells in quotes with line ends in them
}

// readSample reads rows as a dialect has them, at most judgedRows. Without eof the last
// one may be cut and is left out.
func readSample(d dialect, sample []byte, eof bool) sampleStats {
	var (
		text = bytes.Clone(sample) // quoted cells are shortened in place
		p    = newRowParser(d, 0, false)
		s    sampleStats
		pos  int
	)
	for pos < len(text) && len(s.rows) < judgedRows {
		row, before := sampleRow{start: pos}, s
		if d.runs() {
			pos = skipSpaces(text, pos)
		}
		for last := false; !last; {
			var c span
			at := pos
			c, pos, last = p.cell(text, at)
			cell := Cell{Text: text[c.start : int(c.start)+c.size()], Quoted: c.quoted()}
			row.cells = append(row.cells, cell)
			s.quotes(d, sample[at:pos], cell)
		}
		cut := pos == len(text) && text[pos-1] != d.newline || p.open >= max(0, len(text)-cutCell)
		if cut && !eof && len(s.rows) > 0 {
			return before
		}
		s.rows = append(s.rows, row)
	}
	return s
}

// cutCell is how long a quoted cell may be that the end of a sample has cut; a quote
// that stays open for longer is one that opens nothing.
const cutCell = 64 << 10

// quotes judges the quotes of a cell as it was written.
func (s *sampleStats) quotes(d dialect, raw []byte, cell Cell) {
	if d.quote == 0 {
		return
	}
	raw = bytes.TrimRight(raw, " \r\n"+string(rune(d.delim)))
	switch {
	case !cell.Quoted:
		if bytes.HasPrefix(bytes.TrimLeft(raw, " "), []byte{d.quote}) {
			s.stray++
		}
	case len(raw) > 0 && raw[len(raw)-1] == d.quote:
		s.proper++
		if bytes.IndexByte(raw, d.newline) >= 0 {
			s.broken++
		}
	default:
		s.odd++
	}
}

// commonWidth is the width that most rows have, and the share of rows that have it, of
// those that are not blank.
func commonWidth(rows []sampleRow) (width int, share float64) {
	counts := map[int]int{}
	total := 0
	for _, r := range rows {
		if len(r.cells) > 1 || r.filled() > 0 {
			counts[len(r.cells)]++
			total++
		}
	}
	for w, n := range counts {
		if n > counts[width] || n == counts[width] && w > width {
			width = w
		}
	}
	if total == 0 {
		return 1, 1
	}
	return width, float64(counts[width]) / float64(total)
}

// The bounds of what is judged.
const (
	judgedRows  = 2000
	judgedCells = 20000
)

// separator is a delimiter that is tried.
type separator struct {
	char byte
	// prior is how readily it is believed. weak ones stand in values as well, so
	// that they are believed only when every row agrees and columns have types.
	prior float64
	weak  bool
}

func separators() []separator {
	return []separator{
		{char: ',', prior: 1},
		{char: '\t', prior: 1},
		{char: ';', prior: 1},
		{char: '|', prior: 1},
		{char: 0x1f, prior: 1},
		{char: 0x01, prior: 1},
		{char: '^', prior: .9},
		{char: '~', prior: .9},
		{char: ':', prior: .8, weak: true},
		{char: '!', prior: .3, weak: true},
		{char: '=', prior: .3, weak: true},
		{char: '/', prior: .2, weak: true},
		{char: '#', prior: .3, weak: true},
		{char: '&', prior: .3, weak: true},
		{char: ' ', prior: .3, weak: true},
	}
}

// detectDialect finds the dialect in which the samples are most alike a table: rows
// of one width, cells that look like values. The first sample is from the
// beginning; eof says that it is all there is.
func detectDialect(samples [][]byte, eof bool) dialect {
	nl := detectNewline(samples[0])
	single := dialect{newline: nl, delim: nl, quote: '"'}
	best, most := single, 0.0
	whole := instants(readSample(single, samples[0], eof).rows)
	for _, s := range separators() {
		if bytes.IndexByte(samples[0], s.char) < 0 || s.weak && whole > .8 {
			continue
		}
		for _, d := range variants(samples[0], nl, s.char) {
			// More than a hair, so that of equal ones the plainest stays.
			if score := judge(d, s, samples, eof); score > most+1e-6 {
				best, most = d, score
			}
		}
	}
	if most < .08 {
		best = single
		if oddQuotes(single, samples[0], eof) {
			best.quote = 0
		}
	}
	return best
}

// oddQuotes says that quotes of a sample are characters like others.
func oddQuotes(d dialect, sample []byte, eof bool) bool {
	s := readSample(d, sample, eof)
	return s.odd+s.stray > s.proper
}

// sound says that the quotes of a sample enclose cells, one and all.
func sound(d dialect, sample []byte, eof bool) bool {
	d.quote = '"'
	s := readSample(d, sample, eof)
	return s.proper > 0 && s.odd+s.stray == 0
}

// detectNewline tells lone carriage returns from line feeds, outside of quotes.
func detectNewline(text []byte) byte {
	var lf, cr int
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			lf++
		case c == '\r' && i+1 < len(text) && text[i+1] != '\n':
			cr++
		}
	}
	if lf == 0 && cr == 0 && bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		return '\r'
	}
	if cr > 10*lf {
		return '\r'
	}
	return '\n'
}

// variants are the dialects with a delimiter that the sample gives reason to try,
// the plainest first.
func variants(sample []byte, nl, delim byte) []dialect {
	plain := dialect{newline: nl, delim: delim, quote: '"'}
	all := []dialect{plain}
	try := func(change func(d *dialect)) {
		d := plain
		change(&d)
		all = append(all, d)
	}
	if bytes.IndexByte(sample, '"') >= 0 {
		if delim != ' ' && bytes.Contains(sample, []byte{delim, ' '}) && bytes.Contains(sample, []byte(` "`)) {
			try(func(d *dialect) { d.padded = true })
		}
		if bytes.Contains(sample, []byte(`\"`)) {
			try(func(d *dialect) { d.escaped = true })
		}
		try(func(d *dialect) { d.quote = 0 })
	}
	if bytes.Contains(sample, []byte{delim, '\''}) || bytes.HasPrefix(sample, []byte{'\''}) || bytes.Contains(sample, []byte{nl, '\''}) {
		try(func(d *dialect) { d.quote = '\'' })
		if bytes.Contains(sample, []byte(`\'`)) {
			try(func(d *dialect) { d.quote, d.escaped = '\'', true })
		}
	}
	return all
}

// judge says how much like a table the samples are in a dialect, from 0 to 1.
func judge(d dialect, s separator, samples [][]byte, eof bool) float64 {
	head := readSample(d, samples[0], eof)
	rows := slices.Clip(head.rows)
	if d.quote == 0 && sound(d, samples[0], eof) {
		return 0 // quotes do what quotes are for
	}
	for _, part := range samples[1:] {
		// A part may begin within a quoted cell: then it says nothing.
		if head.broken > 0 {
			break
		}
		first := bytes.IndexByte(part, d.newline)
		if first < 0 {
			continue
		}
		if p := readSample(d, part[first+1:], false); p.odd+p.stray == 0 {
			rows = append(rows, p.rows...)
		}
	}
	width, share := commonWidth(rows)
	if width < 2 || s.weak && !convincing(s, rows, width, share) {
		return 0
	}
	quotes := 1.0
	if n := head.proper + head.odd + head.stray; n > 0 {
		quotes = 1 - float64(head.odd+head.stray)/float64(n)
	}
	return s.prior * share * share * (1 - 1/float64(width)) * clean(rows) * quotes
}

// convincing says that a weak separator can be believed: nearly all rows agree, and
// values have types, or, where it seldom stands in texts, there are many columns.
func convincing(s separator, rows []sampleRow, width int, share float64) bool {
	if share < .9 || len(rows) < 3 {
		return false
	}
	return typedShare(rows) >= .4 || s.char == ':' && width > 2 && share > .95
}

// instants is the share of rows that are a date or a time as a whole: separators
// stand in those.
func instants(rows []sampleRow) float64 {
	found, n := 0, 0
	for _, r := range rows {
		if r.filled() > 0 {
			n++
			if instantText(bytes.TrimSpace(r.cells[0].Text)) {
				found++
			}
		}
	}
	return float64(found) / float64(max(n, 1))
}

// instantText says that a text is a date, a time, or both: groups of at most two
// digits, of which one may have four, and what is below seconds.
func instantText(text []byte) bool {
	text, _, _ = bytes.Cut(text, []byte{'.'})
	groups := bytes.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("-/: TZ+", r) })
	long := 0
	for i, g := range groups {
		switch word := string(bytes.ToUpper(g)); {
		case i > 0 && (word == "AM" || word == "PM"):
		case len(g) == 4 && len(bytes.Trim(g, "0123456789")) == 0:
			long++
		case len(g) == 0 || len(g) > 2 || len(bytes.Trim(g, "0123456789")) > 0:
			return false
		}
	}
	colon := bytes.IndexByte(text, ':')
	if colon >= 0 && (colon+3 > len(text) || len(bytes.Trim(text[colon+1:colon+3], "0123456789")) > 0) {
		return false // minutes have two digits
	}
	return long <= 1 && (len(groups) >= 3 || len(groups) == 2 && colon > 0 && long == 0)
}

// clean is how much the cells look like single values, squared.
func clean(rows []sampleRow) float64 {
	sum, n := 0.0, 0
	for _, r := range rows {
		for _, c := range r.cells {
			sum += cleanCell(c)
			n++
		}
		if n > judgedCells {
			break
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n) * sum / float64(n)
}

func cleanCell(c Cell) float64 {
	switch l := lookOf(c.Text); {
	case c.Quoted:
		return 1
	case l == lookEmpty:
		return .8
	case bytes.IndexByte(c.Text, '"') >= 0 || len(c.Text) > 1 && c.Text[0] == '\'' && c.Text[len(c.Text)-1] == '\'':
		return .1
	case l == lookNumber || l == lookDate || l == lookNull:
		return 1
	case bytes.ContainsAny(c.Text, ",;\t|\x01\x1f"):
		return .2
	}
	return .9
}

// typedShare is the share of cells that look like numbers and dates.
func typedShare(rows []sampleRow) float64 {
	typed, n := 0, 0
	for _, r := range rows {
		for _, c := range r.cells {
			switch l := lookOf(c.Text); {
			case l == lookEmpty:
				continue
			case l.typed():
				typed++
			}
			n++
		}
		if n > judgedCells {
			break
		}
	}
	if n == 0 {
		return 0
	}
	return float64(typed) / float64(n)
}
