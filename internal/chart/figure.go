package chart

import "strings"

// Panel is one drawing with its own axes: a Plot or a Bars.
type Panel interface {
	// head is its title and subtitle.
	head() (title, subtitle string)
	// keys lists what its legend explains.
	keys() []key
	// size is the height that its drawing takes, for the whole width.
	size() float64
	// draw paints it from y down.
	draw(c *canvas, y float64)
}

// Figure is panels under each other, with one legend for all of them.
type Figure struct {
	title  string
	panels []Panel
}

// Stack puts panels under each other, under one title; a name has the same
// colour in all of them. Without panels the figure says that there is no data.
func Stack(title string, panels ...Panel) Figure { return Figure{title: title, panels: panels} }

// key is one entry of a legend.
type key struct {
	name   string
	kind   Kind
	bar    bool
	dashed bool
}

// SVG is the whole figure as a file.
func (f Figure) SVG() []byte {
	c := &canvas{colours: map[string]int{}}
	keys := f.keys()
	for _, k := range keys {
		c.class(k.name) // in the legend's order
	}
	title, subtitle, panels := f.title, "", f.panels
	single := len(panels) == 1 && title == ""
	if single {
		title, subtitle = panels[0].head()
	}
	y := margin
	if title != "" {
		y += titleSize
		c.text(margin, y, "title", "start", fit(title, titleSize*bold, figureWidth-2*margin))
		y += 6
	}
	if subtitle != "" {
		y += bodySize
		c.text(margin, y, "sub", "start", fit(subtitle, bodySize, figureWidth-2*margin))
		y += 6
	}
	y = c.legend(keys, y)
	for _, p := range panels {
		if !single {
			y = c.panelHead(p, y)
		}
		p.draw(c, y)
		y += p.size()
	}
	if len(panels) == 0 {
		y += 60
		c.text(figureWidth/2, y-24, "sub", "middle", "no data")
	}
	return []byte(document(title, y+margin/2, c.b.String()))
}

func document(title string, height float64, content string) string {
	size := num(figureWidth) + " " + num(height)
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" class="hg" viewBox="0 0 ` + size + `" width="` + num(figureWidth) +
		`" height="` + num(height) + `" role="img">` + "\n<title>" + escape(title) + "</title>\n<style>\n" + style + "</style>\n")
	b.WriteString(`<rect x="0.5" y="0.5" width="` + num(figureWidth-1) + `" height="` + num(height-1) + `" rx="6" class="bg"/>` + "\n")
	b.WriteString(content)
	b.WriteString("</svg>\n")
	return b.String()
}

// panelHead writes a panel's own title and gives the y below it.
func (c *canvas) panelHead(p Panel, y float64) float64 {
	title, subtitle := p.head()
	if title == "" && subtitle == "" {
		return y
	}
	y += bodySize + 10
	c.text(margin, y, "panel", "start", fit(title, panelSize*bold, figureWidth-2*margin))
	if left := margin + width(title, panelSize*bold) + 12; subtitle != "" && left < figureWidth-100 {
		c.text(left, y, "sub", "start", fit(subtitle, bodySize, figureWidth-margin-left))
	}
	return y + 4
}

// keys are those of all panels, each name once.
func (f Figure) keys() []key {
	var all []key
	seen := map[string]bool{}
	for _, p := range f.panels {
		for _, k := range p.keys() {
			if k.name != "" && !seen[k.name] {
				seen[k.name] = true
				all = append(all, k)
			}
		}
	}
	return all
}

// legend writes keys in as many rows as they need and gives the y below them.
func (c *canvas) legend(keys []key, y float64) float64 {
	if len(keys) == 0 {
		return y
	}
	const sample, gap, row = 18.0, 18.0, 19.0
	x := margin
	y += row - 2
	for _, k := range keys {
		name := fit(k.name, bodySize, 300)
		w := sample + 6 + width(name, bodySize)
		if x > margin && x+w > figureWidth-margin {
			x, y = margin, y+row
		}
		class := c.class(k.name)
		switch {
		case k.bar:
			c.rect(x+3, y-10, 12, 11, 2, "solid "+class)
		case k.kind == Rings:
			c.path("M"+num(x+sample/2)+" "+num(y-4)+"h0", "dot ring "+class)
		case k.kind == Points:
			c.path("M"+num(x+sample/2)+" "+num(y-4)+"h0", "dot "+class)
		default:
			c.path("M"+num(x)+" "+num(y-4)+"h"+num(sample), lineClass(class, k.dashed))
			if k.kind == Area {
				c.rect(x, y-4, sample, 6, 0, "shade "+class)
			}
		}
		c.text(x+sample+6, y, "", "start", name)
		x += w + gap
	}
	return y + 6
}

func lineClass(colour string, dashed bool) string {
	if dashed {
		return "ln dash " + colour
	}
	return "ln " + colour
}
