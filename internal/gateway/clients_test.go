package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestClientOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		userAgent string
		want      client
	}{
		{"Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.13", client{"Boto3/1.43.11", 0, 100}},
		{"Botocore/1.43.11 ua/2.1 os/linux lang/python#3.13", client{"Botocore/1.43.11", 0, 100}},
		{"aws-cli/1.45.0 md/Botocore#1.43.9 ua/2.1", client{"aws-cli/1.45.0", 0, 100}},
		{"aws-cli/2.31.1 md/awscrt#0.27.6 ua/2.1", client{"aws-cli/2.31.1", 0, 100}},
		{"aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26.8", client{"aws-sdk-go-v2/1.47.7", 0, 0}},
		{"aws-sdk-js/3.1164.0 ua/2.1 os/linux", client{"aws-sdk-js/3.1164.0", 0, 102}},
		{"aws-sdk-java/2.33.0 md/io#sync", client{"aws-sdk-java/2.33.0", 30 * time.Second, 0}},
		{"AnthropicBedrock/Python 0.121.0", client{"AnthropicBedrock/Python", 0, 102}},
		{"AnthropicBedrock/JS 1.1.3", client{"AnthropicBedrock/JS", 0, 102}},
		{"OpenAI/Python 2.1.0", client{"OpenAI/Python", 0, 102}},
		{"claude-cli/2.1.0 (external, cli)", client{"claude-cli/2.1.0", 0, 102}},
		{"curl/8.5.0", client{"curl/8.5.0", 0, 0}},
		{"", client{}},
		{"x\x7fy z", client{}},
		{strings.Repeat("a", 100), client{name: strings.Repeat("a", 64)}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		r.Header.Set("User-Agent", tc.userAgent)
		if got := clientOf(r); got != tc.want {
			t.Errorf("clientOf(%q) = %+v, want %+v", tc.userAgent, got, tc.want)
		}
	}
}

// Whoever gets no interim response has its wait ended before its read timeout.
func TestClientThatTakesNoInterim(t *testing.T) {
	t.Parallel()
	const userAgent = "Boto3/1.43.11 md/Botocore#1.43.11"
	for name, change := range map[string]func(*http.Request){
		"HTTP/1.0":          func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 },
		"Via":               func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") },
		"Forwarded":         func(r *http.Request) { r.Header.Set("Forwarded", "for=10.0.0.1") },
		"X-Forwarded-For":   func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.1") },
		"X-Real-IP":         func(r *http.Request) { r.Header.Set("X-Real-IP", "10.0.0.1") },
		"Connection: close": func(r *http.Request) { r.Close = true },
	} {
		r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		r.Header.Set("User-Agent", userAgent)
		change(r)
		if got, want := clientOf(r), (client{"Boto3/1.43.11", time.Minute, 0}); got != want {
			t.Errorf("%s: clientOf = %+v, want %+v", name, got, want)
		}
	}
}
