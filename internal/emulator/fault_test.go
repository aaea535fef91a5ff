package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

func TestErrorFaults(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	for _, tt := range []struct {
		kind string
		want string
	}{
		{"internal", "InternalServerException: The system encountered an unexpected error during processing. Try your request again."},
		{"unavailable", "ServiceUnavailableException: Too many connections, please wait before trying again."},
		{"not-ready", "ModelNotReadyException: "},
	} {
		put(t, b.url+"/emulator/faults", `{"kind":"`+tt.kind+`","next":1,"model":"anthropic.*"}`, 204)
		if _, err := b.client.Converse(t.Context(), converse(novaLite, "x", 5)); err != nil {
			t.Errorf("%s struck another model: %v", tt.kind, err)
		}
		if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 5)); !strings.HasPrefix(code(err), tt.want) {
			t.Errorf("%s: %v, want %s", tt.kind, err, tt.want)
		}
		if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 5)); err != nil {
			t.Errorf("%s struck twice: %v", tt.kind, err)
		}
	}
	if p := b.pool(haiku, llm.PathGeo); p.Usage.Output != 15 || p.Held != 0 || p.Accepted != 6 {
		t.Errorf("stats: %+v, want the tokens of three answers", p)
	}
	put(t, b.url+"/emulator/faults", `[{"kind":"gremlin","next":1}]`, 400)
}

func TestFaultsByProbability(t *testing.T) {
	t.Parallel()
	struck := func(seed uint64) (n int) {
		b := setup(t, emulator.Config{Seed: seed, Faults: []emulator.Fault{{Kind: emulator.FaultInternal, Probability: 0.25}}})
		for range 200 {
			if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1)); err != nil {
				n++
			}
		}
		return n
	}
	first := struck(1)
	if first < 25 || first > 75 || struck(1) != first {
		t.Errorf("a quarter of 200 calls is %d, then %d", first, struck(1))
	}
}

// stream reads a stream to its end and returns its events and its error.
func stream(ctx context.Context, t *testing.T, b *bench) (events int, err error) {
	t.Helper()
	out, err := b.client.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(usHaiku), Messages: userMessage("[[output_tokens=100]]")})
	if err != nil {
		return 0, err
	}
	for range out.GetStream().Events() {
		events++
	}
	return events, out.GetStream().Err()
}

