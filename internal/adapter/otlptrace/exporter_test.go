package otlptrace

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/tracecontext"
	"github.com/headgate/headgate/internal/wire/transcript"
)

func exporter(t *testing.T, o Options) *Exporter {
	t.Helper()
	o.Endpoint = "http://127.0.0.1:1"
	e, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSampledIsThePartThatWasAskedFor(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, sample := range []float64{0, 0.1, 0.5, 1} {
		e, kept := exporter(t, Options{Sample: sample}), 0
		for range 10_000 {
			var id [16]byte
			for i := range id {
				id[i] = byte(random.Uint32())
			}
			if e.Sampled(id) {
				kept++
			}
		}
		if got := float64(kept) / 10_000; got < sample-0.02 || got > sample+0.02 {
			t.Errorf("%v of the traces are kept, want %v", got, sample)
		}
	}
}

// TestTheQueueIsBounded: nobody takes anything, and nobody waits.
func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	e := exporter(t, Options{Sample: 1})
	for range queue + 10 {
		e.Trace(&dispatch.Story{At: tracecontext.Context{Sampled: true}, Request: []byte("{}")})
	}
	if got := e.Stats(); got.Dropped != 10 || got.Skipped != 0 {
		t.Errorf("%+v, want 10 dropped", got)
	}
	if k := <-e.queue; k.story.Request != nil || k.content != nil {
		t.Error("a body waits with the story, although content is off")
	}
}

// TestACollectorThatHangsEndsWithTheDrain: all that is left is given up in the time
// of one batch, and counted.
func TestACollectorThatHangsEndsWithTheDrain(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	e, err := New(t.Context(), Options{Endpoint: server.URL, Sample: 1})
	if err != nil {
		t.Fatal(err)
	}
	e.patience = 50 * time.Millisecond
	for range queue {
		e.Trace(&dispatch.Story{At: tracecontext.Context{Trace: [16]byte{1}, Span: [8]byte{1}, Sampled: true}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begun := time.Now()
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	if took, got := time.Since(begun), e.Stats(); got.Dropped != queue || got.Sent != 0 || took > 20*e.patience {
		t.Errorf("the drain took %v, with %+v; want %d dropped in about %v", took, got, queue, e.patience)
	}
}

func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		entry   ledger.Entry
		sampled bool
		kept    bool
	}{
		{"went well", ledger.Entry{Outcome: ledger.OK}, false, false},
		{"went well and is sampled", ledger.Entry{Outcome: ledger.OK}, true, true},
		{"met a throttle", ledger.Entry{Outcome: ledger.OK, ThrottledTokens: 1}, false, true},
		{"was refused", ledger.Entry{Outcome: ledger.Refused}, false, true},
		{"broke", ledger.Entry{Outcome: ledger.Broken}, false, true},
	} {
		e := exporter(t, Options{})
		e.Trace(&dispatch.Story{Entry: c.entry, At: tracecontext.Context{Sampled: c.sampled}})
		if kept := len(e.queue) == 1; kept != c.kept || kept == (e.Stats().Skipped == 1) {
			t.Errorf("what %s: kept %t, %+v; want %t", c.name, kept, e.Stats(), c.kept)
		}
	}
}

func TestAnEndpointThatIsNone(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"", "localhost:4318", "ftp://x", "http://"} {
		if _, err := New(t.Context(), Options{Endpoint: endpoint}); err == nil {
			t.Errorf("%q is taken for an endpoint", endpoint)
		}
	}
}

// TestMask: each form of a credential is masked, and what is around it is not.
func TestMask(t *testing.T) {
	t.Parallel()
	m := newMasks()
	for _, secret := range []string{
		"AKIAIOSFODNN7EXAMPLE", "sk-ant-api03-" + strings.Repeat("k", 24), "ghp_" + strings.Repeat("a1", 18), "xoxb-" + strings.Repeat("1", 20),
		"AIza" + strings.Repeat("B", 35), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk", "Bearer " + strings.Repeat("q", 20),
		`password: "hunter22"`, "api_key=abcdef123456", "://user:secret99@",
		"-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nhalf of it",
	} {
		got := m.mask("before " + secret + " after")
		if strings.Contains(got, secret) || !strings.Contains(got, "[masked]") || !strings.HasPrefix(got, "before ") {
			t.Errorf("%q becomes %q", secret, got)
		}
	}
	for _, plain := range []string{"the token count is 42", "https://example.com/a:b", "skiing in basic English", "risk-free"} {
		if got := m.mask(plain); got != plain {
			t.Errorf("%q becomes %q", plain, got)
		}
	}
}

// TestLongMessagesAreCut: the latest messages stay, and half a secret is none.
func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", mostPart)
	var said []transcript.Message
	for range 10 {
		said = append(said, transcript.Message{Role: "user", Parts: []transcript.Part{{Type: "text", Content: long}}})
	}
	said = append(said, transcript.Message{Role: "user", Parts: []transcript.Part{{Type: "text", Content: strings.Repeat("x", mostPart-8) + " AKIAIOSFODNN7EXAMPLE"}}})
	got := newMasks().encode(said)
	if len(got) > mostText+4096 || strings.Contains(got, "AKIA") || !strings.Contains(got, "bytes cut]") || !strings.Contains(got, "xxx") {
		t.Errorf("%d bytes, %.80s…", len(got), got)
	}
	e := exporter(t, Options{Content: true})
	large := e.masks.content(&dispatch.Story{Entry: ledger.Entry{Operation: llm.OpConverse}, Request: make([]byte, mostBody+1), Answer: make([]byte, mostBody)})
	if len(large) != 2 || !strings.Contains(large[0].Value.AsString(), "is not shown") {
		t.Errorf("a large body is told as %v", large)
	}
}
