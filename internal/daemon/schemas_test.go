package daemon_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/schemas"
	"github.com/headgate/headgate/internal/schema/workshop"
)

// part is one of a form; a file has a filename.
type part struct{ name, filename, text string }

// form sends a form and returns the answer's Location.
func form(t *testing.T, base string, parts ...part) (status int, location string, answer []byte) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p.name + `"`}}
		if p.filename != "" {
			h.Set("Content-Disposition", h.Get("Content-Disposition")+`; filename="`+p.filename+`"`)
		}
		to, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+schemas.Path, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), text.Bytes()
}

const (
	customers = "id,email,country\n1,a@example.com,DE\n2,b@example.com,FR\n3,c@example.com,DE\n"
	orders    = "id,customer_id,total\n10,1,9.50\n11,1,3.25\n12,3,20.00\n"
)

// watch reads the events of a schema until they end, and returns the steps' names and
// the last state.
func watch(t *testing.T, at string) (steps []string, last workshop.Job) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/live", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("%s: %d %s", at, resp.StatusCode, kind)
	}
	event := ""
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name == "data" && event == "step":
			var s workshop.Step
			if err := json.Unmarshal([]byte(value), &s); err != nil {
				t.Fatal(err)
			}
			if len(steps) == 0 || steps[len(steps)-1] != s.Step {
				steps = append(steps, s.Step)
			}
		case name == "data" && event == "schema":
			if err := json.Unmarshal([]byte(value), &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return steps, last
}

