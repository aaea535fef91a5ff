package bedrock_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		status int
		typ    string
		frame  string
	}{
		{fault.New(fault.Throttled, "m"), 429, "ThrottlingException", "throttlingException"},
		{fault.New(fault.Exhausted, "m"), 429, "ThrottlingException", "throttlingException"},
		{fault.New(fault.Invalid, "m"), 400, "ValidationException", "validationException"},
		{fault.New(fault.Denied, "m"), 403, "AccessDeniedException", "validationException"},
		{fault.New(fault.NotFound, "m"), 400, "ValidationException", "validationException"},
		{fmt.Errorf("send: %w", fault.New(fault.Upstream, "m")), 503, "ServiceUnavailableException", "modelStreamErrorException"},
		{fault.New(fault.Timeout, "m"), 408, "ModelTimeoutException", "modelStreamErrorException"},
		{fault.New(fault.Cancelled, "m"), 400, "RequestAbortedException", "modelStreamErrorException"},
		{fault.New(fault.Internal, "m"), 500, "InternalServerException", "internalServerException"},
		{errors.New("surprise"), 500, "InternalServerException", "internalServerException"},
	} {
		status, typ := bedrock.StatusOf(tt.err)
		if status != tt.status || typ != tt.typ {
			t.Errorf("StatusOf(%v) = %d %s, want %d %s", tt.err, status, typ, tt.status, tt.typ)
		}
		msg, err := sdk.NewDecoder().Decode(bytes.NewReader(bedrock.ExceptionFrame(tt.err)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := msg.Headers.Get(":exception-type").String(); got != tt.frame || msg.Headers.Get(":message-type").String() != "exception" {
			t.Errorf("ExceptionFrame(%v) is a %s, want %s", tt.err, got, tt.frame)
		}
		if want := string(bedrock.ErrorBody(fault.Message(tt.err))); string(msg.Payload) != want {
			t.Errorf("ExceptionFrame(%v) has payload %s, want %s", tt.err, msg.Payload, want)
		}
	}
}

func TestErrorBody(t *testing.T) {
	t.Parallel()
	const service = `{"message":"Too many tokens, please wait before trying again."}`
	if got := string(bedrock.ErrorBody("Too many tokens, please wait before trying again.")); got != service {
		t.Errorf("ErrorBody = %s, want the service's own %s", got, service)
	}
	odd := "a \"b\" <c> & \x00 é"
	var got struct{ Message string }
	body := bedrock.ErrorBody(odd)
	if err := json.Unmarshal(body, &got); err != nil || got.Message != odd || !strings.Contains(string(body), "<c> &") {
		t.Errorf("ErrorBody(%q) = %s, %v", odd, body, err)
	}
}

func TestExceptionFrameGivesNothingAway(t *testing.T) {
	t.Parallel()
	frame := bedrock.ExceptionFrame(&fault.Error{Kind: fault.Upstream, Message: "The upstream went away.", Err: errors.New("dial 10.0.0.1")})
	if bytes.Contains(frame, []byte("10.0.0.1")) || !bytes.Contains(frame, []byte("The upstream went away.")) {
		t.Errorf("ExceptionFrame = %q", frame)
	}
}
