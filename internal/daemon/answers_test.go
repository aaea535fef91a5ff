package daemon_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// entries are calls that have everything, and that lack much.
func entries() []ledger.Entry {
	pool := llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
	now := time.Now()
	return []ledger.Entry{
		{
			ID: "c_1", Time: now.Add(-3 * time.Minute), Class: llm.ClassStandard, Tenant: "t", Run: "a/run", Operation: llm.OpConverse, ModelID: "m", Pool: pool,
			Usage: llm.Usage{Input: 10, Output: 20}, Hold: 30, Settled: 30, Cost: 1234, PriceAsOf: "2026-11-01", Queued: time.Second, Latency: 2 * time.Second,
			Attempts: 2, ThrottledTokens: 1, Status: 200, Outcome: ledger.OK, Reason: "waited its turn: tokens_per_minute was used up", Limit: "tokens_per_minute",
		},
		{ID: "c_2", Time: now.Add(-2 * time.Minute), Tenant: "t", Run: "a/run", ModelID: "m", Pool: pool, Cost: ledger.UnknownCost, Attempts: 1, Outcome: ledger.Broken},
		{ID: "c_3", Time: now.Add(-time.Minute), Tenant: "u", ModelID: "none", Cost: ledger.UnknownCost, Status: 400, Outcome: ledger.Invalid, ErrorKind: "invalid", ErrorMessage: "no"},
	}
}

// TestAnswersAreWhatTheDocumentSays asks everything that can be asked by GET, and
// holds each answer against its schema: the keys that it names, and no others.
func TestAnswersAreWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	g := gateway(t)
	if err := g.Keep(t.Context(), entries(), ledger.Event{Time: time.Now(), Kind: ledger.EventQuotaAdopted, Text: "one", Data: json.RawMessage(`{"now":1}`)}, ledger.Event{Time: time.Now(), Kind: ledger.EventDiscoveryBack, Text: "two"}); err != nil {
		t.Fatal(err)
	}
	c := g.API()
	text := get(t, c, console.DocumentPath)
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	problem, checked := schemaOf(t, text, "Problem"), 0
	ids := strings.NewReplacer("/calls/{id}", "/calls/c_1", "/runs/{id}", "/runs/a%2Frun")
	for path, methods := range d.Paths {
		op, ok := methods["get"]
		media, isJSON := op.Responses["200"].Content["application/json"]
		if path = ids.Replace(path); !ok || !isJSON || strings.Contains(path, "{") {
			continue
		}
		var content struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		}
		if err := json.Unmarshal(media, &content); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		r.Host = "127.0.0.1"
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Errorf("GET %s: %d %v", path, w.Code, err)
			continue
		}
		schema := problem
		if w.Code == http.StatusOK {
			schema = schemaOf(t, text, strings.TrimPrefix(content.Schema.Ref, "#/components/schemas/"))
			checked++
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("GET %s: %d %s\nis not as described: %v", path, w.Code, w.Body, err)
		}
	}
	if checked < 10 {
		t.Errorf("only %d answers were held against the document", checked)
	}
}

