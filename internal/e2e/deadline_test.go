package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// pressed are the calls of one run, one after another, that is to be done in so
// many seconds.
type pressed struct {
	name    string
	calls   int
	seconds int
	// begun is called when its first call has been answered.
	begun func()
}

func (p pressed) labels() func(*bedrockruntime.Options) {
	return func(o *bedrockruntime.Options) {
		for name, value := range map[string]string{
			"X-Headgate-Run": p.name, "X-Headgate-Run-Calls": strconv.Itoa(p.calls), "X-Headgate-Run-Deadline": strconv.Itoa(p.seconds),
		} {
			header(name, value)(o)
		}
	}
}

// make makes the calls and returns how long the run was told to stay away, 0 when
// it was let in.
func (p pressed) make(t *testing.T, s *stand) (away time.Duration) {
	t.Helper()
	c := runtime(t, s.gateway)
	for i := range p.calls {
		_, err := c.Converse(t.Context(), question(fmt.Sprintf("[run %s call %d]", p.name, i)), p.labels())
		switch answer, ok := errors.AsType[*smithyhttp.ResponseError](err); {
		case err == nil:
		case i > 0:
			t.Errorf("call %d of run %s, which had begun: %v", i, p.name, err)
			return 0
		case !ok || !isType[*types.ThrottlingException](err):
			t.Errorf("the first call of run %s: %v, want success or a ThrottlingException", p.name, err)
			return 0
		default:
			return checkTurnedAway(t, answer.Response.Header, err.Error())
		}
		if i == 0 && p.begun != nil {
			p.begun()
		}
	}
	return 0
}

// checkTurnedAway looks at a refusal of a run and returns what it was told.
func checkTurnedAway(t *testing.T, h http.Header, message string) time.Duration {
	t.Helper()
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	ms, msErr := strconv.Atoi(h.Get("X-Amz-Retry-After"))
	if err != nil || msErr != nil || seconds < 1 || seconds != (ms+999)/1000 {
		t.Errorf("Retry-After %q, X-Amz-Retry-After %q", h.Get("Retry-After"), h.Get("X-Amz-Retry-After"))
	}
	if got := h.Get("X-Headgate-Limit"); got != "requests_per_minute" {
		t.Errorf("X-Headgate-Limit %q, want requests_per_minute", got)
	}
	for _, want := range []string{"requests_per_minute", "run-deadline", "it is let in"} {
		if !strings.Contains(message, want) {
			t.Errorf("%q does not say %q", message, want)
		}
	}
	return time.Duration(seconds) * time.Second
}

// TestARunComesBackWhenTold: of two runs that each have time for themselves alone,
// one is let in and done; the other is turned away before anything of it is spent,
// comes back when it was told to, and is done too.
func TestARunComesBackWhenTold(t *testing.T) {
	t.Parallel()
	const scale, calls, seconds = 60, 8, 170
	s := setup(t, options{scale: scale, quotas: []emulator.Quota{perMinute(4, 500_000)}})
	begun, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		first := pressed{name: "first", calls: calls, seconds: seconds, begun: func() { close(begun) }}
		if away := first.make(t, s); away > 0 {
			t.Errorf("the first run was told to come back after %v", away)
		}
	}()
	<-begun
	second := pressed{name: "second", calls: calls, seconds: seconds}
	away := second.make(t, s)
	if away == 0 {
		t.Error("the second run was let in beside the first")
	}
	<-time.After(away / scale)
	if again := second.make(t, s); again > 0 {
		t.Errorf("back after %v it was told to come back after %v", away, again)
	}
	<-done
	s.noThrottle(t)
	made := map[llm.RunID]int{}
	for _, e := range s.entries(t) {
		if e.Outcome == ledger.OK {
			made[e.Run]++
			continue
		}
		if e.Run != "second" || e.Outcome != ledger.Refused || e.Status != http.StatusTooManyRequests || e.Attempts != 0 ||
			e.Limit != "requests_per_minute" || !strings.HasPrefix(e.Reason, "refused at once: with requests_per_minute as it is, the run cannot be done in 2m50s") {
			t.Errorf("entry %+v, want the second run's refusal with its reason", e)
		}
	}
	if made["first"] != calls || made["second"] != calls {
		t.Errorf("calls by run: %v, want %d of each", made, calls)
	}
}

// TestRunsAreTurnedAwayInEveryOperation, whether the label comes in a header or in
// the body's metadata.
func TestRunsAreTurnedAwayInEveryOperation(t *testing.T) {
	t.Parallel()
	s := setup(t, options{quotas: []emulator.Quota{perMinute(2, 500_000)}})
	c := runtime(t, s.gateway)
	for i := range 2 { // the minute is used up
		if _, err := c.Converse(t.Context(), question(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	model := "/model/" + url.PathEscape(usHaiku)
	const (
		converse = `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"maxTokens":10}%s}`
		metadata = `,"requestMetadata":{"headgate.run":"m","headgate.run-calls":"4","headgate.run-deadline":"75"}`
		invoke   = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}`
	)
	labels := []string{"X-Headgate-Run", "h", "X-Headgate-Run-Calls", "4", "X-Headgate-Run-Deadline", "75"}
	client := &http.Client{Transport: transport(t)}
	for name, tc := range map[string]struct {
		path, body string
		labels     []string
	}{
		"Converse":                           {model + "/converse", fmt.Sprintf(converse, ""), labels},
		"Converse, labels in its metadata":   {model + "/converse", fmt.Sprintf(converse, metadata), nil},
		"ConverseStream":                     {model + "/converse-stream", fmt.Sprintf(converse, ""), labels},
		"InvokeModel":                        {model + "/invoke", invoke, labels},
		"InvokeModelWithResponseStream":      {model + "/invoke-with-response-stream", invoke, labels},
		"ConverseStream, labels in metadata": {model + "/converse-stream", fmt.Sprintf(converse, metadata), nil},
	} {
		got, err := postRaw(t, client, s.gateway, tc.path, tc.body, tc.labels...)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != http.StatusTooManyRequests || !strings.HasPrefix(got.header.Get("X-Amzn-Errortype"), "ThrottlingException") {
			t.Errorf("%s: %d, type %q: %s", name, got.status, got.header.Get("X-Amzn-Errortype"), got.body)
			continue
		}
		checkTurnedAway(t, got.header, got.body)
	}
	got, err := postRaw(t, client, s.gateway, model+"/converse", fmt.Sprintf(converse, ""), "X-Headgate-Run-Deadline", "soon")
	if err != nil || got.status != http.StatusBadRequest || !strings.Contains(got.body, "run-deadline must be a number of seconds") {
		t.Errorf("a label that is no number: %v, %+v", err, got)
	}
	s.noThrottle(t)
	if n := s.pool().Requests; n != 2 {
		t.Errorf("%d requests upstream, want the first 2", n)
	}
}