// TestASchemaIsMadeByTheGateway: uploaded files become a schema, and what the model is
// asked is in the gateway's own ledger, as one run.
func TestASchemaIsMadeByTheGateway(t *testing.T) {
	t.Parallel()
	cfg := guide(t)
	base := running(t, cfg)
	status, location, answer := form(t, base,
		part{"files", "customers.csv", customers}, part{"files", "orders.csv", orders},
		part{"sentence", "", "an online shop"}, part{"dialect", "", "sqlite"}, part{"dialect", "", "postgres"}, part{"name", "", "Corner Shop"})
	if status != http.StatusAccepted || !strings.HasPrefix(location, schemas.Path+"/s_") {
		t.Fatalf("the order is answered by %d %s %s", status, location, answer)
	}
	steps, last := watch(t, base+location)
	if last.State != workshop.Done || !slices.Contains(steps, "verify") {
		t.Fatalf("after %v the schema is %s: %s", steps, last.State, last.Failure)
	}
	got := answered[workshop.Job](t, "GET", base+location, "")
	if got.Report == nil || got.Report.Tables != 2 || got.Report.References != 1 || len(got.Report.Calls) == 0 || got.Name != "corner_shop" {
		t.Fatalf("the schema is %+v", got)
	}
	for name, want := range map[string]string{
		"ddl-postgres.sql": "REFERENCES", "ddl-sqlite.sql": "CREATE TABLE", "er.svg": "<svg", "er.mmd": "erDiagram", "report.md": "customers", "schema.json": `"customers"`, "report.json": `"tables": 2`,
	} {
		if !slices.ContainsFunc(got.Files, func(f workshop.File) bool { return f.Name == name }) {
			t.Errorf("there is no %s among %v", name, got.Files)
		}
		status, text := ask(t, "GET", base+location+"/files/"+name, "")
		if status != http.StatusOK || !bytes.Contains(text, []byte(want)) || bytes.Contains(text, []byte(cfg.DataDir)) {
			t.Errorf("%s: %d %s, want %q in it, and no path of this machine", name, status, text, want)
		}
	}
	bundled(t, base+location, got.Files)
	dir := filepath.Join(cfg.DataDir, "schemas", got.ID)
	if _, err := os.Stat(filepath.Join(dir, "in")); !os.IsNotExist(err) {
		t.Errorf("the uploads are still there: %v", err)
	}
	calls := answered[console.Calls](t, "GET", base+"/api/v1/calls", "")
	runs := map[string]bool{}
	for _, c := range calls.Calls {
		runs[string(c.Run)] = true
	}
	if len(calls.Calls) != got.Report.Totals.Calls || len(runs) != 1 {
		t.Errorf("the ledger has %d calls of the runs %v, want the %d of the schema in one", len(calls.Calls), runs, got.Report.Totals.Calls)
	}
	for _, escape := range []string{"../job.json", "job.json", "..", "/etc/passwd", "out/schema.json"} {
		refused(t, 404, "GET", base+location+"/files/"+url.PathEscape(escape), "", "")
	}
	if status, _ := ask(t, "DELETE", base+location, ""); status != http.StatusNoContent {
		t.Errorf("it is deleted by %d", status)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	refused(t, 404, "GET", base+location, "", "no such schema")
	refused(t, 404, "DELETE", base+location, "", "no such schema")
	refused(t, 404, "GET", base+location+"/live", "", "no such schema")
}

// TestASchemaOfASentence needs neither files nor a model.
func TestASchemaOfASentence(t *testing.T) {
	t.Parallel()
	base := running(t, guide(t))
	_, location, _ := form(t, base, part{"sentence", "", "Book: isbn, title; Loan: book, day"}, part{"offline", "", "true"})
	if _, last := watch(t, base+location); last.State != workshop.Done || last.Report == nil || last.Report.Tables != 2 || last.Model != "" {
		t.Errorf("the schema is %+v", last)
	}
	list := answered[schemas.List](t, "GET", base+schemas.Path, "")
	if len(list.Schemas) != 1 || list.MaxUpload != 64<<20 {
		t.Errorf("the list is %+v", list)
	}
}

func TestUploadsThatCannotBe(t *testing.T) {
	t.Parallel()
	cfg := guide(t)
	cfg.Schemas.UploadLimit = 1 << 10
	base := running(t, cfg)
	csv := part{"files", "a.csv", customers}
	for _, tt := range []struct {
		status int
		parts  []part
		words  string
	}{
		{400, nil, "no files"},
		{400, []part{{"files", "../a.csv", customers}}, "is a path"},
		{400, []part{{"files", `C:\a.csv`, customers}}, "is a path"},
		{400, []part{{"files", ".env", customers}}, "begins with a dot"},
		{400, []part{{"files", strings.Repeat("a", 201), customers}}, "more than 200 bytes"},
		{400, []part{{"files", "", customers}}, "is missing"},
		{400, []part{csv, csv}, "Two files"},
		{400, []part{{"files", "a.csv", ""}}, "is empty"},
		{415, []part{{"files", "a.png", "\x89PNG\r\n\x1a\n"}}, "is a picture"},
		{415, []part{{"files", "a.pdf", "%PDF-1.7"}}, "is a PDF"},
		{415, []part{{"files", "a", "\x7fELF\x02\x01"}}, "is a program"},
		{413, []part{{"files", "a.csv", strings.Repeat("a,b\n", 300)}}, "1024 bytes in all"},
		{413, []part{{"files", "a.csv", strings.Repeat("a,b\n", 200)}, {"files", "b.csv", strings.Repeat("a,b\n", 200)}}, "1024 bytes in all"},
		{413, []part{{"files", "a.csv", strings.Repeat("a,b\n", 1<<20)}}, "1024 bytes in all"},
		{400, []part{csv, {"speed", "", "1"}}, "no such part"},
		{400, []part{csv, {"dialect", "", "oracle"}}, "postgres, mysql or sqlite"},
		{400, []part{csv, {"offline", "", "maybe"}}, "true or false"},
		{400, []part{csv, {"sentence", "", strings.Repeat("a", 17<<10)}}, "more than 16384 bytes"},
		{400, []part{csv, {"sentence", "a.txt", "words"}}, "with the name files"},
		{400, []part{csv, {"offline", "", "true"}, {"model", "", "us.anthropic.claude-sonnet-4-6"}}, "exclude each other"},
		{404, []part{csv, {"model", "", "anthropic.claude-haiku-4-5"}}, ""},
	} {
		status, _, answer := form(t, base, tt.parts...)
		var p console.Problem
		if err := json.Unmarshal(answer, &p); err != nil || status != tt.status || !strings.Contains(p.Detail, tt.words) {
			t.Errorf("%.60v: %d %s, want %d with %q", tt.parts, status, answer, tt.status, tt.words)
		}
	}
	refused(t, 415, "POST", base+schemas.Path, "{}", "multipart/form-data")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+schemas.Path, strings.NewReader("no form"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if status, answer := do(t, req); status != http.StatusBadRequest || !bytes.Contains(answer, []byte("no files")) {
		t.Errorf("what is no form is answered by %d %s", status, answer)
	}
	left, err := os.ReadDir(filepath.Join(cfg.DataDir, "schemas"))
	if err != nil || len(left) != 0 {
		t.Errorf("of what was refused there is left: %v %v", left, err)
	}
}

// TestADrainedGatewayInterruptsSchemas, which the next one tells.
func TestADrainedGatewayInterruptsSchemas(t *testing.T) {
	t.Parallel()
	cfg := guide(t)
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, EndpointURL: "http://127.0.0.1:1", Region: "us-east-1"} // nobody: calls are tried again and again
	var location string
	t.Run("the first", func(t *testing.T) {
		base := running(t, cfg)
		_, location, _ = form(t, base, part{"files", "customers.csv", customers}, part{"files", "orders.csv", orders})
		for answered[workshop.Job](t, "GET", base+location, "").State == workshop.Waiting {
		}
	})
	base := running(t, cfg)
	got := answered[workshop.Job](t, "GET", base+location, "")
	if got.State != workshop.Interrupted || !strings.Contains(got.Failure, "send the files again") {
		t.Errorf("after a restart it is %s: %s", got.State, got.Failure)
	}
	if files, err := os.ReadDir(filepath.Join(cfg.DataDir, "schemas", got.ID)); err != nil || len(files) != 1 {
		t.Errorf("of it there is left: %v %v", files, err)
	}
}

// bundled holds the archive of a schema against its files.
func bundled(t *testing.T, at string, files []workshop.File) {
	t.Helper()
	status, data := ask(t, "GET", at+"/files.zip", "")
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if status != http.StatusOK || err != nil || len(archive.File) != len(files) {
		t.Fatalf("the archive is %d with %d bytes: %v", status, len(data), err)
	}
	for i, f := range archive.File {
		if f.Name != files[i].Name || int64(f.UncompressedSize64) != files[i].Bytes {
			t.Errorf("the archive has %s of %d bytes, want %+v", f.Name, f.UncompressedSize64, files[i])
		}
	}
}
