// Package schemas is the part of the API that makes database schemas of files: it
// takes them in, tells what goes on, and hands out what came of it. They are made in
// the gateway, and what a model is asked goes through the gateway's own data plane,
// under its quotas and into its ledger.
package schemas

import (
	"context"
	"net/http"
	"slices"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/schema/workshop"
)

// Path is where schemas are.
const Path = "/api/v1/schemas"

// Options is what the room is made of. All are required.
type Options struct {
	Workshop *workshop.Workshop
	// Model is the id of the model that is asked for a name of it; for none that of
	// the usual one.
	Model func(name string) (id string, err error)
	// MaxUpload is how many bytes the files of one schema may have.
	MaxUpload int64
}

type room struct{ opts Options }

// Room is the part of the API.
func Room(o Options) console.Room {
	r := &room{o}
	return func(api *console.API) {
		r.order(api)
		r.list(api)
		r.read(api)
		r.live(api)
		r.file(api)
		r.bundle(api)
		r.remove(api)
	}
}

// List are the schemas, the newest first.
type List struct {
	Schemas []workshop.Job `json:"schemas"`
	// MaxUpload is how many bytes the files of one may have.
	MaxUpload int64 `json:"max_upload_bytes"`
}

type listAnswer struct{ Body List }

type jobAnswer struct{ Body workshop.Job }

type idInput struct {
	ID string `path:"id" maxLength:"64" doc:"That of the schema." example:"s_4zq7k2m5xw3h6d7b2a5f"`
}

func (r *room) list(api *console.API) {
	console.Register(api, console.Operation{
		ID: "list-schemas", Method: http.MethodGet, Path: Path, Role: console.RoleRead, Tag: "schemas",
		Summary: "Schemas that are made, wait or are kept", Description: "The newest first, without their steps and reports, which each has at its own path.",
	}, func(context.Context, *struct{}) (*listAnswer, error) {
		all := r.opts.Workshop.Jobs()
		for i := range all {
			all[i].Steps, all[i].Report = []workshop.Step{}, nil
		}
		return &listAnswer{List{Schemas: slices.Clip(all), MaxUpload: r.opts.MaxUpload}}, nil
	})
}

func (r *room) read(api *console.API) {
	console.Register(api, console.Operation{
		ID: "read-schema", Method: http.MethodGet, Path: Path + "/{id}", Role: console.RoleRead, Tag: "schemas",
		Summary: "How far a schema is, and what came of it",
		Description: "state is waiting, running, done, failed, cancelled or interrupted. When it is done, report says what was found, doubted and decided, " +
			"and files has the names of what can be fetched: the schema (schema.json), its statements (ddl-postgres.sql and others), its diagram (er.svg, er.mmd) and the report (report.md, report.json).",
	}, func(_ context.Context, in *idInput) (*jobAnswer, error) {
		j, _, err := r.opts.Workshop.Job(in.ID)
		if err != nil {
			return nil, err
		}
		return &jobAnswer{j}, nil
	})
}

func (r *room) remove(api *console.API) {
	console.Register(api, console.Operation{
		ID: "delete-schema", Method: http.MethodDelete, Path: Path + "/{id}", Role: console.RoleOperate, Tag: "schemas", Status: http.StatusNoContent,
		Summary: "Cancels a schema that is being made, and removes all that there is of it",
	}, func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, r.opts.Workshop.Delete(ctx, in.ID)
	})
}
