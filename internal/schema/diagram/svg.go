package diagram

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// style follows the reader's light or dark ground. Classes only, so that the
// drawing needs no other file.
const style = `.er text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}
.er .bg{fill:#fff;stroke:#d1d9e0}.er .title{font:600 15px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.er .sub{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#59636e}
.er .box{fill:#fff;stroke:#818b98}.er .head{fill:#dbe9f9}.er .junction{fill:#e3f1e6}.er .lookup{fill:#f6ecd6}.er .satellite,.er .child{fill:#efe4fb}
.er .name{font-weight:600}.er .type,.er .more{fill:#59636e}.er .key{font-size:9px;font-weight:600;fill:#0969da}
.er .rule{stroke:#d1d9e0}.er .ref{fill:none;stroke:#57606a;stroke-width:1.3}.er .dotted{stroke-dasharray:3 4}
@media (prefers-color-scheme:dark){.er text{fill:#e6edf3}.er .bg{fill:#0d1117;stroke:#30363d}.er .sub,.er .type,.er .more{fill:#9198a1}
.er .box{fill:#161b22;stroke:#6e7681}.er .head{fill:#1c2d41}.er .junction{fill:#1b3324}.er .lookup{fill:#3a2f16}.er .satellite,.er .child{fill:#302346}
.er .key{fill:#58a6ff}.er .rule{stroke:#30363d}.er .ref{stroke:#9198a1}}`

// SVG draws the schema: a box for each table, what is referred to on the left, a
// crow's foot where many rows refer. Suspected references are dotted.
func SVG(s *schema.Schema) []byte {
	l := place(s)
	d := drawing{s: s}
	fmt.Fprintf(&d.b, `<svg xmlns="http://www.w3.org/2000/svg" class="er" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-label="%s">`+"\n",
		num(l.width), num(l.height), num(l.width), num(l.height), escape(fmt.Sprintf("Diagram of %d tables and %d references", len(l.boxes), len(l.edges))))
	fmt.Fprintf(&d.b, "<style>%s</style>\n", style)
	fmt.Fprintf(&d.b, `<rect class="bg" x="0.5" y="0.5" width="%s" height="%s" rx="6"/>`+"\n", num(l.width-1), num(l.height-1))
	d.text(margin, 24, "title", "start", s.Name)
	d.text(margin, 42, "sub", "start", fit(s.Judgement(), (l.width-2*margin)/6.2))
	for _, e := range l.edges {
		d.edge(e)
	}
	for _, b := range l.boxes {
		d.box(b)
	}
	d.b.WriteString("</svg>\n")
	return []byte(d.b.String())
}

// drawing collects elements.
type drawing struct {
	s *schema.Schema
	b strings.Builder
}

