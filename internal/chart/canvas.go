package chart

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// canvas collects the elements of one drawing.
type canvas struct {
	b strings.Builder
	// colours holds the palette's index of each name, in order of appearance.
	colours map[string]int
}

// class is the CSS class of a name's colour.
func (c *canvas) class(name string) string {
	i, ok := c.colours[name]
	if !ok {
		i = len(c.colours)
		c.colours[name] = i
	}
	return "c" + strconv.Itoa(i%colours)
}

// num writes a coordinate to a tenth.
func num(v float64) string {
	s := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

// escape makes s safe as text and as an attribute, without what XML cannot hold.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r < ' ' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// element writes an empty element: name, then pairs of attribute and value.
func (c *canvas) element(name string, attributes ...string) {
	c.b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		c.b.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
	}
	c.b.WriteString("/>\n")
}

// text writes s with its base line at y; anchor is start, middle or end.
func (c *canvas) text(x, y float64, class, anchor, s string) {
	c.b.WriteString(`<text x="` + num(x) + `" y="` + num(y) + `" class="` + class + `"`)
	if anchor != "start" {
		c.b.WriteString(` text-anchor="` + anchor + `"`)
	}
	c.b.WriteString(">" + escape(s) + "</text>\n")
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	c.element("line", "x1", num(x1), "y1", num(y1), "x2", num(x2), "y2", num(y2), "class", class)
}

func (c *canvas) rect(x, y, w, h, radius float64, class string) {
	c.element("rect", "x", num(x), "y", num(y), "width", num(max(0, w)), "height", num(max(0, h)), "rx", num(radius), "class", class)
}

func (c *canvas) path(d, class string) {
	if d != "" {
		c.element("path", "d", d, "class", class)
	}
}

// open begins a window onto its own coordinates; what lies outside is not seen.
func (c *canvas) open(x, y, w, h float64) {
	c.b.WriteString(`<svg x="` + num(x) + `" y="` + num(y) + `" width="` + num(w) + `" height="` + num(h) + `" overflow="hidden">` + "\n")
}

func (c *canvas) close() { c.b.WriteString("</svg>\n") }

// letter is the mean width of a letter of a sans-serif font, in its size: no
// font is at hand, so widths are estimates on the safe side.
const letter = 0.58

// width estimates the width of s at a size.
func width(s string, size float64) float64 { return float64(utf8.RuneCountInString(s)) * size * letter }

// bold is how much wider the letters of titles are.
const bold = 1.15

// fit shortens s to a width.
func fit(s string, size, most float64) string {
	n := int(most / (size * letter))
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:max(0, n-1)]), " ") + "…"
}
