package explain_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/llm"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// answered is a call that was answered at once.
func answered() explain.Call {
	return explain.Call{
		ID: "c_1", Time: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), Class: llm.ClassStandard, Tenant: "search",
		Operation: llm.OpConverse, ModelID: "us.anthropic.claude-haiku-4-5-20251001-v1:0", Client: "Boto3/1.43",
		Pool:  llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo},
		Usage: llm.Usage{Input: 1234, Output: 250}, Hold: 2234, Forecast: 2500, Settled: 2484, MaxTokens: 1000, Cost: 2_484_000, PriceAsOf: "2026-10-01",
		FirstByte: 2900 * time.Millisecond, Latency: 3 * time.Second, Attempts: 1, Status: 200, Outcome: "ok",
	}
}

func cases() map[string]explain.Input {
	in := map[string]explain.Input{}
	with := func(name string, change func(*explain.Input)) {
		i := explain.Input{Call: answered()}
		change(&i)
		in[name] = i
	}
	with("at_once", func(*explain.Input) {})
	waits := func(i *explain.Input) {
		c := &i.Call
		c.Queued, c.FirstByte, c.Latency = 28*time.Second, 30900*time.Millisecond, 31*time.Second
		c.Limit, c.Reason = "requests_per_minute", "waited its turn: requests_per_minute was used up"
		c.Run, c.Route, c.LimitAmount, c.Ahead, c.Expected = "agent-7", "us. profile", 2, 4, 27*time.Second
		i.Place = explain.Place{Number: 3, Calls: 6, Queued: time.Minute}
		i.Around = explain.Around{
			First: explain.Group{Calls: 5, Tokens: 12_000}, Urgent: explain.Group{Calls: 2, Tokens: 5000}, Own: explain.Group{Calls: 1, Tokens: 2000},
			Running: explain.Group{Calls: 1, Tokens: 2300}, Minute: explain.Group{Calls: 2, Tokens: 4700},
		}
	}
	with("waited", waits)
	with("waited_scaled", func(i *explain.Input) {
		waits(i)
		i.Scale = 60
	})
	with("waited_for_itself", func(i *explain.Input) {
		waits(i)
		i.Around = explain.Around{}
	})
	with("streamed_throttled", func(i *explain.Input) {
		waits(i)
		c := &i.Call
		c.Operation, c.Attempts, c.ThrottledRequests, c.ThrottledTokens, c.JoinedRetries = llm.OpConverseStream, 4, 1, 1, 1
		c.RunInferred = true
	})
	with("unset_max_tokens", func(i *explain.Input) { i.Call.MaxTokens, i.Call.Hold = -1, 65_234 })
	with("large_max_tokens", func(i *explain.Input) { i.Call.MaxTokens, i.Call.Hold, i.Call.Cost = 16_000, 17_234, -1 })
	with("refused", func(i *explain.Input) {
		c := &i.Call
		c.Outcome, c.Status, c.Attempts, c.FirstByte, c.Latency, c.Usage, c.Settled, c.Cost = "refused", 429, 0, 0, time.Millisecond, llm.Usage{}, 0, -1
		c.Limit, c.ErrorKind = "requests_per_minute", "throttled"
		c.Reason = "refused at once: the forecast start in 30s is after the deadline in 10s"
		c.ErrorMessage = "Too many requests, please wait before trying again. Headgate: requests_per_minute would let the call start in 30s, and it may wait 10s"
		c.Ahead, c.Expected, c.RetryAfter, c.LimitAmount = 1, 30*time.Second, 20*time.Second, 2
		i.Around.Running = explain.Group{Calls: 1, Tokens: 2300}
	})
	with("expired", func(i *explain.Input) {
		c := &i.Call
		c.Outcome, c.Status, c.Attempts, c.FirstByte, c.Latency, c.Usage, c.Settled = "refused", 429, 0, 0, 10*time.Second, llm.Usage{}, 0
		c.Limit, c.ErrorKind, c.ErrorMessage = "tokens_per_minute", "throttled", "the call waited 10s for tokens_per_minute and its deadline passed"
	})
	with("unknown_model", func(i *explain.Input) {
		i.Call = explain.Call{
			ID: "c_2", Class: llm.ClassStandard, Tenant: "default", Operation: llm.OpConverse, ModelID: "claude", Cost: -1,
			Outcome: "invalid", Status: 404, ErrorKind: "not_found", ErrorMessage: "there is no model claude",
		}
	})
	with("broken", func(i *explain.Input) {
		i.Call.Operation, i.Call.Outcome, i.Call.ErrorKind, i.Call.ErrorMessage = llm.OpConverseStream, "broken", "upstream", "the upstream's answer broke off"
	})
	with("left", func(i *explain.Input) {
		c := &i.Call
		c.Outcome, c.Status, c.Attempts, c.FirstByte, c.Latency, c.Usage, c.Settled = "cancelled", 0, 0, 0, 10*time.Second, llm.Usage{}, 0
		c.ErrorKind, c.ErrorMessage = "cancelled", "The client left while the call waited for requests_per_minute."
	})
	with("free", func(i *explain.Input) {
		c := &i.Call
		c.Operation, c.Hold, c.Forecast, c.Settled, c.MaxTokens, c.Usage, c.Cost = llm.OpCountTokens, 0, 0, 0, 0, llm.Usage{}, -1
	})
	return in
}

// TestWords holds the words of each kind of call against testdata.
func TestWords(t *testing.T) {
	t.Parallel()
	for name, in := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := explain.Explain(in)
			var b strings.Builder
			fmt.Fprintln(&b, got.Summary)
			for _, s := range got.Steps {
				fmt.Fprintf(&b, "%6d %6d %-9s %s\n", s.AtMs, s.TookMs, s.What, s.Text)
			}
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("Explain(%s) (-want +got):\n%s", name, diff)
			}
		})
	}
}

// FuzzExplain: whatever was recorded, there are words, and they are in order of time
// within a call that is.
func FuzzExplain(f *testing.F) {
	f.Add("ok", "requests_per_minute", "", "converse", int64(5), int64(7), 1, int64(0))
	f.Add("refused", "", "refused at once", "x", int64(0), int64(0), 0, int64(-1))
	f.Fuzz(func(t *testing.T, outcome, limit, reason, operation string, queued, latency int64, attempts int, tokens int64) {
		c := answered()
		c.Outcome, c.Limit, c.Reason, c.Operation = outcome, limit, reason, llm.Operation(operation)
		c.Queued, c.Latency, c.Attempts, c.Hold, c.MaxTokens = time.Duration(queued), time.Duration(latency), attempts, tokens, tokens
		got := explain.Explain(explain.Input{Call: c})
		if got.Summary == "" || len(got.Steps) == 0 || got.Steps[0].What != explain.Arrived {
			t.Errorf("Explain(%+v) = %+v, want words that begin with its arrival", c, got)
		}
		for _, s := range got.Steps {
			if s.Text == "" {
				t.Errorf("Explain(%+v): step %s has no words", c, s.What)
			}
		}
	})
}
