package otlptrace

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/wire/tracecontext"
)

// spanner makes spans of stories. It is for one goroutine.
type spanner struct {
	tracer trace.Tracer
	ended  []sdktrace.ReadOnlySpan
}

func newSpanner(version, instance string) *spanner {
	s := &spanner{}
	s.tracer = sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.AlwaysSample()), // what is not kept is no span yet
		sdktrace.WithIDGenerator(told{}),
		sdktrace.WithSpanProcessor(collector{s}),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "headgate"), attribute.String("service.version", version), attribute.String("service.instance.id", instance),
		)),
	).Tracer("github.com/headgate/headgate")
	return s
}

// take returns the spans that were made since it was last called.
func (s *spanner) take() []sdktrace.ReadOnlySpan {
	out := s.ended
	s.ended = nil
	return out
}

// add makes the spans of a story.
func (s *spanner) add(st *dispatch.Story, content []attribute.KeyValue) {
	e := &st.Entry
	ctx := context.Background()
	if !st.Parent.IsZero() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, spanContext(st.Parent, st.State))
	}
	ctx, span := s.tracer.Start(tell(ctx, st.At.Trace, st.At.Span), strings.TrimSpace(operation(st)+" "+string(e.Pool.Model)),
		trace.WithTimestamp(e.Time), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes(st)...), trace.WithAttributes(content...))
	attempt, attempts := ctx, 0
	for i := range st.Steps {
		step := &st.Steps[i]
		switch step.Kind {
		case dispatch.StepQueue:
			s.child(ctx, st, step, "queue", trace.SpanKindInternal, limitOf(step))
		case dispatch.StepAttempt:
			attempts++
			attempt = s.child(ctx, st, step, "attempt", trace.SpanKindClient, attemptOf(step, attempts)) //nolint:fatcontext // each attempt is below the call, not below the one before
		case dispatch.StepCache:
			s.child(ctx, st, step, "cache", trace.SpanKindInternal, []attribute.KeyValue{attribute.String("headgate.cache", step.Cache)})
		case dispatch.StepStream:
			s.child(attempt, st, step, "stream", trace.SpanKindInternal, nil)
		}
	}
	if e.Outcome != ledger.OK && e.Outcome != ledger.Cancelled {
		span.SetStatus(codes.Error, e.ErrorMessage)
	}
	span.End(trace.WithTimestamp(e.Time.Add(e.Latency)))
}

// child makes the span of a step and returns the context for those below it.
func (s *spanner) child(ctx context.Context, st *dispatch.Story, step *dispatch.Step, name string, kind trace.SpanKind, with []attribute.KeyValue) context.Context {
	ctx, span := s.tracer.Start(tell(ctx, st.At.Trace, step.Span), name, trace.WithTimestamp(step.Begin), trace.WithSpanKind(kind), trace.WithAttributes(with...))
	if step.Error != "" {
		span.SetStatus(codes.Error, step.Error)
	}
	span.End(trace.WithTimestamp(step.End))
	return ctx
}

func limitOf(step *dispatch.Step) []attribute.KeyValue {
	if step.Limit == "" {
		return nil
	}
	return []attribute.KeyValue{attribute.String("headgate.limit", step.Limit)}
}

func attemptOf(step *dispatch.Step, number int) []attribute.KeyValue {
	out := append(limitOf(step), attribute.Int("headgate.attempt", number))
	if step.Status != 0 {
		out = append(out, attribute.Int(attrStatus, step.Status))
	}
	if step.Request != "" {
		out = append(out, attribute.String(attrRequestID, step.Request))
	}
	if step.Error != "" {
		out = append(out, attribute.String(attrError, step.Error))
	}
	return out
}

func spanContext(c tracecontext.Context, state string) trace.SpanContext {
	kept, _ := trace.ParseTraceState(state) // one that cannot be read is none (W3C, §3.3.1)
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: c.Trace, SpanID: c.Span, TraceFlags: trace.TraceFlags(0).WithSampled(c.Sampled), TraceState: kept, Remote: true,
	})
}

// told generates the ids that it is told by the context: dispatch has given them to
// the upstream already.
type told struct{}

type toldKey struct{}

type toldIDs struct {
	trace trace.TraceID
	span  trace.SpanID
}

func tell(ctx context.Context, id [16]byte, span [8]byte) context.Context {
	return context.WithValue(ctx, toldKey{}, toldIDs{id, span})
}

func (told) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	ids, _ := ctx.Value(toldKey{}).(toldIDs)
	return ids.trace, ids.span
}

func (t told) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	_, span := t.NewIDs(ctx)
	return span
}

// collector keeps the spans that have ended.
type collector struct{ of *spanner }

func (collector) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (c collector) OnEnd(s sdktrace.ReadOnlySpan)                 { c.of.ended = append(c.of.ended, s) }
func (collector) Shutdown(context.Context) error                  { return nil }
func (collector) ForceFlush(context.Context) error                { return nil }
