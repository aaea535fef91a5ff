package daemon

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/upstream"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// controlEndpoint is where Bedrock's control plane is: beside the runtime, or at
// the same address where one was configured for all.
func controlEndpoint(runtime upstream.EndpointFunc) upstream.EndpointFunc {
	return func(region llm.Region) (*url.URL, error) {
		u, err := runtime(region)
		if err != nil {
			return nil, err
		}
		if host, ok := strings.CutPrefix(u.Host, "bedrock-runtime"); ok {
			control := *u
			control.Host = "bedrock" + host
			return &control, nil
		}
		return u, nil
	}
}

// controlPlane passes the reads of Bedrock's control plane on, signed with our
// credentials: SDKs that are pointed here with one base URL ask for profiles
// too (Claude Code before anything else).
func controlPlane(client *upstream.Client, region llm.Region) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := client.Do(r.Context(), &upstream.Request{
			Method: http.MethodGet, RawPath: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery, Header: r.Header, Region: region,
		})
		if err != nil {
			status, typ := bedrock.StatusOf(err)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set(bedrock.ErrorHeader, typ)
			w.WriteHeader(status)
			_, _ = w.Write(bedrock.ErrorBody(fault.Message(err))) // the client may have left
			return
		}
		defer resp.Body.Close()
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.Status)
		_, _ = io.Copy(w, resp.Body) // the client may have left
	})
}