func TestStreamBreaks(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	typed := map[string]func(error) bool{
		"throttlingException":         is[*types.ThrottlingException],
		"internalServerException":     is[*types.InternalServerException],
		"modelStreamErrorException":   is[*types.ModelStreamErrorException],
		"serviceUnavailableException": is[*types.ServiceUnavailableException],
	}
	for name, isIt := range typed {
		before := b.pool(haiku, llm.PathGeo).Usage
		if err := b.SetFaults([]emulator.Fault{{Kind: emulator.FaultStreamException, Next: 1, After: 6, Exception: name}}); err != nil {
			t.Fatal(err)
		}
		events, err := stream(t.Context(), t, b)
		if events != 6 || !isIt(err) {
			t.Errorf("%s: %d events, then %v", name, events, err)
		}
		// The start, and five pieces of four tokens.
		if p := settled(t, b); p.Usage.Output-before.Output != 20 || p.Held != 0 {
			t.Errorf("%s: charged for %d tokens, want 20; %d held", name, p.Usage.Output-before.Output, p.Held)
		}
	}
	if err := b.SetFaults([]emulator.Fault{{Kind: emulator.FaultStreamCut, Next: 1, After: 3}}); err != nil {
		t.Fatal(err)
	}
	if events, err := stream(t.Context(), t, b); events > 3 || errors.Is(err, io.EOF) {
		t.Errorf("cut: %d events, then %v", events, err)
	}
	if events, err := stream(t.Context(), t, b); err != nil || events < 20 {
		t.Errorf("after the faults: %d events, %v", events, err)
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestResetAndHang(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Faults: []emulator.Fault{{Kind: emulator.FaultReset, Next: 1}, {Kind: emulator.FaultHang, Next: 1}}})
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 5)); err == nil || code(err) != "" {
		t.Errorf("reset: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.client.Converse(ctx, converse(usHaiku, "x", 5)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
	if p := settled(t, b); p.Held != 0 || p.Settled != 0 || p.Accepted != 2 {
		t.Errorf("stats: %+v", p)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{
		Latency: emulator.Latency{TimeToFirstToken: 2 * time.Second, PerToken: 20 * time.Millisecond}, TimeScale: 100,
	})
	start := time.Now()
	out, err := b.client.Converse(t.Context(), converse(usHaiku, "[[output_tokens=100]]", 0))
	if err != nil {
		t.Fatal(err)
	}
	// 2 s + 100 × 20 ms, a hundred times faster.
	if took := time.Since(start); took < 40*time.Millisecond || *out.Metrics.LatencyMs < 4000 {
		t.Errorf("took %v, reported %d ms", took, *out.Metrics.LatencyMs)
	}
	if err := b.SetFaults([]emulator.Fault{{Kind: emulator.FaultSlow, Next: 1, DelayMS: 10_000}}); err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	if _, err := stream(t.Context(), t, b); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 140*time.Millisecond {
		t.Errorf("a slow first token took %v", took)
	}
}

// stuck is a client of a stream that reads nothing for a while, and then leaves.
type stuck struct {
	http.ResponseWriter

	pause time.Duration
	leave func()
}

func (s *stuck) Write(b []byte) (int, error) {
	time.Sleep(s.pause)
	s.leave()
	return s.ResponseWriter.Write(b)
}

// TestWhatIsNotSentIsPaidForToo: tokens that a client which leaves had not read
// were generated all the same.
func TestWhatIsNotSentIsPaidForToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, err := emulator.New(emulator.Config{Latency: emulator.Latency{TimeToFirstToken: -1, PerToken: 10 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/model/"+usHaiku+"/converse-stream",
			strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"[[output_tokens=100]]"}]}]}`))
		e.Handler().ServeHTTP(&stuck{httptest.NewRecorder(), 205 * time.Millisecond, cancel}, r)
		if p := e.Stats().Pool(emulator.DefaultAccount, emulator.DefaultRegion, haiku, llm.PathGeo); p.InFlight != 0 || p.Usage.Output != 20 {
			t.Errorf("charged for %d tokens, %d under way; want the 20 of 200 ms", p.Usage.Output, p.InFlight)
		}
	})
}

// plainStream reads a stream to its end without an SDK. The one for Go closes the
// request's body when it has the answer's head; if that comes before net/http has
// looked for the body's end, as from a server that takes no time at all, net/http
// breaks the connection off.
func (b *bench) plainStream(ctx context.Context, text string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/model/"+usHaiku+"/converse-stream",
		strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"`+text+`"}]}]}`))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// TestClientsThatLeavePayForWhatWasGenerated, streamed or not.
func TestClientsThatLeavePayForWhatWasGenerated(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Latency: emulator.Latency{TimeToFirstToken: -1, PerToken: 10 * time.Millisecond}})
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := b.client.Converse(ctx, converse(usHaiku, "[[output_tokens=1000]]", 0))
			return err
		},
		func(ctx context.Context) error { return b.plainStream(ctx, "[[output_tokens=1000]]") },
	} {
		b.Reset()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			// The client leaves in the middle of the ten seconds that it takes.
			for end := time.Now().Add(5 * time.Second); b.pool(haiku, llm.PathGeo).InFlight == 0 && time.Now().Before(end); {
				<-time.After(time.Millisecond)
			}
			<-time.After(200 * time.Millisecond)
			cancel()
		}()
		err := call(ctx) // fails, or ends early and silently
		cancel()
		p := settled(t, b)
		if p.Held != 0 || p.Usage.Output < 1 || p.Usage.Output > 999 {
			t.Errorf("left in the middle of 1,000 tokens: charged for %d, %d held; the call said %v", p.Usage.Output, p.Held, err)
		}
	}
}
