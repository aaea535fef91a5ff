package schemas

import (
	"archive/zip"
	"context"
	"io"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/workshop"
)

type bundleAnswer struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

func (r *room) bundle(api *console.API) {
	console.Register(api, console.Operation{
		ID: "read-schema-files", Method: http.MethodGet, Path: Path + "/{id}/files.zip", Role: console.RoleRead, Tag: "schemas", Stream: true,
		Summary:   "All files that came of a schema, in one",
		Responses: map[string]*huma.Response{"200": {Description: "The files, as a ZIP archive.", Content: map[string]*huma.MediaType{"application/zip": {}}}},
	}, func(_ context.Context, in *idInput) (*bundleAnswer, error) {
		j, _, err := r.opts.Workshop.Job(in.ID)
		switch {
		case err != nil:
			return nil, err
		case len(j.Files) == 0:
			return nil, fault.New(fault.NotFound, "no files came of the schema, which is %s", j.State)
		}
		return &bundleAnswer{
			Type: "application/zip", Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": j.Name + ".zip"}),
			Body: func(call huma.Context) { r.pack(call.BodyWriter(), &j) },
		}, nil
	})
}

// pack writes the files of a schema into an archive. Where one cannot be read, the
// archive has no end, so that nobody takes it for whole.
func (r *room) pack(w io.Writer, j *workshop.Job) {
	archive := zip.NewWriter(w)
	for _, f := range j.Files {
		if err := r.packFile(archive, j, f.Name); err != nil {
			return
		}
	}
	_ = archive.Close() // the client may have left
}

func (r *room) packFile(archive *zip.Writer, j *workshop.Job, name string) error {
	file, _, err := r.opts.Workshop.Open(j.ID, name)
	if err != nil {
		return err
	}
	defer file.Close()
	head := &zip.FileHeader{Name: name, Method: zip.Deflate}
	if j.Ended != nil {
		head.Modified = *j.Ended
	}
	entry, err := archive.CreateHeader(head)
	if err == nil {
		_, err = io.Copy(entry, file)
	}
	return err
}
