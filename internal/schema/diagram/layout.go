package diagram

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/schema"
)

// Measures, in pixels.
const (
	rowHeight  = 18.0
	headHeight = 28.0
	boxGap     = 26.0 // between boxes of a column
	lane       = 78.0 // between columns of boxes, for the lines
	margin     = 24.0
	loop       = 44.0 // how far a line within a column goes to the right
	titleSpace = 56.0
	letter     = 6.9 // mean width of a letter, on the safe side: no font is at hand
	mostRows   = 16  // columns that a box shows
)

// box is a table in its place.
type box struct {
	t          *schema.Table
	rows       []schema.Column // those that are shown
	hidden     int
	layer      int
	x, y, w, h float64
}

// edge is a reference between two boxes.
type edge struct {
	f        schema.ForeignKey
	from, to *box // from refers to to
	dotted   bool
}

// beside reports whether both ends are in one column.
func (e edge) beside() bool { return e.from.x < e.to.x+e.to.w && e.to.x < e.from.x+e.from.w }

// layout is a drawing before it is drawn.
type layout struct {
	boxes         []*box
	edges         []edge
	width, height float64
}

// place puts tables in columns, what is referred to on the left, so that lines
// cross little (Sugiyama's scheme: layers by the longest path, then the order within
// a layer by the middle of the neighbours, swept to and fro).
func place(s *schema.Schema) *layout {
	l := &layout{}
	byName := map[string]*box{}
	for i := range s.Tables {
		b := newBox(s, &s.Tables[i])
		l.boxes = append(l.boxes, b)
		byName[b.t.Name] = b
	}
	add := func(f schema.ForeignKey, dotted bool) {
		if from, to := byName[f.Table], byName[f.RefTable]; from != nil && to != nil {
			l.edges = append(l.edges, edge{f: f, from: from, to: to, dotted: dotted})
		}
	}
	for i := range s.Tables {
		for _, f := range s.Tables[i].ForeignKeys {
			add(f, false)
		}
	}
	for _, f := range s.Suspected {
		add(f, true)
	}
	l.layers()
	columns := l.columns()
	for range 6 {
		sweep(columns, l.edges)
	}
	l.coordinates(columns)
	return l
}

func newBox(s *schema.Schema, t *schema.Table) *box {
	b := &box{t: t, rows: t.Columns}
	if len(t.Columns) > mostRows {
		b.rows = nil
		room := mostRows - 1
		for _, c := range t.Columns {
			if marks(s, t, c.Name) != "" {
				room--
			}
		}
		for _, c := range t.Columns { // keys and references always
			plain := marks(s, t, c.Name) == ""
			if plain && room <= 0 {
				continue
			}
			if plain {
				room--
			}
			b.rows = append(b.rows, c)
		}
		b.hidden = len(t.Columns) - len(b.rows)
	}
	widest := letter*float64(utf8.RuneCountInString(t.Name))*1.15 + 28
	for _, c := range b.rows {
		widest = max(widest, letter*float64(utf8.RuneCountInString(c.Name)+utf8.RuneCountInString(typeName(c.Type)))+64)
	}
	b.w = max(140, widest)
	b.h = headHeight + rowHeight*float64(len(b.rows)) + 6
	if b.hidden > 0 {
		b.h += rowHeight
	}
	return b
}

// layers gives each box the layer after the last one that it refers to. Tables are
// in the schema's order, so that only references of a circle point forward.
func (l *layout) layers() {
	index := map[*box]int{}
	for i, b := range l.boxes {
		index[b] = i
	}
	for _, b := range l.boxes {
		for _, e := range l.edges {
			if e.from == b && index[e.to] < index[b] {
				b.layer = max(b.layer, e.to.layer+1)
			}
		}
	}
	// What is only referred to moves right, next to what refers to it.
	for i, b := range slices.Backward(l.boxes) {
		nearest, root := -1, true
		for _, e := range l.edges {
			if e.from == b && e.to != b {
				root = false
			}
			if e.to == b && e.from != b && index[e.from] > i && (nearest < 0 || e.from.layer < nearest) {
				nearest = e.from.layer
			}
		}
		if root && nearest > 0 {
			b.layer = nearest - 1
		}
	}
}

// tallest is the height of a column of boxes that have no lines.
const tallest = 900.0

// columns are the boxes of each layer; those without any line come last, in columns
// that are not too tall.
func (l *layout) columns() [][]*box {
	linked := map[*box]bool{}
	for _, e := range l.edges {
		linked[e.from], linked[e.to] = true, true
	}
	var columns [][]*box
	for _, b := range l.boxes {
		if !linked[b] {
			continue
		}
		for len(columns) <= b.layer {
			columns = append(columns, nil)
		}
		columns[b.layer] = append(columns[b.layer], b)
	}
	columns = slices.DeleteFunc(columns, func(c []*box) bool { return len(c) == 0 })
	var alone []*box
	height := 0.0
	for _, b := range l.boxes {
		if linked[b] {
			continue
		}
		if height += b.h + boxGap; len(alone) > 0 && height > tallest {
			columns, alone, height = append(columns, alone), nil, b.h
		}
		alone = append(alone, b)
	}
	if len(alone) > 0 {
		columns = append(columns, alone)
	}
	return columns
}

// sweep orders each column by the middle of its boxes' neighbours, to the right and
// back.
func sweep(columns [][]*box, edges []edge) {
	position := map[*box]float64{}
	number := func() {
		for _, c := range columns {
			for i, b := range c {
				position[b] = (float64(i) + 0.5) / float64(len(c))
			}
		}
	}
	middle := func(b *box) float64 {
		sum, n := 0.0, 0
		for _, e := range edges {
			switch {
			case e.from == e.to:
			case e.from == b:
				sum, n = sum+position[e.to], n+1
			case e.to == b:
				sum, n = sum+position[e.from], n+1
			}
		}
		if n == 0 {
			return position[b]
		}
		return sum / float64(n)
	}
	pass := func(c []*box) {
		number()
		weight := map[*box]float64{}
		for _, b := range c {
			weight[b] = middle(b)
		}
		slices.SortStableFunc(c, func(a, b *box) int { return cmp.Compare(weight[a], weight[b]) })
	}
	for _, c := range columns {
		pass(c)
	}
	for _, c := range slices.Backward(columns) {
		pass(c)
	}
}

// coordinates puts columns side by side, each in the middle of the height.
func (l *layout) coordinates(columns [][]*box) {
	heights := make([]float64, len(columns))
	most := 0.0
	for i, c := range columns {
		for _, b := range c {
			heights[i] += b.h + boxGap
		}
		heights[i] -= boxGap
		most = max(most, heights[i])
	}
	x := margin
	for i, c := range columns {
		y, widest := titleSpace+(most-heights[i])/2, 0.0
		for _, b := range c {
			b.x, b.y = x, y
			y += b.h + boxGap
			widest = max(widest, b.w)
		}
		for _, b := range c {
			b.w = widest // a column of one width is calmer
		}
		x += widest + lane
	}
	l.width, l.height = max(x-lane+margin, 480), titleSpace+most+margin
	for _, e := range l.edges {
		if e.beside() { // its line leaves the column to the right
			l.width = max(l.width, e.from.x+e.from.w+loop+margin)
		}
	}
}
