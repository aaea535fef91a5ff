package gateway

import (
	"strings"
	"time"
)

// clientKind is one family of client software.
type clientKind struct {
	mark string // what its User-Agent holds
	// readTimeout is how long it waits by default for the first byte of an
	// answer before it gives the attempt up; 0 when it does not.
	readTimeout time.Duration
}

// clientKinds lists the clients that are known to give up, in the order in
// which they are looked for. What is not listed, such as the AWS SDKs for Go,
// JavaScript and Rust, sets no read timeout by default.
//
//   - botocore, and on it boto3, the AWS CLI and LangChain for Python: 60 s
//     (docs.aws.amazon.com/botocore, reference/config: read_timeout; the CLI's
//     --cli-read-timeout is the same).
//   - AWS SDK for Java 2.x: 30 s
//     (docs.aws.amazon.com/sdk-for-java, developer-guide/timeouts).
//   - Anthropic's SDKs and Claude Code: 600 s (github.com/anthropics/
//     anthropic-sdk-python, README "Timeouts"; Claude Code's API_TIMEOUT_MS).
//   - OpenAI's SDKs: 600 s (github.com/openai/openai-python, README "Timeouts").
func clientKinds() [9]clientKind {
	return [...]clientKind{
		{"Boto3/", 60 * time.Second},
		{"Botocore", 60 * time.Second},
		{"aws-cli/", 60 * time.Second},
		{"aws-sdk-java/2", 30 * time.Second},
		{"claude-cli/", 600 * time.Second},
		{"AnthropicBedrock/", 600 * time.Second},
		{"Anthropic/", 600 * time.Second},
		{"AsyncOpenAI/", 600 * time.Second},
		{"OpenAI/", 600 * time.Second},
	}
}

// maxClientBytes bounds what is recorded of a User-Agent.
const maxClientBytes = 64

// clientOf reads a User-Agent: a name for the ledger, such as "Boto3/1.43.11",
// and how long the client waits for a first byte.
func clientOf(userAgent string) (name string, readTimeout time.Duration) {
	name, _, _ = strings.Cut(userAgent, " ")
	for _, kind := range clientKinds() {
		if strings.Contains(userAgent, kind.mark) {
			readTimeout = kind.readTimeout
			break
		}
	}
	name = name[:min(len(name), maxClientBytes)]
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		name = ""
	}
	return name, readTimeout
}
