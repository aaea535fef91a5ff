package schemas

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/headgate/headgate/internal/console"
)

type fileInput struct {
	ID   string `path:"id" maxLength:"64" doc:"That of the schema."`
	Name string `path:"name" maxLength:"300" doc:"One of the names in files." example:"ddl-postgres.sql"`
}

type fileAnswer struct {
	Type        string `header:"Content-Type"`
	Length      string `header:"Content-Length"`
	Policy      string `header:"Content-Security-Policy"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

func (r *room) file(api *console.API) {
	console.Register(api, console.Operation{
		ID: "read-schema-file", Method: http.MethodGet, Path: Path + "/{id}/files/{name}", Role: console.RoleRead, Tag: "schemas", Stream: true,
		Summary:   "A file that came of a schema",
		Responses: map[string]*huma.Response{"200": {Description: "The file, as its type says.", Content: map[string]*huma.MediaType{"*/*": {}}}},
	}, func(_ context.Context, in *fileInput) (*fileAnswer, error) {
		file, about, err := r.opts.Workshop.Open(in.ID, in.Name)
		if err != nil {
			return nil, err
		}
		return &fileAnswer{
			// Names and values of strangers are in it: nothing of it may run.
			Type: about.Type, Length: strconv.FormatInt(about.Bytes, 10), Policy: "default-src 'none'; style-src 'unsafe-inline'; sandbox", Disposition: "inline",
			Body: func(call huma.Context) {
				defer file.Close()
				_, _ = io.Copy(call.BodyWriter(), file) // the client may have left
			},
		}, nil
	})
}
