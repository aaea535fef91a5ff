package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
)

// collector is an OpenTelemetry collector that keeps what it gets.
type collector struct {
	coltrace.UnimplementedTraceServiceServer

	mu    sync.Mutex
	raw   []byte // everything, to look for what must not be there
	spans []*tracepb.Span
	key   string // the header x-key of the last request
	fails bool
}

func (c *collector) Export(_ context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	raw, err := proto.Marshal(r)
	if err != nil {
		return nil, err
	}
	c.raw = append(c.raw, raw...)
	for _, rs := range r.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			c.spans = append(c.spans, ss.GetSpans()...)
		}
	}
	return &coltrace.ExportTraceServiceResponse{}, nil
}

// ServeHTTP is OTLP by HTTP (opentelemetry.io/docs/specs/otlp, OTLP/HTTP).
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	fails := c.fails
	c.key = r.Header.Get("X-Key")
	c.mu.Unlock()
	if fails || r.URL.Path != "/v1/traces" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	data, err := io.ReadAll(body)
	var req coltrace.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(data, &req) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = c.Export(r.Context(), &req)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (c *collector) all() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// start serves a collector and has a gateway's configuration send traces to it.
func (c *collector) start(t *testing.T, protocol config.TracesProtocol) func(*config.Config) {
	t.Helper()
	var address string
	if protocol == config.TracesGRPC {
		ln, server := listen(t), grpc.NewServer()
		coltrace.RegisterTraceServiceServer(server, c)
		go server.Serve(ln)
		t.Cleanup(server.Stop)
		address = "http://" + ln.Addr().String()
	} else {
		server := httptest.NewServer(c)
		t.Cleanup(server.Close)
		address = server.URL
	}
	return func(cfg *config.Config) {
		cfg.Traces = config.Traces{To: config.TracesOTLP, Endpoint: address, Protocol: protocol, Sample: 1}
	}
}

func textOf(s *tracepb.Span, name string) string {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == name {
			switch v := a.GetValue().GetValue().(type) {
			case *commonpb.AnyValue_StringValue:
				return v.StringValue
			case *commonpb.AnyValue_IntValue:
				return time.Duration(v.IntValue).String() // only compared
			case *commonpb.AnyValue_ArrayValue:
				return v.ArrayValue.GetValues()[0].GetStringValue()
			}
		}
	}
	return ""
}

