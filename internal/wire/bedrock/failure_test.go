package bedrock_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/wire/bedrock"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	const throttling = "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"
	for _, tt := range []struct {
		status    int
		errorType string
		message   string
		want      bedrock.FailKind
		typ       string
	}{
		{200, "", "", bedrock.FailNone, ""},
		{429, throttling, "Too many requests, please wait before trying again.", bedrock.FailThrottleRequests, "ThrottlingException"},
		{429, throttling, "Too many requests, please wait before trying again. You have sent too many requests.  Wait before trying again.", bedrock.FailThrottleRequests, "ThrottlingException"},
		{429, throttling, "Your request rate is too high. Reduce the frequency of requests.", bedrock.FailThrottleRequests, "ThrottlingException"},
		{429, throttling, "Too many tokens, please wait before trying again.", bedrock.FailThrottleTokens, "ThrottlingException"},
		{429, throttling, "Too many tokens per day, please wait before trying again.", bedrock.FailThrottleDay, "ThrottlingException"},
		{429, "ThrottlingException", "Rate exceeded", bedrock.FailThrottleOther, "ThrottlingException"},
		{429, "ThrottlingException", "", bedrock.FailThrottleOther, "ThrottlingException"},
		{429, "", "Too many tokens, please wait before trying again.", bedrock.FailThrottleTokens, ""},
		{429, "com.amazon.bedrock#ThrottlingException", "Too many requests, please wait before trying again.", bedrock.FailThrottleRequests, "ThrottlingException"},
		{400, "ThrottlingException", "Too many requests, please wait before trying again.", bedrock.FailThrottleRequests, "ThrottlingException"},
		{429, "TooManyRequestsException", "Slow down", bedrock.FailThrottleOther, "TooManyRequestsException"},
		{429, "ModelNotReadyException", "The model is not ready.", bedrock.FailNotReady, "ModelNotReadyException"},
		{503, "ServiceUnavailableException", "Too many connections, please wait before trying again.", bedrock.FailTransient, "ServiceUnavailableException"},
		{503, "ServiceUnavailableException", "Bedrock is unable to process your request.", bedrock.FailTransient, "ServiceUnavailableException"},
		{500, "InternalServerException", "The system encountered an unexpected error during processing. Try your request again.", bedrock.FailTransient, "InternalServerException"},
		{500, "", "", bedrock.FailTransient, ""},
		{502, "", "", bedrock.FailTransient, ""},
		{503, "", "", bedrock.FailTransient, ""},
		{504, "", "", bedrock.FailTransient, ""},
		{529, "", "overloaded_error", bedrock.FailTransient, ""},
		{501, "", "", bedrock.FailFinal, ""},
		{408, "ModelTimeoutException", "The request took too long to process.", bedrock.FailFinal, "ModelTimeoutException"},
		{424, "ModelErrorException", "The request failed due to an error while processing the model.", bedrock.FailFinal, "ModelErrorException"},
		{424, "ModelStreamErrorException", "An error occurred while streaming the response. Retry your request.", bedrock.FailTransient, "ModelStreamErrorException"},
		{400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account.", bedrock.FailFinal, "ServiceQuotaExceededException"},
		{400, "ConflictException", "", bedrock.FailFinal, "ConflictException"},
		{400, "ValidationException", "The provided model identifier is invalid.", bedrock.FailFinal, "ValidationException"},
		{400, "ValidationException", "Operation not allowed", bedrock.FailFinal, "ValidationException"},
		{400, "ValidationException", "The maximum tokens you requested exceed the model limit of 4096. Try again with a maximum tokens value lower than 4096.", bedrock.FailFinal, "ValidationException"},
		{400, "ValidationException", "Input is too long: too many tokens", bedrock.FailFinal, "ValidationException"},
		{403, "AccessDeniedException", "You don't have access to the model.", bedrock.FailFinal, "AccessDeniedException"},
		{404, "ResourceNotFoundException", "This model version has reached the end of its life.", bedrock.FailFinal, "ResourceNotFoundException"},
		{404, "FTUFormNotFilled", "", bedrock.FailFinal, "FTUFormNotFilled"},
	} {
		got := bedrock.Classify(tt.status, tt.errorType, bedrock.ErrorBody(tt.message))
		want := bedrock.Failure{Kind: tt.want, Type: tt.typ, Message: tt.message}
		if got != want {
			t.Errorf("Classify(%d, %q, %q) = %+v, want %+v", tt.status, tt.errorType, tt.message, got, want)
		}
	}
}

