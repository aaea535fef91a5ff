package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTokensReachTheGatewayAndNothingElse: a token is sent as the gateway wants
// it, from the flag or else the variable, and no error repeats it.
func TestTokensReachTheGatewayAndNothingElse(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"detail":"The token is not known."}`))
	}))
	defer gate.Close()
	for _, tt := range []struct{ flag, variable, want string }{
		{"hgt_flag", "hgt_variable", "Bearer hgt_flag"},
		{"", "hgt_variable", "Bearer hgt_variable"},
		{"", "", ""},
	} {
		var stdout, stderr bytes.Buffer
		a := &app{out: &stdout, err: &stderr, environ: []string{"HEADGATE_TOKEN=" + tt.variable}}
		root := newRoot(a)
		args := []string{"quota", "list", "--used", "--server", gate.URL, "--region", "us-east-1"}
		if tt.flag != "" {
			args = append(args, "--token", tt.flag)
		}
		root.SilenceUsage, root.SilenceErrors = true, true
		root.SetArgs(args)
		err := root.ExecuteContext(context.WithoutCancel(t.Context()))
		if err == nil {
			t.Fatal("a gateway that refuses gave no error")
		}
		if header := <-got; header != tt.want {
			t.Errorf("flag %q, variable %q: Authorization %q, want %q", tt.flag, tt.variable, header, tt.want)
		}
		printError(&stderr, err)
		if text := stdout.String() + stderr.String(); strings.Contains(text, "hgt_") || !strings.Contains(text, tokenVariable) {
			t.Errorf("it says %q, want how to give a token, and none", text)
		}
		if code := exitCode(err); code != exitAuth {
			t.Errorf("exit code %d, want %d", code, exitAuth)
		}
	}
}
