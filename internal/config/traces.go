package config

import (
	"net/url"
	"strings"
)

// TracesTo is who gets a trace of each call.
type TracesTo string

// The ones that get traces.
const (
	TracesOff TracesTo = "off"
	// TracesOTLP is an OpenTelemetry collector.
	TracesOTLP TracesTo = "otlp"
	// TracesLangSmith is LangSmith, with the key that LANGSMITH_API_KEY holds.
	TracesLangSmith TracesTo = "langsmith"
)

// TracesProtocol is how a collector is spoken to.
type TracesProtocol string

// The protocols of OTLP.
const (
	TracesHTTP TracesProtocol = "http"
	TracesGRPC TracesProtocol = "grpc"
)

// Traces is where a trace of each call is sent, and how much of it. Calls that
// failed, were refused or met a throttle are sent whatever Sample says.
type Traces struct {
	To       TracesTo       `json:"to"          jsonschema:"off; otlp: an OpenTelemetry collector; langsmith: LangSmith, with the key in LANGSMITH_API_KEY"`
	Endpoint string         `json:"endpoint"    jsonschema:"the collector's URL; empty: OTEL_EXPORTER_OTLP_ENDPOINT, else the protocol's port on this machine; langsmith: LANGSMITH_ENDPOINT, else LangSmith's own"`
	Protocol TracesProtocol `json:"protocol"    jsonschema:"http or grpc"`
	// HeadersEnv names the variable, so that a secret is in no file and is not
	// shown.
	HeadersEnv string  `json:"headers_env" jsonschema:"variable of the environment with headers for the collector: name=value, separated by commas"`
	Sample     float64 `json:"sample"      jsonschema:"part of the traces that is sent of calls that ended well, from 0 to 1; what failed, was refused or throttled always is"`
	Content    bool    `json:"content"     jsonschema:"send prompts and answers too, cut in length and with what looks like a secret masked"`
}

func (v *validator) traces(t Traces) {
	oneOf(v, "traces.to", t.To, TracesOff, TracesOTLP, TracesLangSmith)
	oneOf(v, "traces.protocol", t.Protocol, TracesHTTP, TracesGRPC)
	v.that(t.Sample >= 0 && t.Sample <= 1, "traces.sample", "must be from 0 to 1, not %v", t.Sample)
	v.that(t.To != TracesLangSmith || t.Protocol == TracesHTTP, "traces.protocol", "must be http: LangSmith takes no other")
	v.that(!strings.ContainsAny(t.HeadersEnv, "= ,"), "traces.headers_env", "must name a variable, it does not hold the headers themselves")
	if t.Endpoint == "" {
		return
	}
	at, err := url.Parse(t.Endpoint)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		v.that(false, "traces.endpoint", "must look like http://host:4318") // what is wrong may be a secret
		return
	}
	v.that(at.User == nil && at.RawQuery == "" && at.Fragment == "", "traces.endpoint", "must not hold a user, a password, a query or a fragment: put secrets into traces.headers_env")
}
