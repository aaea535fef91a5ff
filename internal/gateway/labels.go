package gateway

import (
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/wire/bedrock"
	"github.com/headgate/headgate/internal/wire/tracecontext"
)

// labels reads what a request's headers say about the call: our own headers
// first, then the request metadata of InvokeModel; a run that neither states is
// inferred. The dispatcher adds what the body's metadata says.
func (g *Gateway) labels(h http.Header) (dispatch.Labels, error) {
	l := dispatch.NewLabels()
	if !g.opts.Loopback {
		l.DenyTenant()
	}
	for name, values := range h {
		if !strings.HasPrefix(name, labelPrefix) || name == hopHeader {
			continue
		}
		name = strings.ToLower(name)
		if len(values) > 1 {
			return l, fault.New(fault.Invalid, "%s is given %d times; give it once.", name, len(values))
		}
		if err := l.Fill(name, values[0], g.opts.TimeScale); err != nil {
			return l, err
		}
	}
	metadata, err := bedrock.ParseMetadata(h.Get(metadataHeader))
	if err != nil {
		return l, err
	}
	for name, value := range metadata {
		if err := l.Fill(name, value, g.opts.TimeScale); err != nil {
			return l, err
		}
	}
	if l.Run == "" {
		l.Infer(inferredRun(h))
	}
	return l, nil
}

// inferredRun is the run that a request belongs to by other signs: the trace
// that it is part of, or the session of Claude Code
// (code.claude.com/docs, llm-gateway-protocol: request headers).
func inferredRun(h http.Header) string {
	if at, ok := tracecontext.Parse(h.Get("Traceparent")); ok {
		return hex.EncodeToString(at.Trace[:])
	}
	return h.Get("X-Claude-Code-Session-Id")
}
