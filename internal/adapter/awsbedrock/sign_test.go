package awsbedrock_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/adapter/awsbedrock"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/upstream"
)

// setup makes a client that signs with static credentials, and its service.
func setup(t *testing.T, token string) (*upstream.Client, *service) {
	t.Helper()
	s := newService(t)
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: token, EndpointURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, a), s
}

func newClient(t *testing.T, a *awsbedrock.Adapter) *upstream.Client {
	t.Helper()
	c, err := upstream.New(upstream.Options{Endpoint: a.Endpoint, Signer: a, Instance: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSignatureFitsWhatArrives(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, path, query string }{
		{"escaped colon", "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse", ""},
		{"raw colon", "/model/us.anthropic.claude-haiku-4-5-20251001-v1:0/invoke", ""},
		{"ARN", "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Ainference-profile%2Fus.x-v1%3A0/converse-stream", ""},
		{"lower-case hex", "/model/x%3a0%2fy/converse", ""},
		{"needless escape", "/model/%61bc/converse", ""},
		{"odd characters", "/model/a$b@c!d'(e)*f,g;h=i~/converse", ""},
		{"query in its own order", "/inference-profiles", "type=SYSTEM_DEFINED&maxResults=10&flag="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s := setup(t, testToken)
			header := http.Header{
				"Content-Type":                     {"application/json"},
				"Authorization":                    {"AWS4-HMAC-SHA256 of the client"},
				"X-Amz-Date":                       {"20200101T000000Z"},
				"X-Amz-Security-Token":             {"of the client"},
				"Amz-Sdk-Invocation-Id":            {"i-1"},
				"X-Amzn-Bedrock-Service-Tier":      {"flex"},
				"X-Amzn-Bedrock-Trace":             {"ENABLED", "  spaced   out "},
				"X-Some-Proxy-May-Change-This-One": {"x"},
			}
			resp, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: tt.path, RawQuery: tt.query, Header: header, Body: []byte(`{"a":"é"}`), Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			got := s.request()
			want := tt.path
			if tt.query != "" {
				want += "?" + tt.query
			}
			if got.Fault != "" || resp.Status != http.StatusOK || got.URI != want {
				t.Errorf("service got %s, status %d, fault %q; want %s", got.URI, resp.Status, got.Fault, want)
			}
			if token := got.Header.Get("X-Amz-Security-Token"); token != testToken {
				t.Errorf("session token = %q", token)
			}
			signed := got.Header.Get("Authorization")
			if !strings.Contains(signed, "x-amzn-bedrock-service-tier") || strings.Contains(signed, "x-some-proxy") || strings.Contains(signed, "x-headgate") {
				t.Errorf("Authorization = %s", signed)
			}
		})
	}
}

func TestSignatureCoversTheBody(t *testing.T) {
	t.Parallel()
	s := newService(t)
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: testKey, SecretAccessKey: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/model/x/converse", strings.NewReader("other"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Sign(t.Context(), req, []byte("bytes"), "us-east-1"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := s.request().Fault; !strings.HasPrefix(got, "wrong signature") {
		t.Errorf("the service's verdict on another body = %q, want a wrong signature", got)
	}
}

func TestSignLeavesTheClientsValuesAlone(t *testing.T) {
	t.Parallel()
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: testKey, SecretAccessKey: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	date := []string{"20200101T000000Z"}
	req := &http.Request{Method: http.MethodPost, URL: &url.URL{Host: "h", Opaque: "/p", RawQuery: "b=1&a=2"}, Host: "h", Header: http.Header{"X-Amz-Date": date}}
	if err := a.Sign(t.Context(), req, nil, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	if date[0] != "20200101T000000Z" || req.URL.RawQuery != "b=1&a=2" || req.Header.Get("X-Amz-Date") == date[0] {
		t.Errorf("after Sign: client's date %s, query %s, date sent %s", date[0], req.URL.RawQuery, req.Header.Get("X-Amz-Date"))
	}
}

func TestSignWithAPIKey(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "key-of-a-test")
	s := newService(t)
	a, err := awsbedrock.New(t.Context(), awsbedrock.Options{EndpointURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := newClient(t, a).Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/model/x/converse", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := s.request().Header.Get("Authorization"); got != "Bearer key-of-a-test" {
		t.Errorf("Authorization = %q", got)
	}
	if _, err := awsbedrock.New(t.Context(), awsbedrock.Options{EndpointURL: "http://bedrock.example.com"}); err == nil || strings.Contains(err.Error(), "key-of-a-test") {
		t.Errorf("New with an API key and plain http = %v, want a refusal", err)
	}
}

func TestSignWithoutCredentials(t *testing.T) {
	isolate(t)
	a, err := awsbedrock.New(t.Context(), awsbedrock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	req := &http.Request{Method: http.MethodPost, URL: &url.URL{Host: "h", Opaque: "/p"}, Header: http.Header{}}
	if err := a.Sign(t.Context(), req, nil, "us-east-1"); fault.KindOf(err) != fault.Denied {
		t.Errorf("Sign without credentials = %v, want kind denied", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Sign(ctx, req, nil, "us-east-1"); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("Sign after a cancel = %v, want kind cancelled", err)
	}
	if len(req.Header) != 0 {
		t.Errorf("headers after both: %v", req.Header)
	}
}

func BenchmarkSign(b *testing.B) {
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: testToken})
	if err != nil {
		b.Fatal(err)
	}
	body := bytes.Repeat([]byte("x"), 2<<10)
	var failed error
	b.ReportAllocs()
	for b.Loop() {
		req := &http.Request{
			Method: http.MethodPost, URL: &url.URL{Scheme: "http", Host: "h", Opaque: "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse"}, Host: "h", ContentLength: int64(len(body)),
			Header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {"aws-sdk"}, "Amz-Sdk-Invocation-Id": {"i"}, "Accept-Encoding": {"identity"}},
		}
		failed = errors.Join(failed, a.Sign(b.Context(), req, body, llm.Region("us-east-1")))
	}
	if failed != nil {
		b.Fatal(failed)
	}
}

func TestReady(t *testing.T) {
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: "AKIA", SecretAccessKey: "hush", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Ready(t.Context()); err != nil {
		t.Errorf("Ready with static credentials = %v", err)
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	empty := t.TempDir() + "/none"
	t.Setenv("AWS_CONFIG_FILE", empty)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", empty)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	none, err := awsbedrock.New(t.Context(), awsbedrock.Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := none.Ready(t.Context()); err == nil {
		t.Error("Ready without credentials = nil")
	}
}
