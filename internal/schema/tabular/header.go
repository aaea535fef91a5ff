package tabular

import (
	"bytes"
	"slices"
	"strconv"
)

// layout is where the parts of a sheet are.
type layout struct {
	header int // the first row of the header; of the data, when lines is 0
	lines  int // how many rows the header has; 0: there is none
	body   int // the first row of data
	width  int // how many cells a row has
	shift  int // how many columns come before the first name
}

// headerWithin is how far down a header is looked for.
const headerWithin = 60

// findLayout tells title lines, header and data apart. Title lines have few cells
// filled; a header has texts where the columns below have values of some type, and
// names that do not come again.
func findLayout(rows []sampleRow) layout {
	width, _ := commonWidth(rows)
	start := 0
	for start < len(rows) && rows[start].filled() == 0 {
		start++
	}
	if start == len(rows) {
		return layout{header: start, body: start, width: width}
	}
	first := start
	if width > 1 {
		first = firstFull(rows, start, width)
	}
	for _, at := range candidates(start, first) {
		if l, ok := headerAt(rows, at, width); ok {
			return l
		}
	}
	// Without a header, lines that are not as wide as the rest are titles all the same.
	for start < first && len(rows[start].cells) != width {
		start++
	}
	return layout{header: start, body: start, width: width}
}

func candidates(start, first int) []int {
	if first == start {
		return []int{start}
	}
	return []int{first, start}
}

// firstFull is the first row that is filled at least half as much as most are.
func firstFull(rows []sampleRow, start, width int) int {
	var fills []int
	for _, r := range rows {
		if n := r.filled(); n > 0 && len(r.cells) == width {
			fills = append(fills, n)
		}
	}
	slices.Sort(fills)
	least := 2
	if len(fills) > 0 {
		least = max(2, (fills[len(fills)/2]+1)/2)
	}
	for i := start; i < min(len(rows), start+headerWithin); i++ {
		if rows[i].filled() >= least {
			return i
		}
	}
	return start
}

// headerAt says whether a header begins at a row, and what follows from that.
func headerAt(rows []sampleRow, at, width int) (layout, bool) {
	body := profileColumns(rows, at+1, width)
	if !body.named(rows[at]) {
		return layout{}, false
	}
	l := layout{header: at, lines: 1, body: at + 1, width: max(width, len(rows[at].cells))}
	for l.lines < 3 && l.body < len(rows) {
		below := profileColumns(rows, l.body+1, width)
		if !below.certain(rows[l.body]) {
			break
		}
		l.lines++
		l.body++
	}
	if l.lines == 1 && at > 0 && grouping(rows[at-1], width) {
		l.header--
		l.lines++
	}
	for l.body < len(rows) && ruler(rows[l.body]) {
		l.body++
		l.lines++
	}
	if len(rows[at].cells) == width-1 && width > 2 && body.columns[width-1].filled > 0 && body.columns[0].filled > 0 {
		l.shift = 1 // as R writes row names
	}
	return l, true
}

// grouping says that a row above the names spans several of them each: cells are
// filled with gaps in between.
func grouping(r sampleRow, width int) bool {
	if len(r.cells) != width || r.filled() < 2 {
		return false
	}
	for i := range r.filled() {
		if blank(r.cells[i].Text) {
			return true
		}
	}
	return false
}

// ruler says that a row only underlines the header.
func ruler(r sampleRow) bool {
	if r.filled() == 0 {
		return false
	}
	for _, c := range r.cells {
		text := bytes.TrimSpace(c.Text)
		if len(text) == 1 || len(bytes.Trim(text, "-=:+")) > 0 {
			return false
		}
	}
	return true
}

// columnLook is what the values of a column look like in the sample.
type columnLook struct {
	filled int
	looks  [lookText + 1]int
	years  int
	length int // of all values; 0: they differ
	values map[string]int
}

// main is the look of most values, if nearly all have it.
func (c *columnLook) main() look {
	rest := c.filled - c.looks[lookNull]
	for l := lookNumber; l <= lookText; l++ {
		if rest > 0 && c.looks[l]*10 >= rest*7 {
			return l
		}
	}
	return lookEmpty
}

// columnLooks are those of a sample's rows from some row on.
type columnLooks struct {
	columns []*columnLook
	rows    int
}

