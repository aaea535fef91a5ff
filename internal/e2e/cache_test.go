package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/wire/eventstream"
)

// TestRepeatsAreAnsweredInEitherForm holds what the SDK reads of an answer from the
// cache against what it reads of the call that was made: streamed after whole, whole
// after streamed, in Converse and in Anthropic's own dialect.
func TestRepeatsAreAnsweredInEitherForm(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	client := apart(runtime(t, s.gateway))
	cold := &types.InferenceConfiguration{Temperature: aws.Float32(0), MaxTokens: aws.Int32(200)}
	whole := func(text string) (string, *types.TokenUsage) {
		t.Helper()
		q := question(text)
		q.InferenceConfig = cold
		out, err := client.Converse(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return out.Output.(*types.ConverseOutputMemberMessage).Value.Content[0].(*types.ContentBlockMemberText).Value, out.Usage
	}
	stream := func(text string) string {
		t.Helper()
		q := streamQuestion(text)
		q.InferenceConfig = cold
		out, err := client.ConverseStream(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readStream(out)
		if err != nil {
			t.Fatal(err)
		}
		return got.text
	}
	first, usage := whole("whole first")
	if again, got := whole("whole first"); again != first || *got.TotalTokens != *usage.TotalTokens {
		t.Errorf("the repeat says %q and %d tokens, the call %q and %d", again, *got.TotalTokens, first, *usage.TotalTokens)
	}
	if got := stream("whole first"); got != first {
		t.Errorf("streamed, the answer is %q, and was %q", got, first)
	}
	streamed := stream("stream first")
	if got, _ := whole("stream first"); got != streamed || got == "" {
		t.Errorf("whole, the answer is %q, and was %q", got, streamed)
	}
	if got := len(s.wire.passed()); got != 2 {
		t.Errorf("%d calls went upstream, want 2", got)
	}
}

// TestStreamsAreReplayedByteForByte: a stream from the cache has the frames of the
// one that was made.
func TestStreamsAreReplayedByteForByte(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	client := &http.Client{Transport: transport(t)}
	body := strings.NewReplacer(`"max_tokens":50`, `"max_tokens":500,"temperature":0`).Replace(invocations()["anthropic"].body)
	path := "/model/" + strings.ReplaceAll(usHaiku, ":", "%3A")
	call := func(op string) raw {
		t.Helper()
		got, err := postRaw(t, client, s.gateway, path+op, body)
		if err != nil || got.status != 200 {
			t.Fatalf("status %d, %v: %s", got.status, err, got.body)
		}
		return got
	}
	made, replayed := call("/invoke-with-response-stream"), call("/invoke-with-response-stream")
	if how := replayed.header.Get("X-Headgate-Cache"); how != "hit" || made.body != replayed.body || replayed.header.Get("Content-Type") != eventstream.ContentType {
		t.Errorf("the repeat is a %s, %s, equal: %t", how, replayed.header.Get("Content-Type"), made.body == replayed.body)
	}
	whole := call("/invoke")
	if how := whole.header.Get("X-Headgate-Cache"); how != "hit" || !strings.Contains(whole.body, `"type":"message"`) || whole.header.Get("Content-Type") != "application/json" {
		t.Errorf("whole it is a %s, %s: %s", how, whole.header.Get("Content-Type"), whole.body)
	}
	if got := len(s.wire.passed()); got != 1 {
		t.Errorf("%d calls went upstream, want 1", got)
	}
}

// TestAnswersOutliveARestart: what is on disk is given out by the next process.
func TestAnswersOutliveARestart(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	ask := func() {
		t.Helper()
		q := question("before and after")
		q.InferenceConfig = &types.InferenceConfiguration{Temperature: aws.Float32(0)}
		if _, err := apart(runtime(t, s.gateway)).Converse(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	s.stop(t)
	s.startGateway(t)
	ask()
	if got := len(s.wire.passed()); got != 1 {
		t.Errorf("%d calls went upstream, want 1", got)
	}
}
