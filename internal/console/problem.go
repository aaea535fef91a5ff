package console

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/fault"
)

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// Problem is an answer that is none (RFC 9457). As an error that a handler returns
// it is answered as it is.
type Problem struct { //nolint:errname // RFC 9457 calls it so
	// Type is "about:blank": the status says what kind of problem it is.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what is wrong and what would be right.
	Detail string `json:"detail"`
	// Parameter is the query parameter that is wrong, or the key of the body; empty
	// when none is.
	Parameter string `json:"parameter,omitempty"`
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is for huma: whatever the answer would have been.
func (p *Problem) ContentType(string) string { return ProblemType }

// filled is the problem with the type and the title that follow from its status.
func (p Problem) filled() *Problem {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return &p
}

// problemOf is how an error is answered. What is not one of ours is not told.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.filled()
	}
	p := Problem{Status: http.StatusInternalServerError, Detail: "Something went wrong in the gateway, which its log tells. It is no mistake of the request."}
	if _, ok := errors.AsType[*fault.Error](err); !ok {
		return p.filled()
	}
	kind := fault.KindOf(err)
	if status := statusOf(kind); status != 0 {
		p = Problem{Status: status, Detail: sentence(fault.Message(err))}
		if cure := fault.CureOf(err); cure != "" {
			p.Detail += " " + sentence(cure)
		}
	}
	return p.filled()
}

// sentence begins with a capital letter, if it does with a letter, and has an end.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// statusOf is 0 for our own mistakes.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Upstream:
		return http.StatusBadGateway
	case fault.Timeout:
		return http.StatusGatewayTimeout
	default:
		return 0
	}
}

func nothingHere() Problem {
	return Problem{Status: http.StatusNotFound, Detail: "There is nothing at this path. GET " + DocumentPath + " describes the API."}
}

// WriteProblem answers with p. Its type and title follow from its status.
func WriteProblem(w http.ResponseWriter, p Problem) {
	writeJSON(w, ProblemType, p.Status, p.filled())
}
