package console

import (
	"maps"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Operation is one method of one path, and who may call it.
type Operation struct {
	// ID names it in the OpenAPI document: list-calls.
	ID     string
	Method string
	Path   string // as http.ServeMux has patterns: /api/v1/calls/{id}
	// Role is the least that a caller must have. Required.
	Role Role
	// Tag is the noun that it belongs to.
	Tag string
	// Summary says in a line what it does; Description may say more.
	Summary, Description string
	// Status is that of an answer that is no problem; 0 is 200, or 204 where there
	// is no body.
	Status int
	// Takes is the media type of what is posted; "" is application/json.
	Takes string
	// RequestBody describes what is posted where the input's type does not; nil: it
	// does. The handler reads what is posted by itself then.
	RequestBody *huma.RequestBody
	// MaxBody bounds what is posted in bytes; 0 is a mebibyte.
	MaxBody int64
	// BodyTimeout bounds its reading; 0 is five seconds.
	BodyTimeout time.Duration
	// Stream says that the answer is sent while it is written, and has no length.
	Stream bool
	// Responses are answers that the types do not tell, by status; nil for none.
	Responses map[string]*huma.Response
	// Hidden keeps it out of the OpenAPI document.
	Hidden bool
}

// check panics on what is missing: a programmer's mistake.
func (op *Operation) check() {
	if !op.Role.Valid() || op.ID == "" || op.Summary == "" || op.Path == "" {
		panic("console: an operation needs an id, a path, a role and a summary: " + op.Method + " " + op.Path)
	}
}

// reads says that it is a GET, which changes nothing.
func (op *Operation) reads() bool { return op.Method == http.MethodGet }

// takes is the media type of what is posted; empty where nothing is.
func (op *Operation) takes() string {
	switch {
	case op.reads() || op.Method == http.MethodDelete:
		return ""
	case op.Takes == "":
		return "application/json"
	}
	return op.Takes
}

// metadata is where an Operation is in a huma.Operation.
const metadata = "operation"

// described is the operation for huma. Whatever it answers, problems are the same.
func (op *Operation) described(schemas huma.Registry) huma.Operation {
	responses := map[string]*huma.Response{"default": {
		Description: "A problem: detail says what is wrong and what would be right.",
		Content: map[string]*huma.MediaType{
			ProblemType: {Schema: schemas.Schema(reflect.TypeFor[Problem](), true, "")},
		},
	}}
	maps.Copy(responses, op.Responses)
	h := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody, BodyReadTimeout: op.BodyTimeout, Hidden: op.Hidden,
		Responses: responses, Metadata: map[string]any{metadata: *op}, Extensions: map[string]any{"x-headgate-role": string(op.Role)},
	}
	if op.Tag != "" {
		h.Tags = []string{op.Tag}
	}
	return h
}
