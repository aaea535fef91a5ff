package bedrock

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// FailKind says why a call failed upstream, as far as it matters for what to do next.
type FailKind uint8

// The kinds of failure.
const (
	// FailNone is no failure.
	FailNone FailKind = iota
	// FailThrottleRequests is a quota of requests per minute.
	FailThrottleRequests
	// FailThrottleTokens is a quota of tokens per minute.
	FailThrottleTokens
	// FailThrottleDay is a quota of tokens per day, or an account whose quota is 0.
	FailThrottleDay
	// FailThrottleOther is a throttle that does not say by which quota.
	FailThrottleOther
	// FailNotReady is a model that is being loaded: it will answer soon.
	FailNotReady
	// FailTransient is trouble of the service's own: the same call may succeed later.
	FailTransient
	// FailFinal is an answer that another attempt would not change.
	FailFinal
)

// String is the kind's name in logs, metrics and the ledger.
func (k FailKind) String() string {
	switch k {
	case FailNone:
		return "none"
	case FailThrottleRequests:
		return "throttle_requests"
	case FailThrottleTokens:
		return "throttle_tokens"
	case FailThrottleDay:
		return "throttle_day"
	case FailThrottleOther:
		return "throttle_other"
	case FailNotReady:
		return "not_ready"
	case FailTransient:
		return "transient"
	default:
		return "final"
	}
}

// Throttle reports whether the kind is one of the throttles.
func (k FailKind) Throttle() bool { return k >= FailThrottleRequests && k <= FailThrottleOther }

// Failure is a failed answer, classified.
type Failure struct {
	Kind FailKind
	// Type is the exception's name, such as "ThrottlingException"; empty when
	// the answer named none.
	Type string
	// Message is the upstream's own, cut to 1 KiB. That of a FailFinal may
	// quote the request, so it is for the client and not for a log.
	Message string
}

// Credentials reports whether it was the signature of the call that was not
// accepted, rather than what it asks for
// (docs.aws.amazon.com/bedrock, APIReference/CommonErrors).
func (f Failure) Credentials() bool {
	switch f.Type {
	case "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException",
		"InvalidClientTokenId", "InvalidAccessKeyId", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
		"ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return true
	}
	return false
}

// Classify judges an answer by its status, the value of its X-Amzn-Errortype
// header and its body. A status below 400 is no failure.
//
// The exceptions and their statuses are those of the service's API reference
// (docs.aws.amazon.com/bedrock, API_runtime_InvokeModel); the messages are
// those that the service is known to send, old and new.
func Classify(status int, errorType string, body []byte) Failure {
	if status < 400 {
		return Failure{}
	}
	f := Failure{Type: typeName(errorType), Message: errorMessage(body)}
	if f.Type == "" {
		f.Type = bodyType(body)
	}
	f.Kind = judge(status, f.Type, f.Message)
	return f
}

// ClassifyException judges an exception that came within a stream, by its type
// as the frame gives it and its message.
func ClassifyException(typ, message string) Failure {
	f := Failure{Type: typeName(typ), Message: message}
	if r, n := utf8.DecodeRuneInString(f.Type); n > 0 { // frames write throttlingException
		f.Type = string(unicode.ToUpper(r)) + f.Type[n:]
	}
	f.Kind = judge(0, f.Type, message)
	return f
}

// judge knows the types first, since they are exact; the status decides only
// where a type is missing or new.
func judge(status int, typ, message string) FailKind {
	switch typ {
	case "ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded":
		return throttle(message)
	case "ModelNotReadyException":
		return FailNotReady
	case "ServiceUnavailableException", "ServiceUnavailable", "InternalServerException", "InternalServerError",
		"InternalFailure", "RequestTimeout", "RequestTimeoutException":
		return FailTransient
	case "ModelStreamErrorException": // "An error occurred while streaming the response. Retry your request."
		return FailTransient
	case "ModelTimeoutException", "ModelErrorException", "ServiceQuotaExceededException":
		return FailFinal
	}
	switch status {
	case 429:
		return throttle(message)
	case 500, 502, 503, 504, 529: // 529: "overloaded", on the Messages path
		return FailTransient
	}
	return FailFinal
}

// throttle tells from its message which quota a throttle is about.
func throttle(message string) FailKind {
	m := strings.ToLower(message)
	switch {
	case strings.Contains(m, "tokens per day"):
		return FailThrottleDay
	case strings.Contains(m, "too many tokens"):
		return FailThrottleTokens
	case strings.Contains(m, "too many requests"), strings.Contains(m, "request rate is too high"):
		return FailThrottleRequests
	case strings.Contains(m, "too many connections"):
		return FailTransient
	}
	return FailThrottleOther
}

// typeName cuts an exception's name out of a header like
// "ThrottlingException:http://internal.amazon.com/…" or a type like
// "com.amazon.bedrock#ThrottlingException".
func typeName(s string) string {
	s, _, _ = strings.Cut(s, ":")
	if i := strings.LastIndexByte(s, '#'); i >= 0 {
		s = s[i+1:]
	}
	return clip([]byte(strings.TrimSpace(s)))
}

// bodyType reads the exception's name from a body, where some gateways put it.
func bodyType(body []byte) string {
	s := scanner{b: body}
	for s.open(); s.more(); {
		switch key, raw := s.pair(); string(key) {
		case "__type", "code":
			return typeName(string(text(raw)))
		}
	}
	return ""
}

// errorMessage reads the message of an error's body; empty when it has none.
func errorMessage(body []byte) string {
	s := scanner{b: body}
	for s.open(); s.more(); {
		switch key, raw := s.pair(); string(key) {
		case "message", "Message":
			return clip(text(raw))
		}
	}
	return ""
}
