package gateway

import (
	"net/http"
	"strings"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/wire/bedrock"
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
	if id := traceID(h.Get("Traceparent")); id != "" {
		return id
	}
	return h.Get("X-Claude-Code-Session-Id")
}

// traceID reads the trace id of a W3C traceparent, "00-{32 hex}-{16 hex}-{2
// hex}" (www.w3.org/TR/trace-context, §3.2); empty when there is none. Later
// versions may append fields.
func traceID(traceparent string) string {
	const whole = 2 + 1 + 32 + 1 + 16 + 1 + 2
	s := strings.TrimSpace(traceparent)
	if len(s) < whole || s[2] != '-' || s[35] != '-' || s[52] != '-' || len(s) > whole && s[whole] != '-' {
		return ""
	}
	version, id := s[:2], s[3:35]
	if !isLowerHex(version) || version == "ff" || version == "00" && len(s) != whole {
		return ""
	}
	if !isLowerHex(id) || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

func isLowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
