package top

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// mostRunes bounds what is looked at of a text: no cell is wider.
const mostRunes = 512

// mostMarks is how many combining marks may follow each other: more are there to
// draw over the lines around them.
const mostMarks = 3

// clean makes a text that came from elsewhere harmless: control characters, escape
// sequences and what turns the direction of writing are spelled out (\x1b, \u202e),
// bytes that are no UTF-8 are replaced, and what is too long is cut.
func clean(text string) string {
	if plain(text) {
		return text
	}
	var b strings.Builder
	marks, runes := 0, 0
	for _, r := range text {
		if runes++; runes > mostRunes {
			b.WriteRune('…')
			break
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > mostMarks {
				continue
			}
		} else {
			marks = 0
		}
		switch {
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default: // other spaces too: they may be wider than they are counted
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// plain says that a text is short and of nothing but visible ASCII, as most are.
func plain(text string) bool {
	if len(text) > mostRunes {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= utf8.RuneSelf-1 {
			return false
		}
	}
	return true
}

// cells is how many cells of a terminal a clean text takes.
func cells(text string) int { return ansi.StringWidth(text) }

// fit is a clean text in exactly width cells: cut, with an ellipsis, or filled up.
func fit(text string, width int, right bool) string {
	text = cut(text, width)
	gap := strings.Repeat(" ", max(0, width-cells(text)))
	if right {
		return gap + text
	}
	return text + gap
}

// cut is a clean text in at most width cells.
func cut(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if cells(text) <= width {
		return text
	}
	return ansi.Truncate(text, width, "…")
}
