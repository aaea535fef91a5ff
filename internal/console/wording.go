package console

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// ours is a transformer that makes problems of what huma finds wrong. It never
// repeats a value: it may be a secret.
func ours(ctx huma.Context, _ string, v any) (any, error) {
	m, found := v.(*huma.ErrorModel)
	if !found {
		return v, nil
	}
	p := reworded(m)
	if c, ok := ctx.(*call); ok {
		c.problem = p.Status
	}
	return p, nil
}

// reworded tells the first of the mistakes that huma found.
func reworded(m *huma.ErrorModel) *Problem {
	p := Problem{Status: m.Status}
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p.Detail = "What was posted is too large for this path."
		return p.filled()
	case http.StatusRequestTimeout:
		p.Detail = "What is posted did not arrive in time."
		return p.filled()
	}
	if len(m.Errors) == 0 {
		p.Detail = "The body is missing: this path takes one, as JSON."
		return p.filled()
	}
	first := m.Errors[0]
	in, name, _ := strings.Cut(first.Location, ".")
	subject := "The parameter"
	switch {
	case in != "body":
		p.Status = http.StatusBadRequest
	case name == "" && p.Status == http.StatusBadRequest:
		p.Detail = "The body cannot be read as JSON."
		return p.filled()
	case name == "":
		subject = "The body"
	default:
		subject = "The key"
	}
	p.Parameter, p.Detail = name, subject+" "+mistake(first.Message)+"."
	return p.filled()
}

// mistake words what huma says of a value.
func mistake(said string) string {
	for _, w := range [...]struct{ begins, ours string }{
		{"expected number >= ", "must be at least "},
		{"expected number > ", "must be more than "},
		{"expected number <= ", "must be at most "},
		{"expected number < ", "must be less than "},
		{"expected required property ", "lacks the key "},
		{"expected length >= ", "must not be shorter than "},
		{"expected length <= ", "must not be longer than "},
		{"expected array length >= ", "must not have fewer elements than "},
		{"expected array length <= ", "must not have more elements than "},
		{"expected string to match pattern ", "must match "},
	} {
		if rest, ok := strings.CutPrefix(said, w.begins); ok {
			return w.ours + strings.TrimSuffix(rest, " to be present")
		}
	}
	if rest, ok := strings.CutPrefix(said, `expected value to be one of "`); ok {
		return "must be " + listed(strings.Split(strings.TrimSuffix(rest, `"`), ", "), "or")
	}
	switch {
	case said == "invalid integer" || said == "expected integer":
		return "must be a whole number"
	case said == "invalid float" || said == "expected number":
		return "must be a number"
	case said == "invalid boolean" || said == "expected boolean":
		return "must be true or false"
	case said == "expected string":
		return "must be a text"
	case said == "expected array":
		return "must be a list"
	case said == "expected object":
		return "must be an object with keys"
	case said == "unexpected property":
		return "is not known; leave it out"
	case strings.HasPrefix(said, "required "):
		return "is missing"
	case strings.HasPrefix(said, "invalid date/time") || strings.HasPrefix(said, "expected string to be RFC 3339"):
		return "must be a time as RFC 3339 has it, such as 2026-11-23T06:00:00Z"
	}
	return "is not right: " + said
}
