package dispatch

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/upstream"
)

// instantUpstream answers at once, and always the same.
type instantUpstream struct{ body string }

func (u instantUpstream) Do(_ context.Context, r *upstream.Request) (*upstream.Response, error) {
	r.Sent(time.Now())
	h := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r"}}
	return &upstream.Response{Status: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader(u.body))}, nil
}

type noLedger struct{}

func (noLedger) Record(ledger.Entry) {}

type noTracer struct{}

func (noTracer) Sampled([16]byte) bool { return true }
func (noTracer) ContentBytes() int     { return 0 }
func (noTracer) Trace(*Story)          {}

// BenchmarkDo is all that the dispatcher adds to a call of 2 KB that need not
// wait: labels, joining, scheduling, limits, settlement and the copy.
func BenchmarkDo(b *testing.B) {
	for name, invocation := range map[string]bool{"invocation=false": false, "invocation=true": true, "traced": false} {
		b.Run(name, func(b *testing.B) {
			cat, err := catalog.Default()
			if err != nil {
				b.Fatal(err)
			}
			d := New(Options{
				Catalog: cat, Upstream: instantUpstream{good(500, 300).body}, Ledger: noLedger{}, Flights: flight.New(flight.Options{}), Region: "us-east-1",
				Limits: limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
					return limit.Limits{Pool: p, Limits: perMinute(1<<40, 1<<50), Provenance: limit.Configured}
				}}),
				Policy: Policy{MaxWait: time.Minute, MaxDepth: 1000, MaxBytes: 1 << 30},
			})
			if name == "traced" {
				d.opts.Tracer = noTracer{}
			}
			body := []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("hello ", 330) + `"}]}],"inferenceConfig":{"maxTokens":1000}}`)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				r := &Request{
					Operation: llm.OpConverse, ModelID: haiku, RawPath: "/model/" + haiku + "/converse",
					Header: http.Header{}, Body: body, Labels: NewLabels(), Principal: "AKIA",
				}
				if invocation {
					n++
					r.Invocation = strconv.Itoa(n)
				}
				resp, err := d.Do(b.Context(), r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
			d.Close()
		})
	}
}
