package otlptrace

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/wire/transcript"
)

const (
	mostBody = 256 << 10 // of a body that is read
	mostPart = 8 << 10   // of one text in a trace
	mostText = 32 << 10  // of all texts of a request, the latest first
)

// masks finds what looks like a secret.
type masks []*regexp.Regexp

// newMasks knows the forms of usual credentials. What they do not know passes: a
// trace with content is as confidential as the prompts are.
func newMasks() masks {
	var out masks
	for _, form := range []string{
		`\b(?:AKIA|ASIA|ABSK|AROA|AIDA)[A-Za-z0-9+/=]{12,}`,                                      // AWS
		`\b(?:sk|pk|rk|ghp|gho|ghs|ghu|glpat|xox[abprs]|lsv2|hf|npm|pypi)[-_][A-Za-z0-9_-]{16,}`, // keys with a prefix
		`\bgithub_pat_[A-Za-z0-9_]{20,}`,
		`\bAIza[A-Za-z0-9_-]{30,}`,
		`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`, // JSON Web Tokens
		`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
		`(?i)\b(?:bearer|basic) +[A-Za-z0-9._~+/=-]{16,}`,
		`(?i)(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)["']?\s*[:=]\s*["']?[^\s"',;]{6,}`,
		`://[^/\s:@]+:[^/\s:@]+@`, // a password in a URL
	} {
		out = append(out, regexp.MustCompile(form))
	}
	return out
}

// mask replaces secrets by as much as says that there was one.
func (m masks) mask(text string) string {
	for _, form := range m {
		text = form.ReplaceAllString(text, "[masked]")
	}
	return text
}

// content is what was asked and answered, as the conventions have it.
func (m masks) content(s *dispatch.Story) []attribute.KeyValue {
	var out []attribute.KeyValue
	if len(s.Request) > mostBody {
		out = append(out, attribute.String(attrInputText, m.encode([]transcript.Message{note("user", len(s.Request))})))
	} else if said := transcript.Request(s.Request); len(said) > 0 {
		out = append(out, attribute.String(attrInputText, m.encode(said)))
	}
	said := transcript.Answer(s.Entry.Operation, s.Answer)
	if len(said) == 0 && len(s.Answer) >= mostBody {
		said = []transcript.Message{note("assistant", len(s.Answer))}
	}
	if len(said) > 0 {
		out = append(out, attribute.String(attrOutputText, m.encode(said)))
	}
	return out
}

func note(role string, size int) transcript.Message {
	return transcript.Message{Role: role, Parts: []transcript.Part{{Type: "text", Content: fmt.Sprintf("[a body of %d bytes or more is not shown]", size)}}}
}

// encode masks and cuts messages. Where they are too long the first ones go.
func (m masks) encode(said []transcript.Message) string {
	left := mostText
	for _, message := range slices.Backward(said) {
		for j := range message.Parts {
			p := &message.Parts[j]
			p.Content = cut(m.mask(p.Content), min(mostPart, left)) // first masked: half a secret would not be known
			left = max(0, left-len(p.Content))
		}
	}
	text, err := json.Marshal(said)
	if err != nil {
		return "" // strings always encode
	}
	return string(text)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… [%d bytes cut]", strings.ToValidUTF8(s[:most], ""), len(s)-most)
}