func profileColumns(rows []sampleRow, from, width int) columnLooks {
	p := columnLooks{columns: make([]*columnLook, width)}
	for i := range p.columns {
		p.columns[i] = &columnLook{length: -1, values: map[string]int{}}
	}
	const enough = 300
	for _, r := range rows[min(from, len(rows)):] {
		if r.filled() == 0 {
			continue
		}
		if p.rows++; p.rows > enough {
			break
		}
		for i, c := range r.cells[:min(len(r.cells), width)] {
			p.columns[i].add(bytes.TrimSpace(c.Text))
		}
	}
	return p
}

func (c *columnLook) add(text []byte) {
	if len(text) == 0 {
		return
	}
	c.filled++
	c.looks[lookOf(text)]++
	c.values[string(text)]++
	if year(text) {
		c.years++
	}
	switch c.length {
	case -1:
		c.length = len(text)
	case len(text):
	default:
		c.length = 0
	}
}

// named says whether a row names the columns. Each column gives points for and
// against; more than none in sum is yes.
func (p columnLooks) named(r sampleRow) bool {
	if p.rows == 0 {
		return !slices.ContainsFunc(r.cells, func(c Cell) bool { return lookOf(c.Text).typed() })
	}
	sequence := ascending(r) // years, or numbers of columns
	points := 0.0
	seen := map[string]bool{}
	for i, c := range r.cells {
		text := bytes.TrimSpace(c.Text)
		if len(text) == 0 || i >= len(p.columns) {
			continue
		}
		if seen[string(text)] {
			points -= .5
		}
		seen[string(text)] = true
		if sequence && lookOf(text).typed() {
			points += 2
			continue
		}
		points += p.columns[i].point(text)
	}
	return points >= .25
}

// point says how much a text looks like the name of a column rather than a value.
func (c *columnLook) point(text []byte) float64 {
	own, below := lookOf(text), c.main()
	switch {
	case own == lookNull:
		return -1
	case year(text) && c.years*2 < c.filled:
		return 1 // columns are named by years, and hold something else
	case own.typed():
		if below == own || below == lookEmpty {
			return -4
		}
		return -1
	case c.values[string(text)] > 0:
		return -2 // it comes again below
	case bytes.IndexByte(text, '@') > 0 || bytes.Contains(text, []byte("://")):
		return -2
	case below.typed():
		return 2
	case len(text) > 80:
		return -1
	case below == lookCode && own == lookText:
		return 1
	case c.filled >= 3 && c.length > 1:
		if c.length == len(text) {
			return -.25
		}
		return 1
	}
	return .5
}

// certain says that a row below names cannot be data: no cell has a type, and at
// least two are texts that do not come again where the column below is typed.
func (p columnLooks) certain(r sampleRow) bool {
	if p.rows < 3 || len(r.cells) != len(p.columns) {
		return false
	}
	contrasts := 0
	for i, c := range r.cells {
		text := bytes.TrimSpace(c.Text)
		switch l := lookOf(text); {
		case l.typed() || l == lookNull:
			return false
		case l == lookEmpty:
			if p.columns[i].main().typed() && p.columns[i].filled == p.rows {
				continue
			}
		case p.columns[i].values[string(text)] > 0:
			return false
		case p.columns[i].main().typed():
			contrasts++
		}
	}
	return contrasts >= 2
}

// ascending says that the numbers of a row are years, or count columns.
func ascending(r sampleRow) bool {
	before, n, least, most := -1, 0, 0, 0
	for _, c := range r.cells {
		text := bytes.TrimSpace(c.Text)
		if !lookOf(text).typed() {
			continue
		}
		v, err := strconv.Atoi(string(text))
		if err != nil || v <= before {
			return false
		}
		if n == 0 {
			least = v
		}
		before, most = v, v
		n++
	}
	years := n >= 3 && least >= 1500 && most <= 2200 || n == 2 && least >= 1900 && most < 2100 && most == least+1
	counts := least <= 1 && most-least == n-1
	return years || n >= 3 && counts
}

// year says that a text is a year of our times.
func year(text []byte) bool {
	return len(text) == 4 && (text[0] == '1' && text[1] == '9' || text[0] == '2' && text[1] == '0') && len(bytes.Trim(text, "0123456789")) == 0
}