func (d *drawing) text(x, y float64, class, anchor, text string) {
	fmt.Fprintf(&d.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`+"\n", class, num(x), num(y), anchor, escape(text))
}

func (d *drawing) box(b *box) {
	role := string(b.t.Role)
	fmt.Fprintf(&d.b, `<g><title>%s</title>`+"\n", escape(strings.TrimSpace(b.t.Name+" "+role+". "+b.t.Purpose)))
	fmt.Fprintf(&d.b, `<rect class="box" x="%s" y="%s" width="%s" height="%s" rx="5"/>`+"\n", num(b.x), num(b.y), num(b.w), num(b.h))
	fmt.Fprintf(&d.b, `<path class="head %s" d="M%s %s v-%s a5 5 0 0 1 5-5 h%s a5 5 0 0 1 5 5 v%s z"/>`+"\n",
		role, num(b.x+0.5), num(b.y+headHeight), num(headHeight-5.5), num(b.w-11), num(headHeight-5.5))
	fmt.Fprintf(&d.b, `<line class="rule" x1="%s" y1="%s" x2="%s" y2="%s"/>`+"\n", num(b.x), num(b.y+headHeight), num(b.x+b.w), num(b.y+headHeight))
	d.text(b.x+12, b.y+18, "name", "start", b.t.Name)
	for i, c := range b.rows {
		y := b.y + headHeight + rowHeight*float64(i) + 14
		if key := strings.ReplaceAll(strings.TrimSpace(marks(d.s, b.t, c.Name)), ", ", " "); key != "" {
			d.text(b.x+8, y-1, "key", "start", short(key))
		}
		d.text(b.x+32, y, "column", "start", c.Name)
		kind := typeName(c.Type)
		if c.Nullable {
			kind += "?"
		}
		d.text(b.x+b.w-10, y, "type", "end", kind)
	}
	if b.hidden > 0 {
		d.text(b.x+32, b.y+headHeight+rowHeight*float64(len(b.rows))+14, "more", "start", "and "+strconv.Itoa(b.hidden)+" more")
	}
	d.b.WriteString("</g>\n")
}

// short keeps the first two letters where two keys stand together: there is no room
// for more.
func short(key string) string {
	if key == "PK FK" {
		return "P·F"
	}
	return strings.Fields(key)[0]
}

// edge draws a line from the referring column to the one that it refers to.
func (d *drawing) edge(e edge) {
	class := "ref"
	if e.dotted {
		class += " dotted"
	}
	y1, y2 := e.from.rowY(e.f.Columns[0]), e.to.rowY(e.f.RefColumns[0])
	x1, x2 := e.from.x, e.to.x+e.to.w
	var path string
	side := 1.0 // where the crow's foot points from the box: to the left
	switch {
	case e.to.x < e.from.x && !e.beside(): // the usual way, to the left
		bend := max(28, (x1-x2)*0.45)
		path = fmt.Sprintf("M%s %s C%s %s %s %s %s %s", num(x1), num(y1), num(x1-bend), num(y1), num(x2+bend), num(y2), num(x2), num(y2))
	case !e.beside(): // a circle's way back
		side, x1, x2 = -1, e.from.x+e.from.w, e.to.x
		bend := max(28, (x2-x1)*0.45)
		path = fmt.Sprintf("M%s %s C%s %s %s %s %s %s", num(x1), num(y1), num(x1+bend), num(y1), num(x2-bend), num(y2), num(x2), num(y2))
	default: // within a column: around the right side
		side, x1 = -1, e.from.x+e.from.w
		path = fmt.Sprintf("M%s %s C%s %s %s %s %s %s", num(x1), num(y1), num(x1+loop), num(y1), num(x2+loop), num(y2), num(x2), num(y2))
	}
	about := e.f.Table + "." + strings.Join(e.f.Columns, ", ") + " refers to " + e.f.RefTable + "." + strings.Join(e.f.RefColumns, ", ")
	if e.dotted {
		about += " (suspected)"
	}
	fmt.Fprintf(&d.b, `<g><title>%s</title><path class="%s" d="%s"/>`, escape(about), class, path)
	if !single(d.s, e.f) {
		fmt.Fprintf(&d.b, `<path class="ref" d="M%s %s L%s %s L%s %s"/>`, num(x1), num(y1-5), num(x1-9*side), num(y1), num(x1), num(y1+5))
	}
	d.b.WriteString("</g>\n")
}

// rowY is the middle of a column's row; that of the head where it is not shown.
func (b *box) rowY(column string) float64 {
	i := slices.IndexFunc(b.rows, func(c schema.Column) bool { return c.Name == column })
	if i < 0 {
		return b.y + headHeight/2
	}
	return b.y + headHeight + rowHeight*(float64(i)+0.5) + 1
}

func num(v float64) string { return strconv.FormatFloat(float64(int64(v*10+0.5))/10, 'f', -1, 64) }

func fit(text string, letters float64) string {
	if float64(len(text)) <= letters {
		return text
	}
	return text[:max(0, int(letters)-1)] + "…"
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", " ").Replace(text)
}
