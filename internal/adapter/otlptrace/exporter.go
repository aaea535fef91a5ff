package otlptrace

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
)

// Options say where traces go.
type Options struct {
	// Endpoint is the collector's URL. By HTTP the path /v1/traces is added where it
	// is not there.
	Endpoint string
	// GRPC speaks gRPC in place of HTTP.
	GRPC bool
	// Headers go with each batch; they may hold a secret.
	Headers map[string]string
	// Sample is the part of the traces that is kept of what ended well, from 0 to 1.
	Sample float64
	// Content has prompts and answers in traces.
	Content bool
	// Version and Instance are those of this process.
	Version, Instance string
	Logger            *slog.Logger // nil: silent
}

const (
	queue     = 2048        // calls that wait to be sent
	batch     = 64          // calls that are sent together
	every     = time.Second // the longest that a call waits for others
	patience  = 5 * time.Second
	tracePath = "/v1/traces"
)

// Exporter is a dispatch.Tracer. It is safe for concurrent use. Stories wait until
// Run takes them.
type Exporter struct {
	opts  Options
	to    sdktrace.SpanExporter
	queue chan kept
	masks masks

	patience time.Duration // with a batch, and with all that is left at the end

	sent, dropped, skipped atomic.Uint64
	failing                bool // of Run's goroutine
}

// kept is a story with what its trace shows of its content.
type kept struct {
	story   *dispatch.Story
	content []attribute.KeyValue
}

// New makes an Exporter. It connects to nothing yet.
func New(ctx context.Context, o Options) (*Exporter, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.New(fault.Invalid, "traces.endpoint must look like http://host:4318, not %q", o.Endpoint)
	}
	e := &Exporter{opts: o, queue: make(chan kept, queue), masks: newMasks(), patience: patience}
	if o.GRPC {
		e.to, err = otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(u.String()), otlptracegrpc.WithHeaders(o.Headers),
			otlptracegrpc.WithTimeout(patience), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: patience, MaxElapsedTime: patience}))
	} else {
		if !strings.HasSuffix(u.Path, tracePath) {
			u.Path = strings.TrimSuffix(u.Path, "/") + tracePath
		}
		e.to, err = otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithHeaders(o.Headers),
			otlptracehttp.WithCompression(otlptracehttp.GzipCompression), otlptracehttp.WithTimeout(patience),
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: patience, MaxElapsedTime: patience}))
	}
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "send traces", Message: "the collector of traces cannot be spoken to: check traces.endpoint and traces.protocol", Err: err}
	}
	return e, nil
}

// Sampled is that of a trace which begins here: the same for every process that is
// asked with the same ratio.
func (e *Exporter) Sampled(trace [16]byte) bool {
	return float64(binary.BigEndian.Uint64(trace[8:])>>1) < e.opts.Sample*(1<<63)
}

// ContentBytes is how much of each body is looked at.
func (e *Exporter) ContentBytes() int {
	if !e.opts.Content {
		return 0
	}
	return mostBody
}

// Trace takes a story whose trace is kept: that of what failed, was refused or met
// a throttle, and else what is sampled.
func (e *Exporter) Trace(s *dispatch.Story) {
	if s.Entry.Outcome == ledger.OK && throttles(&s.Entry) == 0 && !s.At.Sampled {
		e.skipped.Add(1)
		return
	}
	t := kept{story: s}
	if e.opts.Content {
		t.content = e.masks.content(s)
	}
	s.Request, s.Answer = nil, nil // bodies do not wait
	select {
	case e.queue <- t:
	default:
		e.dropped.Add(1)
	}
}

// Stats counts calls since the start.
type Stats struct{ Sent, Dropped, Skipped uint64 }

// Stats is a snapshot.
func (e *Exporter) Stats() Stats {
	return Stats{Sent: e.sent.Load(), Dropped: e.dropped.Load(), Skipped: e.skipped.Load()}
}

// Run sends what is traced until ctx ends, and then what is left, for five seconds
// at most. Then it ends the connection to the collector, and nothing more is sent.
func (e *Exporter) Run(ctx context.Context) error {
	spans := newSpanner(e.opts.Version, e.opts.Instance)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	waiting := 0
	for {
		select {
		case t := <-e.queue:
			spans.add(t.story, t.content)
			if waiting++; waiting < batch {
				continue
			}
		case <-ticker.C:
		case <-ctx.Done():
			e.drain(context.WithoutCancel(ctx), spans, waiting)
			return nil
		}
		// A batch that is under way when ctx ends is given up after a while.
		e.send(context.WithoutCancel(ctx), spans.take(), waiting)
		waiting = 0
	}
}

// drain sends what is left and ends the connection.
func (e *Exporter) drain(ctx context.Context, spans *spanner, waiting int) {
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	for {
		select {
		case t := <-e.queue:
			spans.add(t.story, t.content)
			if waiting++; waiting < batch {
				continue
			}
			e.send(ctx, spans.take(), waiting)
			waiting = 0
		default:
			e.send(ctx, spans.take(), waiting)
			_ = e.to.Shutdown(ctx) // what was lost has been told
			return
		}
	}
}

// send sends the spans of some calls.
func (e *Exporter) send(ctx context.Context, spans []sdktrace.ReadOnlySpan, calls int) {
	if len(spans) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	err := e.to.ExportSpans(ctx, spans)
	if err == nil {
		e.sent.Add(uint64(calls)) //nolint:gosec // a count
		if e.failing {
			e.opts.Logger.Info("traces are taken again")
		}
		e.failing = false
		return
	}
	e.dropped.Add(uint64(calls)) //nolint:gosec // a count
	if !e.failing {
		e.opts.Logger.Warn("traces are lost: the collector refuses them or does not answer", slog.String("endpoint", e.opts.Endpoint), slog.Any("error", err))
	}
	e.failing = true
}
