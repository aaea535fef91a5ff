package schemas

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/workshop"
)

const (
	// mostText bounds a part that is no file, mostParts how many there are.
	mostText  = 16 << 10
	mostParts = 200
	// around is what a form has besides its files.
	around = 1 << 20
	// uploadPatience is how long an upload may take.
	uploadPatience = 10 * time.Minute
	// lookedAt is how much of a file is looked at before it is taken in.
	lookedAt = 8 << 10
)

// orderInput has the body to be read part by part: it is never whole in memory.
type orderInput struct{ call huma.Context }

// Resolve keeps the request.
func (in *orderInput) Resolve(call huma.Context) []error {
	in.call = call
	return nil
}

type orderAnswer struct {
	Location string `header:"Location" doc:"Where the schema is."`
	Body     workshop.Job
}

func (r *room) order(api *console.API) {
	console.Register(api, console.Operation{
		ID: "create-schema", Method: http.MethodPost, Path: Path, Role: console.RoleOperate, Tag: "schemas", Status: http.StatusAccepted, Takes: "multipart/form-data",
		Summary: "Has a schema made of files, of a sentence, or of both",
		Description: "Takes what `headgate schema generate` takes: CSV, JSON, Parquet and Excel files, packed or not, and what the data is about in a sentence. It answers at once; the schema is made in the gateway, two at a time, the others wait in order. " +
			"What a model is asked goes through this gateway: quotas, runs and ledger apply. Without files the sentence alone makes the schema, such as \"Book: isbn, title; Loan: book, day\". " +
			fmt.Sprintf("The files of one schema may have %d bytes. They are removed when it has ended.", r.opts.MaxUpload),
		RequestBody: form(),
	}, func(_ context.Context, in *orderInput) (*orderAnswer, error) {
		if err := in.call.SetReadDeadline(time.Now().Add(uploadPatience)); err != nil {
			return nil, err
		}
		defer func() { _ = in.call.SetReadDeadline(time.Time{}) }() // it was set before
		j, err := r.taken(in.call)
		if err != nil {
			return nil, err
		}
		return &orderAnswer{Location: Path + "/" + j.ID, Body: j}, nil
	})
}

// form describes the parts.
func form() *huma.RequestBody {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	dialects := text("A dialect that statements are written in; several parts are several. All where there is none.")
	for _, d := range ddl.Dialects() {
		dialects.Enum = append(dialects.Enum, string(d))
	}
	flag := func(doc string) *huma.Schema {
		s := text(doc)
		s.Enum = []any{"true", "false"}
		return s
	}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"files":    {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary"}, Description: "The files, a part for each, with its name."},
			"sentence": text("What the data is about, in your own words."),
			"name":     text("The schema's name; that of the first file where it is left out."),
			"dialect":  {Type: huma.TypeArray, Items: dialects},
			"model":    text("The model that is asked, or a profile; Claude Haiku 4.5 where it is left out."),
			"offline":  flag("true asks no model."),
			"rows":     flag("true keeps a copy of all rows as CSV, with how to load them."),
		},
	}}}}
}

// parts are what a form says besides its files.
type parts struct {
	order   workshop.Order
	offline bool
}

// taken reads the form and orders the schema.
func (r *room) taken(call huma.Context) (workshop.Job, error) {
	_, params, err := mime.ParseMediaType(call.Header("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return workshop.Job{}, bad("", "The Content-Type header lacks the boundary that a form needs.")
	}
	sent := &io.LimitedReader{R: call.BodyReader(), N: r.opts.MaxUpload + around}
	s, err := r.opts.Workshop.Submit(r.opts.MaxUpload)
	if err != nil {
		return workshop.Job{}, err
	}
	j, err := r.submitted(multipart.NewReader(sent, params["boundary"]), s)
	if err == nil {
		return j, nil
	}
	s.Discard()
	if _, large := errors.AsType[workshop.TooLargeError](err); large || sent.N <= 0 {
		err = &console.Problem{Status: http.StatusRequestEntityTooLarge, Parameter: "files", Detail: fmt.Sprintf("The files of a schema may have %d bytes in all (schemas.upload_limit). A part of the rows is enough to make one.", r.opts.MaxUpload)}
	}
	return workshop.Job{}, err
}

func (r *room) submitted(from *multipart.Reader, s *workshop.Submission) (workshop.Job, error) {
	var p parts
	for n := 0; ; n++ {
		part, err := from.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return workshop.Job{}, bad("", "The body cannot be read as a form, or has no end.")
		}
		if n >= mostParts {
			return workshop.Job{}, bad("", "The form has more than "+strconv.Itoa(mostParts)+" parts. Pack the files as zip.")
		}
		if part.FormName() == "files" {
			err = addFile(s, part)
		} else {
			err = p.read(part)
		}
		if err != nil {
			return workshop.Job{}, err
		}
	}
	if err := p.fill(s.Files(), r.opts.Model); err != nil {
		return workshop.Job{}, err
	}
	return s.Order(p.order)
}

