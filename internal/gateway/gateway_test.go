package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/gateway"
	"github.com/headgate/headgate/internal/llm"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	control := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.EscapedPath()+"?"+r.URL.RawQuery)
	})
	const unknown = "UnknownOperationException"
	for _, protocol := range protocols() {
		url, client := serve(t, gateway.Options{Dispatcher: answering("{}"), Control: control}, protocol)
		for _, tc := range []struct {
			method, path string
			status       int
			errorType    string
		}{
			{"POST", "/model/m/converse", 200, ""},
			{"POST", "/model/m/converse-stream", 200, ""},
			{"POST", "/model/m/invoke", 200, ""},
			{"POST", "/model/m/invoke-with-response-stream", 200, ""},
			{"POST", "/model/m/count-tokens", 200, ""},
			{"POST", "/model/m/converse?x=1", 200, ""},
			{"GET", "/model/m/converse", 405, unknown},
			{"POST", "/model/m/converse/", 404, unknown},
			{"POST", "/model//converse", 400, "ValidationException"},
			{"POST", "/model/..%2F..%2Fetc/converse", 400, "ValidationException"},
			{"POST", "/model/m%00/converse", 400, "ValidationException"},
			{"POST", "/model/" + strings.Repeat("m", 2049) + "/converse", 400, "ValidationException"},
			{"POST", "/model/m/converse?X-Amz-Signature=0", 400, "ValidationException"},
			{"POST", "/model/m/async-invoke", 404, unknown},
			{"POST", "/", 404, unknown},
			{"POST", "//model/m/converse", 404, unknown},
			{"POST", "/model/../model/m/converse", 400, "ValidationException"},
			{"GET", "/inference-profiles?type=SYSTEM_DEFINED", 200, ""},
			{"GET", "/inference-profiles/us.m%3A0", 200, ""},
			{"GET", "/foundation-models", 200, ""},
			{"GET", "/foundation-modelsx", 404, unknown},
			{"GET", "/inference-profiles/", 404, unknown},
			{"POST", "/inference-profiles", 405, unknown},
			{"GET", "/livez", 200, ""},
			{"HEAD", "/readyz", 200, ""},
			{"GET", "/readyz", 200, ""},
			{"POST", "/readyz", 405, unknown},
			{"GET", "/livez/", 404, unknown},
		} {
			resp := do(t, client, request(t, tc.method, url, tc.path, strings.NewReader("{}")))
			if resp.Proto != protocol || resp.StatusCode != tc.status || resp.Header.Get("X-Amzn-Errortype") != tc.errorType {
				t.Errorf("%s %s %.60s = %s %d %q, want %d %q", protocol, tc.method, tc.path,
					resp.Proto, resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), tc.status, tc.errorType)
			}
			if p := resp.Header.Get("X-Path"); p != "" && !strings.HasPrefix(p, strings.SplitN(tc.path, "?", 2)[0]) {
				t.Errorf("%s: the control plane got %q", tc.path, p)
			}
		}
	}
}

func TestUnknownPathWithoutControl(t *testing.T) {
	t.Parallel()
	url, client := serve(t, gateway.Options{Dispatcher: refusing(t)}, "HTTP/1.1")
	resp := do(t, client, request(t, http.MethodGet, url, "/inference-profiles", nil))
	wantFailure(t, resp, http.StatusNotFound, "UnknownOperationException", "POST /model/{modelId}/converse")
}

func TestWhatTheDispatcherGets(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		var got *dispatch.Request
		url, client := serve(t, gateway.Options{Loopback: true, TimeScale: 60, InstanceID: "me", Dispatcher: dispatchFunc(
			func(ctx context.Context, r *dispatch.Request) (*dispatch.Response, error) {
				got = r
				return answering("{}")(ctx, r)
			})}, protocol)
		r := request(t, http.MethodPost, url, "/model/us.m-v1%3A0/converse?b=%2F&a", strings.NewReader(`{"a": 1}`))
		for name, value := range map[string]string{
			"Authorization":         "AWS4-HMAC-SHA256 Credential=AKID/20261101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=SECRET",
			"X-Amz-Security-Token":  "SECRET",
			"X-Amz-Date":            "20261101T000000Z",
			"X-Api-Key":             "SECRET",
			"Cookie":                "SECRET",
			"Te":                    "trailers",
			"Amz-Sdk-Invocation-Id": "6a1c",
			"Content-Type":          "application/json",
			"X-Unknown":             "kept",
			"X-Headgate-Run":        "r1",
			"X-Headgate-Deadline":   "60",
			"X-Headgate-Hop":        "another",
			"User-Agent":            "Boto3/1.43.11 md/Botocore#1.43.11",
		} {
			r.Header.Set(name, value)
		}
		do(t, client, r)
		want := &dispatch.Request{
			Operation: llm.OpConverse, ModelID: "us.m-v1:0", RawPath: "/model/us.m-v1%3A0/converse", RawQuery: "b=%2F&a",
			Header: http.Header{
				"Amz-Sdk-Invocation-Id": {"6a1c"}, "Content-Type": {"application/json"}, "X-Unknown": {"kept"},
				"X-Headgate-Hop": {"another"}, "User-Agent": {"Boto3/1.43.11 md/Botocore#1.43.11"},
			},
			Body: []byte(`{"a": 1}`), Principal: "AKID", Invocation: "6a1c", Client: "Boto3/1.43.11",
		}
		labels := got.Labels
		got.Labels = dispatch.Labels{}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(dispatch.Labels{})); diff != "" {
			t.Errorf("%s: request (-want +got):\n%s", protocol, diff)
		}
		if labels.Run != "r1" || labels.Deadline != time.Second || labels.Class != llm.ClassStandard {
			t.Errorf("%s: labels = %+v", protocol, labels)
		}
	}
}

func TestClientLeavesWhileItWaits(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		arrived, left := make(chan struct{}), make(chan struct{})
		url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(ctx context.Context, _ *dispatch.Request) (*dispatch.Response, error) {
			close(arrived)
			<-ctx.Done()
			close(left)
			return nil, fault.Wrap(fault.Cancelled, "wait", ctx.Err())
		})}, protocol)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		if _, err := client.Do(request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("{}")).WithContext(ctx)); err == nil { //nolint:bodyclose // there is none
			t.Errorf("%s: an answer came", protocol)
		}
		<-left
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	g := gateway.New(gateway.Options{Dispatcher: answering("{}")})
	g.Drain()
	for _, tc := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/readyz", http.StatusServiceUnavailable},
		{http.MethodGet, "/livez", http.StatusOK},
		{http.MethodPost, "/model/m/converse", http.StatusOK},
	} {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(tc.method, tc.path, http.NoBody))
		if w.Code != tc.want {
			t.Errorf("%s %s while draining: %d, want %d", tc.method, tc.path, w.Code, tc.want)
		}
	}
}
