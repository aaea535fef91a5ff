package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/cli"
)

// overviewOf answers as a gateway whose tenants have names that would move the cursor.
const overviewOf = `{"time":"2026-11-02T12:00:00Z","version":"v1","time_scale":1,"region":"us-east-1","account":"111122223333",
"limits":[{"pool":{"account":"111122223333","region":"us-east-1","model":"amazon.nova-pro-v1:0","path":"on-demand"},"limit":"requests_per_minute",
"used":7,"effective":10,"applied":10,"used_share":0.7,"waiting":2,"status":"binding","window_seconds":60,"history":[0,0.5]}],
"activity":[],"runs":[{"id":"run-1","tenant":"\u001b[2J\u202eevil","calls":3,"begun":"2026-11-02T11:59:00Z","queued_ms":0}],"runs_under_way":1,
"next_action":{"severity":"warn","text":"Ask for more","command":"headgate quota recommend"}}`

// answering is a gateway that answers each path with a status and a body.
func answering(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/overview" {
			t.Errorf("it asks for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func runTop(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), append([]string{"top"}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestTopOnce(t *testing.T) {
	t.Parallel()
	at := answering(t, http.StatusOK, "application/json", overviewOf)
	code, out, errs := runTop(t, "--once", "--server", at)
	if code != 0 || errs != "" {
		t.Fatalf("top --once = %d, %s", code, errs)
	}
	for _, want := range []string{"headgate top  111122223333  us-east-1  v1", "nova-pro on-demand", "7/10", "binding", `\x1b[2J\u202eevil`, "$ headgate quota recommend"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.ContainsAny(out, "\x1b\u202e") {
		t.Errorf("a name reaches the terminal as it is: %q", out)
	}
	code, out, errs = runTop(t, "--once", "-o", "json", "--server", at)
	var o struct {
		Limits []struct {
			Waiting int `json:"waiting"`
		} `json:"limits"`
	}
	if err := json.Unmarshal([]byte(out), &o); code != 0 || err != nil || len(o.Limits) != 1 || o.Limits[0].Waiting != 2 {
		t.Errorf("top --once -o json = %d, %v, %s\n%s", code, err, errs, out)
	}
	if code, out, _ := runTop(t, "--once", "-o", "yaml", "--server", at); code != 0 || !strings.Contains(out, "\n  waiting: 2\n") {
		t.Errorf("top --once -o yaml = %d\n%s", code, out)
	}
}

func TestTopRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no terminal", nil, 2, "headgate top --once"},
		{"a format without --once", []string{"-o", "json"}, 2, "headgate top --once -o json"},
		{"a format that there is not", []string{"--once", "-o", "csv"}, 2, "table, json"},
		{"nobody there", []string{"--once", "--server", "http://127.0.0.1:1"}, 6, "start one with `headgate serve`"},
		{"a token that is not valid", []string{"--once", "--server", answering(t, http.StatusUnauthorized, "application/problem+json", `{"status":401,"detail":"no such token"}`)}, 4, "give a token by HEADGATE_TOKEN or --token"},
		{"another server", []string{"--once", "--server", answering(t, http.StatusOK, "text/html", "<html>")}, 6, "not as a gateway"},
	} {
		code, out, errs := runTop(t, c.args...)
		if code != c.code || out != "" || !strings.Contains(errs, c.says) || strings.Count(errs, "hint:") != 1 && c.code != 2 {
			t.Errorf("%s: exit code %d with %q, want %d with %q", c.name, code, errs, c.code, c.says)
		}
	}
}