func bad(parameter, detail string) error {
	return &console.Problem{Status: http.StatusBadRequest, Parameter: parameter, Detail: detail}
}

// addFile takes a file in unless its first bytes say that it holds no table.
func addFile(s *workshop.Submission, part *multipart.Part) error {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return bad("files", "A file's part cannot be read.")
	}
	body := bufio.NewReaderSize(part, lookedAt)
	head, err := body.Peek(lookedAt)
	if err != nil && !errors.Is(err, io.EOF) {
		return fault.Wrap(fault.Invalid, "read an upload", err)
	}
	name := params["filename"] // as it was sent: a path is refused, and not cut short
	switch what, cure := tabular.Foreign(head); {
	case len(head) == 0:
		return bad("files", fmt.Sprintf("The file %q is empty: there is nothing to make a table of.", name))
	case what != "":
		return &console.Problem{Status: http.StatusUnsupportedMediaType, Parameter: "files", Detail: fmt.Sprintf("The file %q is %s, not a table: %s", name, what, cure)}
	}
	err = s.Add(workshop.Upload{Name: name, Body: body})
	if err != nil && fault.KindOf(err) == fault.Invalid {
		why := fault.Message(err)
		return bad("files", strings.ToUpper(why[:1])+why[1:]+".")
	}
	return err
}

// read reads a part that is no file.
func (p *parts) read(part *multipart.Part) error {
	name := part.FormName()
	if part.FileName() != "" {
		return bad(name, "Files are sent as parts with the name files.")
	}
	data, err := io.ReadAll(io.LimitReader(part, mostText+1))
	switch {
	case err != nil:
		return bad(name, "The part cannot be read, or has no end.")
	case len(data) > mostText:
		return bad(name, fmt.Sprintf("The part has more than %d bytes.", mostText))
	}
	text := strings.TrimSpace(string(data))
	switch name {
	case "sentence":
		p.order.Sentence = text
	case "name":
		p.order.Name = text
	case "model":
		p.order.Model = text
	case "offline":
		p.offline, err = flagged(name, text)
	case "rows":
		p.order.Rows, err = flagged(name, text)
	case "dialect":
		d := ddl.Dialect(text)
		if !slices.Contains(ddl.Dialects(), d) {
			return bad(name, fmt.Sprintf("The dialect must be postgres, mysql or sqlite, not %.40q.", text))
		}
		if !slices.Contains(p.order.Dialects, d) {
			p.order.Dialects = append(p.order.Dialects, d)
		}
	default:
		return bad(name, "There is no such part. The form takes files, sentence, name, dialect, model, offline and rows.")
	}
	return err
}

func flagged(name, text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, bad(name, "The part must be true or false.")
	}
	return text == "true", nil
}

// fill adds what was left out.
func (p *parts) fill(files []workshop.File, model func(string) (string, error)) error {
	o := &p.order
	if len(files) == 0 && o.Sentence == "" {
		return bad("files", "There are no files to make a schema of, and no sentence that says what it is about.")
	}
	if len(o.Dialects) == 0 {
		o.Dialects = ddl.Dialects()
	}
	given := o.Name
	if given == "" && len(files) > 0 {
		given = strings.TrimSuffix(files[0].Name, path.Ext(files[0].Name))
	}
	if o.Name = schema.Identifier(given); o.Name == "" {
		o.Name = "database"
	}
	if p.offline {
		if o.Model != "" {
			return bad("offline", "The parts offline and model exclude each other. Leave one of them out.")
		}
		return nil
	}
	id, err := model(o.Model)
	o.Model = id
	return err
}
