package top

import (
	"cmp"
	"strconv"
)

// roomy is from how many cells on columns have their full width.
const roomy = 100

// column is one column of a table of R.
type column[R any] struct {
	title string
	// width is in cells, and wide from roomy on where that differs; one column of
	// width 0 takes what the others leave, least at the least.
	width, wide, least int
	right              bool
	// spare says when a terminal that is too narrow goes without the column: the
	// highest first. One of 0 stays.
	spare int
	cell  func(r *R, width int) span
}

// in is how wide a column is on a terminal.
func (c *column[R]) in(width int) int {
	if width >= roomy && c.wide > 0 {
		return c.wide
	}
	return c.width
}

// table draws at most height lines: titles, and rows from one on. The title of the
// first column says which rows are shown when they are not all; there are more of them
// than rows.
func table[R any](columns []column[R], rows []R, from, width, height, more int) []line {
	if height < 2 {
		return nil
	}
	columns, rest := fitting(columns, width)
	from = max(0, min(from, len(rows)-(height-1)))
	shown := rows[from:min(len(rows), from+height-1)]
	head := line{}
	for i, c := range columns {
		title := c.title
		if total := len(rows) + max(0, more); i == 0 && len(shown) < total {
			title += " " + strconv.Itoa(from+1) + "–" + strconv.Itoa(from+len(shown)) + " of " + strconv.Itoa(total)
		}
		if i > 0 {
			head = append(head, span{text: " "})
		}
		head = append(head, span{fit(title, cmp.Or(c.in(width), rest), c.right), roleTitle})
	}
	out := []line{head}
	for i := range shown {
		l := line{}
		for _, c := range columns {
			w := cmp.Or(c.in(width), rest)
			s := c.cell(&shown[i], w)
			if len(l) > 0 {
				l = append(l, span{text: " "})
			}
			l = append(l, span{fit(clean(s.text), w, c.right), s.role})
		}
		out = append(out, l)
	}
	return out
}

// fitting drops columns until what is left fits, and gives what is left for the
// column without a width.
func fitting[R any](columns []column[R], width int) (fit []column[R], rest int) {
	fit = append(fit, columns...)
	for {
		used, least, sparest := len(fit)-1, 0, -1
		for i, c := range fit {
			used += c.in(width)
			least += c.least
			if c.spare > 0 && (sparest < 0 || c.spare > fit[sparest].spare) {
				sparest = i
			}
		}
		if used+least <= width || sparest < 0 {
			return fit, max(1, width-used)
		}
		fit = append(fit[:sparest:sparest], fit[sparest+1:]...)
	}
}
