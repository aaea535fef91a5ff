package chart

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Mark is a straight line with a label across a plot: a limit, a target, an
// instant at which something changed.
type Mark struct {
	Label string
	// At is the value where it stands: of Y, or of X when Vertical.
	At       float64
	Vertical bool
}

// Plot is a chart of series over a common X.
type Plot struct {
	Title, Subtitle string
	X, Y            Axis
	Series          []Series
	Marks           []Mark
	// Height is that of the drawing in pixels, with its axes; 0 is 270.
	Height float64
}

// SVG is the plot alone as a file.
func (p Plot) SVG() []byte { return Stack("", p).SVG() }

func (p Plot) head() (title, subtitle string) { return p.Title, p.Subtitle }

func (p Plot) size() float64 {
	if p.Height <= 0 || !drawable(p.Height) {
		return 270
	}
	return min(max(p.Height, 100), 4000)
}

func (p Plot) keys() []key {
	var keys []key
	for _, s := range p.Series {
		keys = append(keys, key{name: s.Name, kind: s.Kind, dashed: s.Dashed})
	}
	return keys
}

// spans are the ranges of all points and marks.
func (p Plot) spans() (x, y span) {
	for _, s := range p.Series {
		for _, run := range s.runs() {
			for _, at := range run {
				if (!p.X.Log || at.x > 0) && (!p.Y.Log || at.y > 0) {
					x.add(at.x)
					y.add(at.y)
				}
			}
		}
	}
	for _, m := range p.Marks {
		if !m.Vertical && y.some && (!p.Y.Log || m.At > 0) {
			y.add(m.At)
		}
	}
	return x, y
}

func (p Plot) draw(c *canvas, top float64) {
	xs, ys := p.spans()
	top += 22 // the value axis' label stands above it
	height := p.size() - 22 - 40
	y := scaleOf(p.Y, ys, max(2, int(height/45)), height, true)
	left := margin + 14.0
	for _, v := range y.ticks() {
		left = max(left, margin+width(y.label(v), smallSize)+8)
	}
	w := figureWidth - margin - 10 - left
	x := scaleOf(p.X, xs, 8, w, false)
	c.text(margin, top-8, "label small", "start", p.Y.Label)
	for _, v := range y.ticks() {
		at := top + height - y.at(v)
		c.line(left, at, left+w, at, "grid")
		c.text(left-6, at+4, "tick", "end", y.label(v))
	}
	for _, v := range x.ticks() {
		at := left + x.at(v)
		c.line(at, top+height, at, top+height+4, "axis")
		c.text(at, top+height+16, "tick", "middle", x.label(v))
	}
	c.line(left, top+height, left+w, top+height, "axis")
	c.text(left+w/2, top+height+32, "label small", "middle", p.X.Label)
	if !xs.some {
		c.text(left+w/2, top+height/2, "sub", "middle", "no data")
		return
	}
	c.open(left, top-pad, w, height+2*pad)
	for _, s := range p.Series {
		c.series(s, x, y)
	}
	c.close()
	p.marks(c, x, y, left, top)
}

// pad is the room above and below the drawing for half a line's width.
const pad = 3.0

// series draws one in a window that begins left at x's low end, and pad above
// y's high one.
func (c *canvas) series(s Series, x, y scale) {
	class := c.class(s.Name)
	var lines, shade, dots strings.Builder
	dot := "dot "
	for _, run := range s.runs() {
		pixels := make([]point, len(run))
		for i, p := range run {
			pixels[i] = point{x.at(p.x), pad + y.length - y.at(p.y)}
		}
		pixels = thin(pixels)
		if s.Kind == Points || s.Kind == Rings {
			scatter(&dots, pixels)
			continue
		}
		d := trace(pixels, s.Kind == Step)
		lines.WriteString(d)
		if s.Kind == Area {
			zero := num(pad + y.length - y.at(0))
			shade.WriteString(d + "V" + zero + "H" + num(pixels[0].x) + "Z")
		}
	}
	c.path(shade.String(), "shade "+class)
	c.path(lines.String(), lineClass(class, s.Dashed))
	if s.Kind == Rings {
		c.path(dots.String(), "dot rim")
		dot = "dot ring "
	}
	c.path(dots.String(), dot+class)
}

