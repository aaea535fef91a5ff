package chart

// Bars is a chart of groups of horizontal bars, one bar for each arm.
type Bars struct {
	Title, Subtitle string
	// Value is the axis along the bars.
	Value  Axis
	Groups []Group
	// Marks stand across all groups at a value; Vertical is of no importance.
	Marks []Mark
}

// Group is the bars of one case.
type Group struct {
	Name string
	Bars []Bar
}

// Bar is the figure of one arm.
type Bar struct {
	Arm   string
	Value float64
	// Range is drawn as a whisker; nil for none.
	Range *Range
	// Bound is drawn as a tick across the bar: what could be had at best, or
	// what was asked for; nil for none.
	Bound *float64
	// Missed marks a figure that is not what was asked for.
	Missed bool
	// Text stands behind the bar; empty, it is the value in the axis' unit.
	Text string
}

// Range is the lowest and the highest of several measurements.
type Range struct{ Min, Max float64 }

const (
	barHeight = 14.0
	barStep   = 18.0
	groupGap  = 12.0
)

// SVG is the chart alone as a file.
func (b Bars) SVG() []byte { return Stack("", b).SVG() }

func (b Bars) head() (title, subtitle string) { return b.Title, b.Subtitle }

func (b Bars) keys() []key {
	var keys []key
	for _, g := range b.Groups {
		for _, one := range g.Bars {
			keys = append(keys, key{name: one.Arm, bar: true})
		}
	}
	return keys
}

func (b Bars) size() float64 {
	h := groupGap
	for _, g := range b.Groups {
		h += float64(max(1, len(g.Bars)))*barStep + groupGap
	}
	return max(h, 40) + b.above() + 40
}

// above is the room for the labels of marks.
func (b Bars) above() float64 {
	if len(b.Marks) > 0 {
		return 14
	}
	return 0
}

// all is the range of everything that is drawn along the value axis.
func (b Bars) all() span {
	var all span
	add := func(v float64) {
		if !b.Value.Log || v > 0 {
			all.add(v)
		}
	}
	for _, g := range b.Groups {
		for _, one := range g.Bars {
			add(one.Value)
			if one.Range != nil {
				add(one.Range.Min)
				add(one.Range.Max)
			}
			if one.Bound != nil {
				add(*one.Bound)
			}
		}
	}
	if all.some {
		for _, m := range b.Marks {
			add(m.At)
		}
	}
	return all
}

func (b Bars) draw(c *canvas, top float64) {
	names := 0.0
	for _, g := range b.Groups {
		names = max(names, width(g.Name, bodySize))
	}
	names = min(names, 300)
	left := margin + names + 10
	w := figureWidth - margin - 70 - left
	all := b.all()
	s := scaleOf(b.Value, all, 6, w, true)
	top += b.above()
	bottom := top + b.size() - b.above() - 40
	for _, v := range s.ticks() {
		at := left + s.at(v)
		c.line(at, top, at, bottom, "grid")
		c.text(at, bottom+16, "tick", "middle", s.label(v))
	}
	c.text(left+w/2, bottom+32, "label small", "middle", b.Value.Label)
	if !all.some {
		c.text(left+w/2, (top+bottom)/2+4, "sub", "middle", "no data")
	}
	b.each(top, func(one Bar, y float64) { c.bar(one, s, left, y) })
	base := left + s.base()
	c.line(base, top, base, bottom, "axis")
	for _, m := range b.Marks {
		if at := s.at(m.At); drawable(m.At) && at >= -0.5 && at <= w+0.5 && (!b.Value.Log || m.At > 0) {
			c.line(left+at, top-2, left+at, bottom, "mark")
			c.text(left+at, top-6, "small on", "middle", m.Label)
		}
	}
	b.each(top, func(one Bar, y float64) { c.barText(one, s, left, y) }) // over the lines
	y := top + groupGap
	for _, g := range b.Groups {
		h := float64(max(1, len(g.Bars))) * barStep
		c.text(left-8, y+h/2+3, "", "end", fit(g.Name, bodySize, names+4))
		y += h + groupGap
	}
}

// each visits all bars, with the upper edge of each one's strip.
func (b Bars) each(top float64, visit func(one Bar, y float64)) {
	y := top + groupGap
	for _, g := range b.Groups {
		for i, one := range g.Bars {
			visit(one, y+float64(i)*barStep)
		}
		y += float64(max(1, len(g.Bars)))*barStep + groupGap
	}
}

// base is where bars begin: at zero, or at the end that is next to it.
func (s scale) base() float64 {
	if s.axis.Log {
		return 0
	}
	return min(max(s.at(0), 0), s.length)
}

// within is where v lies on the axis, or its nearer end.
func (s scale) within(v float64) float64 { return min(max(s.at(v), 0), s.length) }

// bar draws one in the strip that begins at y.
func (c *canvas) bar(b Bar, s scale, left, y float64) {
	if !drawable(b.Value) {
		return
	}
	from, to := left+s.base(), left+s.within(b.Value)
	class := "solid " + c.class(b.Arm)
	if b.Missed {
		class = "missed " + c.class(b.Arm)
	}
	c.rect(min(from, to), y+2, max(from, to)-min(from, to), barHeight, 1.5, class)
	if r := b.Range; r != nil && drawable(r.Min) && drawable(r.Max) {
		low, high, middle := left+s.within(r.Min), left+s.within(r.Max), y+2+barHeight/2
		c.path("M"+num(low)+" "+num(middle)+"H"+num(high)+"M"+num(low)+" "+num(middle-3)+"v6M"+num(high)+" "+num(middle-3)+"v6", "whisker")
	}
	if b.Bound != nil && drawable(*b.Bound) {
		at := left + s.within(*b.Bound)
		c.line(at, y, at, y+barHeight+4, "bound")
	}
}

// barText writes a bar's value behind it, and behind its bound where that is in
// the way.
func (c *canvas) barText(b Bar, s scale, left, y float64) {
	if !drawable(b.Value) {
		c.text(left+s.base()+6, y+13, "sub small", "start", "–")
		return
	}
	text := b.Text
	if text == "" {
		text = s.axis.Unit.Text(b.Value)
	}
	if b.Missed {
		text += " ✗"
	}
	end := max(s.base(), s.within(b.Value))
	if r := b.Range; r != nil && drawable(r.Min) && drawable(r.Max) {
		end = max(end, s.within(r.Max))
	}
	if b.Bound != nil && drawable(*b.Bound) {
		if at := s.within(*b.Bound); at > end-4 && at < end+width(text, smallSize)+10 {
			end = max(end, at)
		}
	}
	c.text(left+end+6, y+13, "value on", "start", text)
}
