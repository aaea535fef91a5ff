package emulator_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

func keyed() []emulator.Account {
	return []emulator.Account{
		{ID: "111111111111", AccessKeyID: "AKIDONE", SecretAccessKey: "secret-one", APIKeys: []string{"bearer-one"}},
		{ID: "222222222222", AccessKeyID: "AKIDTWO", SecretAccessKey: "secret-two", Quotas: []emulator.Quota{{RequestsPerMinute: new(int64(0))}}},
		{ID: "333333333333", AccessKeyID: "AKIDANY"},
	}
}

func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	return ""
}

func TestSignaturesChooseTheAccount(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: keyed()})
	arn := "arn:aws:bedrock:eu-west-1:111111111111:inference-profile/eu." + haiku
	for _, tt := range []struct{ key, secret, model, want string }{
		{"AKIDONE", "secret-one", "eu." + haiku, ""},
		{"AKIDONE", "secret-one", arn, ""},
		{"AKIDONE", "wrong", "eu." + haiku, "InvalidSignatureException: The request signature we calculated does not match"},
		{"AKIDONE", "wrong", arn, "InvalidSignatureException: The request signature we calculated does not match"},
		{"AKIDTWO", "secret-two", "eu." + haiku, "ThrottlingException: " + tooManyPerDay},
		{"AKIDTWO", "secret-one", "eu." + haiku, "InvalidSignatureException: "},
		{"AKIDTWO", "secret-two", arn, "AccessDeniedException: "},
		{"AKIDANY", "unchecked", "eu." + haiku, ""},
		{"AKIDNONE", "x", "eu." + haiku, "UnrecognizedClientException: The security token included in the request is invalid."},
	} {
		_, err := b.runtime(tt.key, tt.secret, "eu-west-1").Converse(t.Context(), converse(tt.model, "x", 5))
		if got := code(err); !strings.HasPrefix(got, tt.want) || (err == nil) != (tt.want == "") {
			t.Errorf("%s with %q calls %s: %v, want %q", tt.key, tt.secret, tt.model, err, tt.want)
		}
	}
	if p := b.Stats().Pool("111111111111", "eu-west-1", haiku, llm.PathGeo); p.Accepted != 2 {
		t.Errorf("account one from eu-west-1: %d accepted, want 2", p.Accepted)
	}
}

func TestSignaturesExpire(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: keyed(), Now: func() time.Time { return time.Now().Add(6 * time.Minute) }})
	_, err := b.runtime("AKIDONE", "secret-one", "us-east-1").Converse(t.Context(), converse(usHaiku, "x", 5))
	if got := code(err); !strings.HasPrefix(got, "InvalidSignatureException: Signature expired: ") || !strings.HasSuffix(got, " - 5 min.)") {
		t.Errorf("six minutes late: %v", err)
	}
}

func TestBearerKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: keyed(), Region: "ca-central-1"})
	for _, tt := range []struct {
		authorization string
		status        int
		kind          string
	}{
		{"Bearer bearer-one", 200, ""},
		{"Bearer bearer-two", 403, "AccessDeniedException"},
		{"", 403, "MissingAuthenticationTokenException"},
		{"Basic eDp5", 403, "IncompleteSignatureException"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/model/us."+haiku+"/converse", strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"x"}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", tt.authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		kind, _, _ := strings.Cut(response.Header.Get("x-amzn-errortype"), ":")
		if response.StatusCode != tt.status || kind != tt.kind || strings.Contains(string(body), "bearer") {
			t.Errorf("%q: %s %s %s", tt.authorization, response.Status, kind, body)
		}
	}
	if p := b.Stats().Pool("111111111111", "ca-central-1", haiku, llm.PathGeo); p.Accepted != 1 {
		t.Errorf("accepted %d from the configured Region, want 1", p.Accepted)
	}
}

// TestHTTP2: prior knowledge of cleartext HTTP/2, beside HTTP/1.1.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: keyed()})
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	defer transport.CloseIdleConnections()
	var version string
	client := aws.HTTPClient(clientFunc(func(r *http.Request) (*http.Response, error) {
		response, err := transport.RoundTrip(r)
		if err == nil {
			version = response.Proto
		}
		return response, err
	}))
	sdk := b.runtime("AKIDONE", "secret-one", "us-east-1")
	options := sdk.Options()
	options.HTTPClient = client
	out, err := newRuntime(options).Converse(t.Context(), converse(usHaiku, "x", 5))
	if err != nil || version != "HTTP/2.0" || *out.Usage.OutputTokens != 5 {
		t.Errorf("over %s: %v", version, err)
	}
}
