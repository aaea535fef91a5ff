package describe

import (
	"regexp"
	"strings"
)

// sentences takes a text apart at line ends, full stops and semicolons. A line that
// ends with a colon heads the items below it, which become one sentence with it.
func sentences(text string) []string {
	bullet := regexp.MustCompile(`^\s*(?:[-*•–]|\d{1,3}[.)])\s+`)
	var out []string
	head, items := "", []string(nil)
	flush := func() {
		if head != "" {
			out = append(out, head+": "+strings.Join(items, ", "))
		}
		head, items = "", nil
	}
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(bullet.ReplaceAllString(line, ""))
		inside := bullet.MatchString(line) || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		switch {
		case body == "":
			continue
		case strings.HasSuffix(body, ":"):
			flush()
			head = strings.TrimSpace(strings.TrimSuffix(body, ":"))
			continue
		case head != "" && inside:
			items = append(items, strings.TrimRight(body, ".,;"))
			continue
		}
		flush()
		out = append(out, stops(body)...)
	}
	flush()
	return out
}

// stops splits a line at full stops that end a word, and at semicolons, outside of
// parentheses.
func stops(line string) []string {
	var out []string
	depth, from := 0, 0
	cut := func(to int) {
		if s := strings.TrimSpace(line[from:to]); s != "" {
			out = append(out, s)
		}
		from = to + 1
	}
	for i, r := range line {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ';':
			if depth <= 0 {
				cut(i)
			}
		case '.', '!':
			if depth <= 0 && (i+1 == len(line) || line[i+1] == ' ') {
				cut(i)
			}
		}
	}
	if from < len(line) {
		cut(len(line))
	}
	return out
}

// parts splits a list at commas and at "and", outside of parentheses.
func parts(list string) []string {
	var out []string
	depth, from := 0, 0
	cut := func(to, next int) {
		if s := strings.TrimSpace(list[from:to]); s != "" {
			out = append(out, s)
		}
		from = next
	}
	for i := 0; i < len(list); i++ {
		switch {
		case list[i] == '(':
			depth++
		case list[i] == ')':
			depth--
		case depth > 0 || i < from:
		case list[i] == ',':
			cut(i, i+1)
		case strings.HasPrefix(list[i:], " and "):
			cut(i, i+len(" and "))
		case strings.HasPrefix(list[i:], " & "):
			cut(i, i+len(" & "))
		}
	}
	cut(len(list), len(list))
	if n := len(out); n > 1 { // "a, b, and c"
		out[n-1] = strings.TrimSpace(strings.TrimPrefix(out[n-1], "and "))
	}
	return out
}
