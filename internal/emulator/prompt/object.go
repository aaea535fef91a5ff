package prompt

import "github.com/tidwall/gjson"

// maxDepth is how deep a body may nest. The checker recurses, and a body of
// 25 MB of brackets would exhaust the stack.
const maxDepth = 500

// object parses a body that is one valid JSON object.
func object(body string) (gjson.Result, bool) {
	if !shallow(body) || !gjson.Valid(body) {
		return gjson.Result{}, false
	}
	root := gjson.Parse(body)
	return root, root.IsObject()
}

// shallow reports whether brackets nest no deeper than maxDepth.
func shallow(body string) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}