// trace joins points; stepwise, it goes right before it goes up or down. A lone
// point is a dot.
func trace(points []point, stepwise bool) string {
	var b strings.Builder
	b.WriteString("M" + num(points[0].x) + " " + num(points[0].y))
	for i, p := range points[1:] {
		switch {
		case !stepwise:
			b.WriteString("L" + num(p.x) + " " + num(p.y))
		case num(p.y) != num(points[i].y):
			b.WriteString("H" + num(p.x) + "V" + num(p.y))
		case i == len(points)-2:
			b.WriteString("H" + num(p.x))
		}
	}
	if len(points) == 1 {
		b.WriteString("h0")
	}
	return b.String()
}

// scatter writes each place once.
func scatter(b *strings.Builder, points []point) {
	seen := map[string]bool{}
	for _, p := range points {
		at := "M" + num(p.x) + " " + num(p.y)
		if !seen[at] {
			seen[at] = true
			b.WriteString(at + "h0")
		}
	}
}

// label is a mark's text at its place.
type label struct {
	x, y         float64
	anchor, text string
}

// marks draws those that lie inside the range, their labels over all lines. Labels
// that would meet stand under each other: of vertical marks in rows from the top,
// of level ones below their line.
func (p Plot) marks(c *canvas, x, y scale, left, top float64) {
	var labels []label
	var rows []float64 // where each row's last label ends
	var levels []float64
	for _, m := range p.sortedMarks() {
		s := y
		if m.Vertical {
			s = x
		}
		at := s.at(m.At)
		if !drawable(m.At) || s.axis.Log && m.At <= 0 || at < -0.5 || at > s.length+0.5 {
			continue
		}
		if m.Vertical {
			c.line(left+at, top, left+at, top+y.length, "mark")
			var l label
			l, rows = upright(m.Label, at, x.length, rows)
			labels = append(labels, label{left + l.x, top + l.y, l.anchor, l.text})
			continue
		}
		level, below := top+y.length-at, -4.0
		for _, other := range levels {
			if math.Abs(other-level) < 14 {
				below = 12
			}
		}
		levels = append(levels, level)
		c.line(left, level, left+x.length, level, "mark")
		labels = append(labels, label{left + x.length - 4, level + below, "end", m.Label})
	}
	for _, l := range labels {
		c.text(l.x, l.y, "small on", l.anchor, l.text)
	}
}

// upright places the label of a vertical mark in the first row in which it meets
// no other.
func upright(text string, at, length float64, rows []float64) (label, []float64) {
	anchor, side, from := "start", 4.0, at
	if at > length*0.8 {
		anchor, side, from = "end", -4, at-width(text, smallSize)-8
	}
	row := 0
	for row < len(rows) && rows[row] > from {
		row++
	}
	if row == len(rows) {
		rows = append(rows, 0)
	}
	rows[row] = from + width(text, smallSize) + 12
	return label{at + side, 11 + 14*float64(row), anchor, text}, rows
}

// sortedMarks are the marks from the highest and the leftmost on, so that labels
// that meet are moved in the same way whatever their order.
func (p Plot) sortedMarks() []Mark {
	all := slices.Clone(p.Marks)
	slices.SortStableFunc(all, func(a, b Mark) int {
		switch {
		case a.Vertical != b.Vertical:
			return cmp.Compare(rank(a.Vertical), rank(b.Vertical))
		case a.Vertical:
			return cmp.Compare(a.At, b.At)
		}
		return cmp.Compare(b.At, a.At)
	})
	return all
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}
