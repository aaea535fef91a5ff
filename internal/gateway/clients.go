package gateway

import (
	"net/http"
	"strings"
	"time"
)

// clientKind is one family of client software.
type clientKind struct {
	mark string // what its User-Agent holds
	// readTimeout is how long it waits by default for the first byte of an
	// answer before it gives the attempt up; 0 when that is not known, or long.
	readTimeout time.Duration
	// interim is the status of the interim responses that it takes as signs of
	// life, so that it does not give up; 0 when none is known to be safe. It is
	// not the same for all: 102 ends an attempt of botocore, 100 one of Node's
	// fetch. Each was measured against that client, see the folder conformance.
	interim int
}

// clientKinds lists the clients that are known, in the order in which they are
// looked for. What is not listed, such as the AWS SDKs for Go and Rust, sets no
// read timeout by default, or is not known to take interim responses.
//
//   - botocore, and on it boto3, the AWS CLI and LangChain for Python: 60 s
//     (docs.aws.amazon.com/botocore, reference/config: read_timeout; the CLI's
//     --cli-read-timeout is the same).
//   - AWS SDK for JavaScript v3, and on it LangChain.js: 300 s of silence over
//     HTTP/2 (github.com/smithy-lang/smithy-typescript, node-http-handler), none
//     over HTTP/1.1. As all calls share one connection, silence is that of all of
//     them: no instant is known at which to end one wait.
//   - AWS SDK for Java 2.x: 30 s
//     (docs.aws.amazon.com/sdk-for-java, developer-guide/timeouts).
//   - Anthropic's SDKs and Claude Code: 600 s (github.com/anthropics/
//     anthropic-sdk-python, README "Timeouts"; Claude Code's API_TIMEOUT_MS), but
//     fetch of Node gives up after 300 s without a header (undici.nodejs.org,
//     api/Client: headersTimeout). The timer of those for JavaScript runs on
//     whatever comes before the answer.
//   - OpenAI's SDKs: 600 s (github.com/openai/openai-python, README "Timeouts"),
//     on the same HTTP clients as Anthropic's.
func clientKinds() [10]clientKind {
	return [...]clientKind{
		{"Boto3/", 60 * time.Second, http.StatusContinue},
		{"Botocore", 60 * time.Second, http.StatusContinue},
		{"aws-cli/", 60 * time.Second, http.StatusContinue},
		{"aws-sdk-js/", 0, http.StatusProcessing},
		{"aws-sdk-java/2", 30 * time.Second, 0},
		{"claude-cli/", 600 * time.Second, http.StatusProcessing},
		{"AnthropicBedrock/", 600 * time.Second, http.StatusProcessing},
		{"Anthropic/", 600 * time.Second, http.StatusProcessing},
		{"AsyncOpenAI/", 600 * time.Second, http.StatusProcessing},
		{"OpenAI/", 600 * time.Second, http.StatusProcessing},
	}
}

// maxClientBytes bounds what is recorded of a User-Agent.
const maxClientBytes = 64

// client is what is known of the software that sent a request.
type client struct {
	name string // for the ledger, such as "Boto3/1.43.11"; may be empty
	// readTimeout is how long it waits for a first byte; 0 when it is not known
	// to give up, or is kept awake.
	readTimeout time.Duration
	interim     int // the status that keeps it awake; 0: it gets none
}

// clientOf reads what a request tells of its sender.
func clientOf(r *http.Request) client {
	userAgent := r.UserAgent()
	var c client
	for _, kind := range clientKinds() {
		if strings.Contains(userAgent, kind.mark) {
			c.readTimeout, c.interim = kind.readTimeout, kind.interim
			break
		}
	}
	if c.interim != 0 && !takesInterim(r) {
		c.interim = 0
	}
	if c.interim != 0 {
		c.readTimeout = 0
	}
	c.name, _, _ = strings.Cut(userAgent, " ")
	c.name = c.name[:min(len(c.name), maxClientBytes)]
	if strings.ContainsFunc(c.name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		c.name = ""
	}
	return c
}

// takesInterim reports whether interim responses may be written to the
// connection that a request came on. HTTP/1.0 has none (RFC 9110 §15.2). A proxy
// is no client that was measured: some swallow them, and nginx takes any but
// 103 for the answer itself (github.com/nginx/nginx, issue 1427). Proxies are
// known by what they add, and by the Connection: close of those that open a
// connection for each request, which no listed client sends.
func takesInterim(r *http.Request) bool {
	if !r.ProtoAtLeast(1, 1) || r.Close {
		return false
	}
	for _, name := range [...]string{"Via", "Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if _, ok := r.Header[name]; ok {
			return false
		}
	}
	return true
}
