package gateway_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/gateway"
)

// sink is a ResponseWriter that costs nothing itself.
type sink struct{ header http.Header }

func (s sink) Header() http.Header             { return s.header }
func (s sink) Write(p []byte) (int, error)     { return len(p), nil }
func (s sink) WriteHeader(int)                 {}
func (s sink) FlushError() error               { return nil }
func (s sink) SetReadDeadline(time.Time) error { return nil }

// BenchmarkServeHTTP2KB is what the gateway itself adds to a call with the
// headers that boto3 sends.
func BenchmarkServeHTTP2KB(b *testing.B) {
	payload := make([]byte, 2<<10)
	header := http.Header{"Content-Type": {"application/json"}, "Content-Length": {"2048"}, "X-Amzn-Requestid": {"x"}}
	g := gateway.New(gateway.Options{InstanceID: "me", Dispatcher: dispatchFunc(func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
		return &dispatch.Response{Status: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(payload))}, nil
	})})
	body := bytes.NewReader(payload)
	r := httptest.NewRequest(http.MethodPost, "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse", io.NopCloser(body))
	r.ContentLength = int64(len(payload))
	r.Header = http.Header{
		"Authorization":         {"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261101/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=0"},
		"Content-Type":          {"application/json"},
		"Accept-Encoding":       {"identity"},
		"User-Agent":            {"Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.13"},
		"X-Amz-Date":            {"20261101T000000Z"},
		"Amz-Sdk-Invocation-Id": {"6a1c0a1e-0000-4000-8000-000000000000"},
		"Amz-Sdk-Request":       {"attempt=1"},
		"Content-Length":        {"2048"},
	}
	w := sink{make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(payload)
		clear(w.header)
		g.ServeHTTP(w, r)
	}
}