func TestListsHaveAsManyAsAreAskedForAndLeadOn(t *testing.T) {
	t.Parallel()
	g := gateway(t)
	for range 3 {
		if err := g.Keep(t.Context(), nil, ledger.Event{Time: time.Now(), Kind: ledger.EventQuotaAdopted}); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Keep(t.Context(), entries()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, key, id string }{
		{console.CallsPath + "?tenant=t", "calls", "id"},
		{console.CallsPath, "calls", "id"},
		{console.EventsPath + "?kind=quota.adopted", "events", "id"},
		{console.RunsPath + "?since=2026-01-01T00:00:00Z", "runs", "id"},
	} {
		seen, pages := map[any]bool{}, 0
		target := tt.path + "&limit=1"
		if !strings.Contains(target, "?") {
			target = tt.path + "?limit=1"
		}
		for target != "" {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
			r.Host = "127.0.0.1"
			w := httptest.NewRecorder()
			g.API().ServeHTTP(w, r)
			var page map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
				t.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
			}
			rows, _ := page[tt.key].([]any)
			if len(rows) != 1 {
				t.Fatalf("GET %s: %d rows, want one", target, len(rows))
			}
			row, _ := rows[0].(map[string]any)
			seen[row[tt.id]] = true
			pages++
			link := w.Header().Get("Link")
			target = ""
			if before, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
				target = strings.TrimPrefix(before, "<")
			}
			if (page["next"] != "" && page["next"] != 0.0) != (target != "") {
				t.Errorf("next is %v with the link %q", page["next"], link)
			}
		}
		var all map[string][]any
		_ = json.Unmarshal(get(t, g.API(), tt.path), &all) // next is no list
		if len(seen) != pages || pages != len(all[tt.key]) {
			t.Errorf("GET %s by ones: %d pages with %d different rows, want %d", tt.path, pages, len(seen), len(all[tt.key]))
		}
	}
}

func TestWhatIsAskedWrongIsNamed(t *testing.T) {
	t.Parallel()
	c := gateway(t).API()
	for target, want := range map[string]struct {
		status            int
		parameter, detail string
	}{
		console.CallsPath + "?limit=1001":              {400, "limit", "at most 1000"},
		console.CallsPath + "?limit=0":                 {400, "limit", "at least 1"},
		console.CallsPath + "?limit=ten":               {400, "limit", "a whole number"},
		console.CallsPath + "?limit=1&limit=2":         {400, "limit", "2 times"},
		console.CallsPath + "?since=yesterday":         {400, "since", "RFC 3339"},
		console.CallsPath + "?outcome=good":            {400, "outcome", "ok, refused, throttled, invalid, denied, upstream_error, cancelled, broken or internal"},
		console.CallsPath + "?colour=red":              {400, "colour", "outcome"},
		console.CallsPath + "?before=c_none":           {400, "", "c_none"},
		console.CallsPath + "?before=c_1&after=c_2":    {400, "", "cannot both"},
		console.CallsPath + "/c_none":                  {404, "", "c_none"},
		console.CallsPath + "/c_none/explanation":      {404, "", "c_none"},
		console.CallsPath + "/c_none?x=1":              {400, "x", "takes none"},
		console.RunsPath + "/none":                     {404, "", "none"},
		console.RunsPath + "/..%2F..%2Fetc":            {404, "", "etc"},
		console.RunsPath + "/../calls":                 {404, "", "nothing at this path"},
		console.CostsPath + "?by=week":                 {400, "by", "day, model, tenant or run"},
		console.CostsPath + "?zone=Nowhere":            {400, "zone", "Europe/Berlin"},
		console.CostsPath + "?zone=../../etc/passwd":   {400, "zone", "Europe/Berlin"},
		console.UsagePath + "?step=second":             {400, "step", "minute, hour or day"},
		console.EventsPath + "?before=0":               {400, "before", "at least 1"},
		console.OverviewPath + "?x":                    {400, "x", "takes none"},
		console.LivePath + "?events=overview,nonsense": {400, "events", "overview, call or quotas"},
		"/api/v1":                  {404, "", "/api/openapi.json"},
		"/api/v1/calls/":           {404, "", "/api/openapi.json"},
		"/api//v1/calls":           {404, "", "/api/openapi.json"},
		"/api/openapi.json?pretty": {400, "pretty", "takes none"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
		r.Host = "127.0.0.1"
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		var p console.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != console.ProblemType {
			t.Errorf("GET %s: %d %s, want a problem", target, w.Code, w.Body)
		}
		name, _, _ := strings.Cut(p.Parameter, "[")
		if w.Code != want.status || p.Status != want.status || name != want.parameter || !strings.Contains(p.Detail, want.detail) || p.Title != http.StatusText(want.status) {
			t.Errorf("GET %s: %+v, want %d, %q and %q", target, p, want.status, want.parameter, want.detail)
		}
	}
}