// TestACallIsATrace: the client's trace goes on through the gateway to Bedrock, and
// a collector gets the call with its wait, its attempts and its stream, by either
// protocol, at the latest when the gateway drains.
func TestACallIsATrace(t *testing.T) {
	t.Parallel()
	const traceID, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for _, protocol := range []config.TracesProtocol{config.TracesHTTP, config.TracesGRPC} {
		t.Run(string(protocol), func(t *testing.T) {
			t.Parallel()
			var c collector
			var mu sync.Mutex
			var upstream []string
			s := setup(t, options{
				quotas: []emulator.Quota{perMinute(100, 500_000)}, faults: []emulator.Fault{{Kind: emulator.FaultUnavailable, Next: 1}}, config: c.start(t, protocol),
				gate: func(r *http.Request) {
					if at := r.Header.Get("Traceparent"); at != "" {
						mu.Lock()
						upstream = append(upstream, at)
						mu.Unlock()
					}
				},
			})
			body := `{"messages":[{"role":"user","content":[{"text":"the secret of the pyramids"}]}],"inferenceConfig":{"maxTokens":20}}`
			client := &http.Client{Transport: transport(t)}
			got, err := postRaw(t, client, s.gateway, "/model/"+usHaiku+"/converse-stream", body, "Traceparent", "00-"+traceID+"-"+parent+"-01", "X-Headgate-Run", "run-7")
			if err != nil || got.status != http.StatusOK {
				t.Fatalf("%d, %v", got.status, err)
			}
			s.stop(t)
			spans := map[string][]*tracepb.Span{}
			for _, sp := range c.all() {
				if hex.EncodeToString(sp.GetTraceId()) != traceID {
					t.Errorf("span %s is of trace %x", sp.GetName(), sp.GetTraceId())
				}
				if sp.GetEndTimeUnixNano() < sp.GetStartTimeUnixNano() {
					t.Errorf("span %s ends before it begins", sp.GetName())
				}
				spans[sp.GetName()] = append(spans[sp.GetName()], sp)
			}
			call := spans["chat "+string(haiku)]
			if len(call) != 1 || len(spans["queue"]) != 2 || len(spans["attempt"]) != 2 || len(spans["stream"]) != 1 {
				t.Fatalf("spans are %v, want the call, two waits, two attempts and a stream", c.all())
			}
			if hex.EncodeToString(call[0].GetParentSpanId()) != parent || call[0].GetKind() != tracepb.Span_SPAN_KIND_CLIENT {
				t.Errorf("the call's span is of kind %v, below %x", call[0].GetKind(), call[0].GetParentSpanId())
			}
			for name, want := range map[string]string{
				"gen_ai.provider.name": "aws.bedrock", "gen_ai.operation.name": "chat", "gen_ai.request.model": usHaiku, "gen_ai.response.model": string(haiku),
				"gen_ai.usage.output_tokens": time.Duration(20).String(), "gen_ai.request.max_tokens": time.Duration(20).String(), "gen_ai.response.finish_reasons": "max_tokens",
				"headgate.run": "run-7", "headgate.outcome": "ok", "headgate.attempts": time.Duration(2).String(),
			} {
				if got := textOf(call[0], name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if !bytes.Equal(spans["attempt"][0].GetParentSpanId(), call[0].GetSpanId()) || !bytes.Equal(spans["stream"][0].GetParentSpanId(), spans["attempt"][1].GetSpanId()) {
				t.Error("an attempt is not below the call, or the stream not below the second attempt")
			}
			if spans["attempt"][0].GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR || textOf(spans["attempt"][0], "http.response.status_code") != time.Duration(503).String() {
				t.Errorf("the first attempt is told as %v, want the 503 that it met", spans["attempt"][0])
			}
			var want []string
			for _, a := range spans["attempt"] {
				want = append(want, "00-"+traceID+"-"+hex.EncodeToString(a.GetSpanId())+"-01")
			}
			if !slices.Equal(upstream, want) {
				t.Errorf("Bedrock was told of %v, want the spans of the attempts: %v", upstream, want)
			}
			if bytes.Contains(c.raw, []byte("pyramids")) || bytes.Contains(c.raw, []byte("AKIA")) {
				t.Error("a trace holds what was asked, or who asked, although content is off")
			}
		})
	}
}

// TestSamplingKeepsWhatWentWrong: of what ended well nothing is sent, of what failed
// all; and who is told how much is counted.
func TestSamplingKeepsWhatWentWrong(t *testing.T) {
	t.Parallel()
	var c collector
	to := c.start(t, config.TracesHTTP)
	s := setup(t, options{quotas: []emulator.Quota{perMinute(100, 500_000)}, config: func(cfg *config.Config) {
		to(cfg)
		cfg.Traces.Sample = 0
	}})
	client := runtime(t, s.gateway)
	if _, err := client.Converse(t.Context(), question("hello"), outputTokens(20)); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*bedrockruntime.ConverseInput){
		func(q *bedrockruntime.ConverseInput) { q.InferenceConfig.MaxTokens = new(int32(1_000_000)) },
		func(q *bedrockruntime.ConverseInput) { q.ModelId = new("no-such.model") },
	} {
		q := question("hello")
		change(q)
		if _, err := client.Converse(t.Context(), q); err == nil {
			t.Fatal("a request that is wrong was answered")
		}
	}
	var text string
	for deadline := time.Now().Add(patience); !strings.Contains(text, "headgate_traces_sent_total 2") && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, text = get(t, s.gateway+"/metrics", "")
	}
	if sent, skipped := metric(t, text, "headgate_traces_sent_total"), metric(t, text, "headgate_traces_skipped_total"); sent != 2 || skipped != 1 {
		t.Errorf("%v sent and %v left out, want the two that failed and the one that did not", sent, skipped)
	}
	for _, sp := range c.all() {
		if textOf(sp, "headgate.outcome") != "invalid" || textOf(sp, "error.type") == "" || !strings.HasPrefix(sp.GetName(), "chat") {
			t.Errorf("a trace was sent of %v", sp)
		}
	}
}

// TestContentIsAskedForAndMasked: with content on, what was asked and answered is in
// the trace, and a key in it is not.
func TestContentIsAskedForAndMasked(t *testing.T) {
	t.Parallel()
	var c collector
	to := c.start(t, config.TracesHTTP)
	s := setup(t, options{quotas: []emulator.Quota{perMinute(100, 500_000)}, config: func(cfg *config.Config) {
		to(cfg)
		cfg.Traces.Content = true
	}})
	if _, err := converseStreamOf(t, s, question("use AKIAIOSFODNN7EXAMPLE of the pyramids")); err != nil {
		t.Fatal(err)
	}
	if _, err := runtime(t, s.gateway).Converse(t.Context(), question("again the pyramids"), outputTokens(20)); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	asked, answered := 0, 0
	for _, sp := range c.all() {
		if strings.Contains(textOf(sp, "gen_ai.input.messages"), "pyramids") {
			asked++
		}
		if strings.Contains(textOf(sp, "gen_ai.output.messages"), `"role":"assistant","parts":[{"type":"text","content":"`) {
			answered++
		}
	}
	if asked != 2 || answered != 2 || bytes.Contains(c.raw, []byte("IOSFODNN7EXAMPLE")) {
		t.Errorf("%d questions and %d answers, want 2 each, and no key: %q", asked, answered, c.raw)
	}
}

// TestACollectorThatFailsCostsNoCall: traces are lost and counted, calls are not.
func TestACollectorThatFailsCostsNoCall(t *testing.T) {
	t.Parallel()
	c := collector{fails: true}
	s := setup(t, options{quotas: []emulator.Quota{perMinute(100, 500_000)}, config: c.start(t, config.TracesHTTP)})
	for range 3 {
		if _, err := runtime(t, s.gateway).Converse(t.Context(), question("hello"), outputTokens(20)); err != nil {
			t.Fatal(err)
		}
	}
	var text string
	for deadline := time.Now().Add(patience); !strings.Contains(text, "headgate_traces_dropped_total 3") && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, text = get(t, s.gateway+"/metrics", "")
	}
	if got := metric(t, text, "headgate_traces_dropped_total"); got != 3 {
		t.Errorf("%v traces are counted as lost, want 3", got)
	}
}
