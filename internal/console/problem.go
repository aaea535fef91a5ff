package console

import "net/http"

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// Problem is an answer that is none (RFC 9457).
type Problem struct {
	// Type is "about:blank": the status says what kind of problem it is.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what is wrong and what would be right.
	Detail string `json:"detail"`
	// Parameter is the query parameter that is wrong; empty when none is.
	Parameter string `json:"parameter,omitempty"`
}

// writeProblem answers with p. Its type and title follow from its status.
func writeProblem(w http.ResponseWriter, p Problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	writeJSON(w, ProblemType, p.Status, p)
}
