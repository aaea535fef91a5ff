package console

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// adapter serves the operations that huma has, behind the checks that all of them
// have in common.
type adapter struct{ api *API }

// ServeHTTP serves one request whose path is one that ServeMux takes as it is.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// ServeMux would redirect to the path that it thinks was meant.
	if p := r.URL.EscapedPath(); path.Clean(p) != p {
		WriteProblem(w, nothingHere())
		return
	}
	a.api.mux.ServeHTTP(w, r)
}

// Handle adds an operation's route.
func (a adapter) Handle(op *huma.Operation, next func(huma.Context)) {
	own, ok := op.Metadata[metadata].(Operation)
	if !ok {
		panic("console: " + op.Path + " is registered without Register")
	}
	var parameters []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			parameters = append(parameters, p.Name)
		}
	}
	a.allow(&own)
	a.api.mux.HandleFunc(own.Method+" "+own.Path, func(w http.ResponseWriter, r *http.Request) {
		if own.Stream && r.Method == http.MethodHead {
			a.notAllowed(w, own.Path)
			return
		}
		if p := a.refusal(r, &own, parameters); p != nil {
			WriteProblem(w, *p)
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, exchange{w, r.URL}))
		if own.Stream {
			next(&call{humaContext: humago.NewContext(op, r, w)})
			return
		}
		buffered := &answer{w: w}
		next(&call{humaContext: humago.NewContext(op, r, buffered)})
		buffered.send()
	})
}

// allow notes a path's method; its others are refused.
func (a adapter) allow(op *Operation) {
	before := a.api.methods[op.Path]
	if before == nil {
		a.api.mux.HandleFunc(op.Path, func(w http.ResponseWriter, _ *http.Request) { a.notAllowed(w, op.Path) })
	}
	now := append(slices.Clone(before), op.Method)
	if op.reads() && !op.Stream {
		now = append(now, http.MethodHead)
	}
	slices.Sort(now)
	a.api.methods[op.Path] = now
}

func (a adapter) notAllowed(w http.ResponseWriter, at string) {
	methods := a.api.methods[at]
	w.Header().Set("Allow", strings.Join(methods, ", "))
	detail := "This path is called by " + listed(methods, "or") + "."
	if !slices.ContainsFunc(methods, func(m string) bool { return m != http.MethodGet && m != http.MethodHead }) {
		detail = "This path is only read: it takes " + listed(methods, "and") + "."
	}
	WriteProblem(w, Problem{Status: http.StatusMethodNotAllowed, Detail: detail})
}

// refusal is why a request is turned away before anything of it is read; nil when
// it is not.
func (a adapter) refusal(r *http.Request, op *Operation, parameters []string) *Problem {
	if a.api.foreign.Check(r) != nil {
		return &Problem{Status: http.StatusForbidden, Detail: "The request comes from a web page of another origin (its Sec-Fetch-Site or Origin header). Only programs and the API's own pages may post."}
	}
	if a.api.admit != nil {
		if p := a.api.admit(r, op.Role); p != nil {
			return p
		}
	}
	if p := checkQuery(r.URL.RawQuery, parameters); p != nil {
		return p
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" is none
	switch takes := op.takes(); {
	case takes == "" || kind == takes:
		return nil
	case takes == "application/json":
		return &Problem{Status: http.StatusUnsupportedMediaType, Detail: "What is posted must be declared as JSON: Content-Type: application/json."}
	default:
		return &Problem{Status: http.StatusUnsupportedMediaType, Detail: "What is posted must be declared as " + takes + " (its Content-Type header)."}
	}
}

// checkQuery finds what is wrong with a query, whatever its values mean.
func checkQuery(query string, known []string) *Problem {
	values, err := url.ParseQuery(query)
	if err != nil {
		return &Problem{Status: http.StatusBadRequest, Detail: "The query cannot be read: parameters are name=value with & between, and other signs are escaped (%3A)."}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the same query has the same answer
	for _, name := range names {
		detail := ""
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			detail = "There is no such parameter: this takes none."
		case !slices.Contains(known, name):
			detail = "There is no such parameter. This takes " + listed(known, "and") + "."
		case len(values[name]) > 1:
			detail = "The parameter is given " + strconv.Itoa(len(values[name])) + " times; once is enough."
		case values[name][0] == "":
			detail = "The parameter is empty; leave it out to select all."
		}
		if detail != "" {
			return &Problem{Status: http.StatusBadRequest, Parameter: name, Detail: detail}
		}
	}
	return nil
}

// listed joins words: a, b and c.
func listed(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

// exchangeKey is where a request's exchange is in its context.
type exchangeKey struct{}

// exchange is what a handler needs of the request that huma does not hand on.
type exchange struct {
	w   http.ResponseWriter
	url *url.URL
}

// bodyIsRead ends the time that a client had to send its body: one that ran on
// would end a long answer.
func bodyIsRead(ctx context.Context) {
	if e, ok := ctx.Value(exchangeKey{}).(exchange); ok {
		_ = http.NewResponseController(e.w).SetReadDeadline(time.Time{}) // a writer without deadlines had none
	}
}

// asked is the address that a request was for; empty outside of one.
func asked(ctx context.Context) url.URL {
	if e, ok := ctx.Value(exchangeKey{}).(exchange); ok {
		return *e.url
	}
	return url.URL{}
}
