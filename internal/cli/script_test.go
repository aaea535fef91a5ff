package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// scriptCommands are the words that scripts have besides testscript's own.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits":    exits,
		"json":     jsonField,
		"ledger":   writeLedger,
		"taken":    takenPort,
		"free":     freePorts,
		"reach":    reach,
		"http":     request,
		"hook":     receiveHooks,
		"until":    until,
		"fails":    fails,
		"variable": variable,
		"aws":      emulateAWS,
		"masked":   masked,
		"filled":   filled,
	}
}

// exits CODE COMMAND ARGS… runs a command that must end with an exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// json PATH VALUE compares one value of the JSON on standard output: a path is
// keys and indexes with dots between, and len the length of a list.
func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH VALUE")
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		ts.Fatalf("standard output is no JSON: %v", err)
	}
	for key := range strings.SplitSeq(args[0], ".") {
		switch at := v.(type) {
		case map[string]any:
			inner, ok := at[key]
			if !ok {
				ts.Fatalf("%s: no member %q", args[0], key)
			}
			v = inner
		case []any:
			if key == "len" {
				v = len(at)
				continue
			}
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(at) {
				ts.Fatalf("%s: no element %q of %d", args[0], key, len(at))
			}
			v = at[i]
		default:
			ts.Fatalf("%s: %q is within %v", args[0], key, v)
		}
	}
	if got := fmt.Sprint(v); (got == args[1]) == neg {
		ts.Fatalf("%s = %s, want %s (negated: %t)", args[0], got, args[1], neg)
	}
}

// ledger DIR writes what a gateway would have written: a run of two calls and
// a call that was refused.
func writeLedger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ledger DIR")
	}
	ctx := context.Background()
	store, err := sqlitestore.Open(ctx, filepath.Join(ts.Getenv("WORK"), args[0]), sqlitestore.Options{})
	ts.Check(err)
	defer store.Close()
	pool := llm.Pool{Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
	begin := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	call := func(id llm.CallID, after time.Duration) ledger.Entry {
		return ledger.Entry{
			ID: id, Time: begin.Add(after), Class: llm.ClassStandard, Tenant: "search", Run: "agent-7",
			Operation: llm.OpConverse, ModelID: "us." + string(pool.Model), Pool: pool,
			Usage: llm.Usage{Input: 1234, Output: 250}, Hold: 2234, Forecast: 2500, Settled: 2484,
			Cost: 2_484_000, PriceAsOf: "2026-07-03",
			Queued: 30 * time.Second, FirstByte: 31 * time.Second, Latency: 33 * time.Second,
			Attempts: 1, Status: 200, Outcome: ledger.OK, Client: "Boto3/1.43", Principal: "AKIDEXAMPLE",
			Reason: "behind one call", Limit: "requests per minute",
		}
	}
	refused := call("call-3", 2*time.Minute)
	refused.Run, refused.Outcome, refused.Status, refused.Attempts = "agent-8", ledger.Refused, 0, 0
	refused.ErrorKind, refused.ErrorMessage, refused.Cost = "throttled", "the wait would be longer than 10m", ledger.UnknownCost
	joined := call("call-2", time.Minute)
	joined.JoinedRetries, joined.Reason, joined.Limit = 1, "requests_per_minute was used up", "requests_per_minute"
	ts.Check(store.Append(ctx, []ledger.Entry{call("call-1", 0), joined, refused}))
}

// taken NAME listens on a free port until the script ends and puts its address
// into the variable NAME.
func takenPort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: taken NAME")
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = ln.Close() })
	ts.Setenv(args[0], ln.Addr().String())
}

// patience is how long scripts wait for what another process does.
const patience = 20 * time.Second

// free NAME… puts addresses that nobody listens on into variables.
func freePorts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: free NAME…")
	}
	for _, name := range args {
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		ts.Check(err)
		// All are held until the last one is found, so that they differ.
		defer ln.Close()
		ts.Setenv(name, ln.Addr().String())
	}
}

// eventually calls try every few milliseconds until it returns true.
func eventually(try func(ctx context.Context) bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !try(ctx) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// reach ADDRESS waits until something listens there.
func reach(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: reach ADDRESS")
	}
	if !eventually(func(ctx context.Context) bool {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", args[0])
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}) {
		ts.Fatalf("nothing listens on %s", args[0])
	}
}

// until TEXT COMMAND ARGS… repeats a command until its output has a text.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until TEXT COMMAND [ARGS…]")
	}
	if !eventually(func(context.Context) bool {
		return ts.Exec(args[1], args[2:]...) == nil && strings.Contains(ts.ReadFile("stdout"), args[0])
	}) {
		ts.Fatalf("%q never came", args[0])
	}
}

// fails COMMAND ARGS… repeats a command until it fails.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fails COMMAND [ARGS…]")
	}
	if !eventually(func(context.Context) bool { return ts.Exec(args[0], args[1:]...) != nil }) {
		ts.Fatalf("it never failed")
	}
}

// variable NAME FILE sets a variable to what is in a file.
func variable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: variable NAME FILE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// http METHOD URL [FILE] [HEADER=VALUE…] sends a request, with a file as its
// JSON body, and leaves status, headers and body in the file answer.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: http METHOD URL [FILE] [HEADER=VALUE…]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	body := ""
	if len(args) > 2 {
		body = ts.ReadFile(args[2])
	}
	req, err := http.NewRequestWithContext(ctx, args[0], args[1], strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	for _, header := range args[min(3, len(args)):] {
		name, value, _ := strings.Cut(header, "=")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	var answer strings.Builder
	fmt.Fprintf(&answer, "HTTP %d\n", resp.StatusCode)
	ts.Check(resp.Header.Write(&answer))
	answer.WriteString("\n")
	_, err = io.Copy(&answer, resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), []byte(answer.String()), 0o600))
}

// hook NAME FILE listens for webhooks until the script ends, and puts its address
// into the variable NAME. Each message is a line in the file: id, signature, body.
func receiveHooks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hook NAME FILE")
	}
	log, err := os.OpenFile(ts.MkAbs(args[1]), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(log, "%s %s %s\n", r.Header.Get("webhook-id"), r.Header.Get("webhook-signature"), body)
	}))
	ts.Defer(func() {
		server.Close()
		_ = log.Close()
	})
	ts.Setenv(args[0], server.Listener.Addr().String())
}