func TestClassifyReadsUnusualBodies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bedrock.Failure{
		`{"__type":"com.amazon.coral#ThrottlingException","Message":"Rate exceeded"}`: {Kind: bedrock.FailThrottleOther, Type: "ThrottlingException", Message: "Rate exceeded"},
		`{"code":"ThrottlingException","message":7}`:                                  {Kind: bedrock.FailThrottleOther, Type: "ThrottlingException"},
		"<html>busy</html>": {Kind: bedrock.FailThrottleOther},
		"":                  {Kind: bedrock.FailThrottleOther},
		`{"message":"` + strings.Repeat("é", 2000) + `"}`: {Kind: bedrock.FailThrottleOther, Message: strings.Repeat("é", 512)},
	} {
		if got := bedrock.Classify(429, "", []byte(body)); got != want {
			t.Errorf("Classify(429, %.40q) = %+v, want %+v", body, got, want)
		}
	}
}

func TestClassifyException(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typ, message string
		want         bedrock.Failure
	}{
		{"throttlingException", "Too many tokens, please wait before trying again.", bedrock.Failure{Kind: bedrock.FailThrottleTokens, Type: "ThrottlingException", Message: "Too many tokens, please wait before trying again."}},
		{"internalServerException", "", bedrock.Failure{Kind: bedrock.FailTransient, Type: "InternalServerException"}},
		{"serviceUnavailableException", "", bedrock.Failure{Kind: bedrock.FailTransient, Type: "ServiceUnavailableException"}},
		{"modelStreamErrorException", "", bedrock.Failure{Kind: bedrock.FailTransient, Type: "ModelStreamErrorException"}},
		{"modelTimeoutException", "", bedrock.Failure{Kind: bedrock.FailFinal, Type: "ModelTimeoutException"}},
		{"validationException", "", bedrock.Failure{Kind: bedrock.FailFinal, Type: "ValidationException"}},
		{"", "", bedrock.Failure{Kind: bedrock.FailFinal}},
	} {
		if got := bedrock.ClassifyException(tt.typ, tt.message); got != tt.want {
			t.Errorf("ClassifyException(%q, %q) = %+v, want %+v", tt.typ, tt.message, got, tt.want)
		}
	}
}

func TestThrottleKinds(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for k := bedrock.FailNone; k <= bedrock.FailFinal; k++ {
		if want := strings.HasPrefix(k.String(), "throttle_"); k.Throttle() != want {
			t.Errorf("%s.Throttle() = %t", k, k.Throttle())
		}
		names[k.String()] = true
	}
	if want := int(bedrock.FailFinal) + 1; len(names) != want {
		t.Errorf("%d names for %d kinds", len(names), want)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(429, "ThrottlingException:http://x/", []byte(`{"message":"Too many tokens"}`))
	f.Add(500, "#", []byte(`{"__type":"\ud83d","message":"\u0000"}`))
	f.Fuzz(func(t *testing.T, status int, errorType string, body []byte) {
		got := bedrock.Classify(status, errorType, body)
		if (got.Kind == bedrock.FailNone) != (status < 400) {
			t.Errorf("Classify(%d) = %s", status, got.Kind)
		}
		if len(got.Message) > 1<<10 || len(got.Type) > 1<<10 {
			t.Errorf("Classify kept %d and %d bytes", len(got.Message), len(got.Type))
		}
		bedrock.ClassifyException(errorType, string(body))
	})
}
