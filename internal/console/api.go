package console

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// Room is a part of the API: it registers its operations.
type Room func(*API)

// API is what rooms register their operations in, before it serves.
type API struct {
	huma       huma.API
	mux        *http.ServeMux
	operations []Operation
	methods    map[string][]string // by path
	admit      func(*http.Request, Role) *Problem
	foreign    *http.CrossOriginProtection
}

func newAPI(admit func(*http.Request, Role) *Problem) *API {
	api := &API{mux: http.NewServeMux(), methods: map[string][]string{}, admit: admit, foreign: http.NewCrossOriginProtection()}
	api.huma = huma.NewAPI(configuration(), adapter{api})
	api.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { WriteProblem(w, nothingHere()) })
	return api
}

// Operations are those that are registered, for who walks all of them.
func (api *API) Operations() []Operation { return slices.Clone(api.operations) }

// Register adds an operation. I has the parameters, by the tags query, path and
// doc, and a body as Body; O the answer as Body, and headers by the tag header:
// see the package huma. What a handler returns as an error is answered as a
// problem: as it is when it is a *Problem, else by its fault's kind, with its
// cause and its cure as detail. It panics on an operation that cannot be served.
func Register[I, O any](api *API, op Operation, handle func(context.Context, *I) (*O, error)) {
	op.check()
	api.operations = append(api.operations, op)
	huma.Register(api.huma, op.described(api.huma.OpenAPI().Components.Schemas), func(ctx context.Context, in *I) (*O, error) {
		bodyIsRead(ctx)
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
	if item := api.huma.OpenAPI().Paths[op.Path]; op.RequestBody != nil && item != nil && item.Post != nil {
		item.Post.RequestBody = op.RequestBody // not before: huma would read what is posted
	}
}
