package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// oddBody is a Converse body as nobody's encoder writes it: unknown members,
// odd white space, escapes that need not be, numbers in another form, and
// members in no usual order.
const oddBody = "\t{ \"futureMember\" : {\"deep\":[1,2.50,1e2,{\"y\":null}]},\r\n" +
	"\"inferenceConfig\":{\"maxTokens\":  64,\"futureKnob\":0.10},\n" +
	"\"messages\":[ {\"content\":[{\"text\":\"h\\u00e9llo \\u0026 \u00e9\", \"later\":true}],\"role\":\"user\"} ] }\n\n"

// nativeCase is a request as it is written to the wire.
type nativeCase struct {
	name, path, body string
	faults           []emulator.Fault
	status           int
	stream           bool
}

func nativeCases() []nativeCase {
	escaped := strings.ReplaceAll(usHaiku, ":", "%3A")
	lower := strings.ReplaceAll(usHaiku, ":", "%3a")
	arn := strings.NewReplacer(":", "%3A", "/", "%2F").Replace(profileARN)
	app := strings.ReplaceAll(applicationARN, "/", "%2F")
	invoke := invocations()
	return []nativeCase{
		{name: "raw colon", path: "/model/" + usHaiku + "/converse", body: oddBody, status: 200},
		{name: "escaped colon", path: "/model/" + escaped + "/converse?future=1&x=%2F", body: oddBody, status: 200},
		{name: "lower case escape", path: "/model/" + lower + "/converse", body: oddBody, status: 200},
		{name: "profile ARN", path: "/model/" + arn + "/converse", body: oddBody, status: 200},
		{name: "application ARN", path: "/model/" + app + "/converse-stream", body: oddBody, status: 200, stream: true},
		{name: "stream", path: "/model/" + usHaiku + "/converse-stream", body: oddBody, status: 200, stream: true},
		{name: "invoke anthropic", path: "/model/" + escaped + "/invoke", body: invoke["anthropic"].body, status: 200},
		{name: "invoke stream anthropic", path: "/model/" + escaped + "/invoke-with-response-stream", body: invoke["anthropic"].body, status: 200, stream: true},
		{name: "invoke stream nova", path: "/model/" + string(novaLite) + "/invoke-with-response-stream", body: invoke["nova"].body, status: 200, stream: true},
		{name: "embedding", path: "/model/" + string(titan) + "/invoke", body: `{"inputText":"x"}`, status: 200},
		{name: "count tokens", path: "/model/" + string(haiku) + "/count-tokens", body: `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"x"}]}]}}}`, status: 200},
		{name: "an error of the service", path: "/model/" + string(titan) + "/converse", body: oddBody, status: 400},
		{
			name: "a stream that ends in an exception", path: "/model/" + usHaiku + "/converse-stream", body: oddBody, status: 200, stream: true,
			faults: []emulator.Fault{{Kind: emulator.FaultStreamException, Next: 1, After: 4}},
		},
	}
}

// TestNativeTrafficPassesByteForByte holds what the emulator got and gave
// against what the client gave and got.
func TestNativeTrafficPassesByteForByte(t *testing.T) {
	t.Parallel()
	for _, c := range nativeCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{faults: c.faults})
			given := http.Header{
				"X-Future-Header": {"one", "two"}, "X-Amzn-Bedrock-Service-Tier": {"priority"}, "Accept": {"application/json, */*"},
				"User-Agent": {"my-agent/1.0 (x; y)"}, "Amz-Sdk-Invocation-Id": {"a-b-c"}, "Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.gateway+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = given.Clone()
			req.Header.Set("X-Headgate-Class", "batch")
			got, err := roundTrip(&http.Client{Transport: transport(t)}, req)
			if err != nil {
				t.Fatal(err)
			}
			passed := s.wire.passed()
			if len(passed) != 1 {
				t.Fatalf("%d requests reached the emulator, want 1", len(passed))
			}
			checkRequest(t, c, given, passed[0])
			checkAnswer(t, c, got, passed[0])
		})
	}
}

// checkRequest holds what reached the emulator against what was sent.
func checkRequest(t *testing.T, c nativeCase, given http.Header, x exchange) {
	t.Helper()
	if x.uri != c.path || string(x.body) != c.body {
		t.Errorf("upstream got %s with %q, want %s with %q", x.uri, x.body, c.path, c.body)
	}
	for _, ours := range []string{"Authorization", "X-Amz-Date", "Content-Length", "X-Headgate-Hop"} {
		x.header.Del(ours)
	}
	if diff := cmp.Diff(given, x.header); diff != "" {
		t.Errorf("headers upstream (-sent +arrived):\n%s", diff)
	}
}

// checkAnswer holds what the client got against what the emulator answered.
func checkAnswer(t *testing.T, c nativeCase, got raw, x exchange) {
	t.Helper()
	if got.status != c.status || got.status != x.status {
		t.Errorf("status %d of %d upstream, want %d", got.status, x.status, c.status)
	}
	if got.body != string(x.answer) {
		t.Errorf("the client got\n%q\nof\n%q", got.body, x.answer)
	}
	if x.answerHeader.Get("Content-Length") == "" {
		got.header.Del("Content-Length") // net/http counts what fits its buffer
	}
	for name := range got.header {
		if strings.HasPrefix(name, "X-Headgate-") || name == "Date" {
			got.header.Del(name)
		}
	}
	if diff := cmp.Diff(x.answerHeader, got.header); diff != "" {
		t.Errorf("headers of the answer (-upstream +client):\n%s", diff)
	}
	if !c.stream {
		return
	}
	var frames eventstream.Scanner
	count := 0
	for frames.Feed([]byte(got.body)); frames.Next(); {
		count++
	}
	if count < 4 || frames.Err() != nil || !frames.AtBoundary() {
		t.Errorf("the stream has %d frames, error %v, whole %t; want some, and a whole end", count, frames.Err(), frames.AtBoundary())
	}
}

// TestListingsPassByteForByte is the same for the control plane.
func TestListingsPassByteForByte(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	client := &http.Client{Transport: transport(t)}
	for i, path := range []string{"/inference-profiles?type=SYSTEM_DEFINED&maxResults=5", "/foundation-models?byProvider=anthropic", "/inference-profiles/" + usHaiku} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.gateway+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		got, err := roundTrip(client, req)
		if err != nil {
			t.Fatal(err)
		}
		x := s.wire.passed()[i]
		if x.uri != path || got.status != 200 || x.status != 200 || !bytes.Equal(x.answer, []byte(got.body)) {
			t.Errorf("GET %s: upstream got %s, status %d of %d, same body: %t", path, x.uri, got.status, x.status, string(x.answer) == got.body)
		}
	}
}
