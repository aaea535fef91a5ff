package daemon

import (
	"cmp"
	"context"
	"net/url"
	"os"
	"strings"

	"github.com/headgate/headgate/internal/adapter/otlptrace"
	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
)

// langSmith is where LangSmith takes OTLP (docs.langchain.com, trace with
// OpenTelemetry); other Regions have LANGSMITH_ENDPOINT set.
const langSmith = "https://api.smith.langchain.com"

// trace makes what sends traces, where that is configured.
func (g *Gateway) trace(ctx context.Context, instance string) error {
	t := g.cfg.Traces
	if t.To == config.TracesOff {
		return nil
	}
	o := otlptrace.Options{
		Endpoint: t.Endpoint, GRPC: t.Protocol == config.TracesGRPC, Sample: t.Sample, Content: t.Content,
		Version: Version(), Instance: instance, Logger: g.log,
	}
	var err error
	if o.Headers, err = headersOf(t.HeadersEnv); err != nil {
		return err
	}
	switch {
	case t.To == config.TracesLangSmith:
		key := os.Getenv("LANGSMITH_API_KEY")
		if key == "" {
			return fault.New(fault.Invalid, "traces.to is langsmith, and LANGSMITH_API_KEY is not set: make a key in LangSmith's settings and export it where Headgate runs")
		}
		o.Headers["x-api-key"] = key
		if project := os.Getenv("LANGSMITH_PROJECT"); project != "" {
			o.Headers["Langsmith-Project"] = project
		}
		o.Endpoint = cmp.Or(t.Endpoint, strings.TrimSuffix(cmp.Or(os.Getenv("LANGSMITH_ENDPOINT"), langSmith), "/")+"/otel")
	case o.GRPC:
		o.Endpoint = cmp.Or(t.Endpoint, os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:4317")
	default:
		o.Endpoint = cmp.Or(t.Endpoint, os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:4318")
	}
	g.tracer, err = otlptrace.New(ctx, o)
	return err
}

// headersOf reads headers out of a variable: name=value, separated by commas, with
// values percent-encoded (W3C baggage, as OpenTelemetry has it). An error holds
// none of it.
func headersOf(variable string) (map[string]string, error) {
	out := map[string]string{}
	if variable == "" {
		return out, nil
	}
	for part := range strings.SplitSeq(os.Getenv(variable), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || name == "" || err != nil {
			return nil, fault.New(fault.Invalid, "%s must hold headers as name=value, separated by commas", variable)
		}
		out[name] = value
	}
	return out, nil
}

// tracerOrNone is the tracer as dispatch takes it: no interface around nil.
func (g *Gateway) tracerOrNone() dispatch.Tracer {
	if g.tracer == nil {
		return nil
	}
	return g.tracer
}

// traced counts traces for Prometheus.
func (g *Gateway) traced() promexport.Traces {
	if g.tracer == nil {
		return promexport.Traces{}
	}
	s := g.tracer.Stats()
	return promexport.Traces{Sent: s.Sent, Dropped: s.Dropped, Skipped: s.Skipped}
}
