package dispatch

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// frame is one frame of a stream.
func frame(kind, typ, payload string) string {
	b, err := eventstream.Append(nil, []eventstream.Header{
		{Name: ":" + kind + "-type", Value: typ},
		{Name: ":content-type", Value: "application/json"},
		{Name: ":message-type", Value: kind},
	}, []byte(payload))
	if err != nil {
		panic(err) // the tests' own frames fit
	}
	return string(b)
}

// The frames of ConverseStream.
func opening() string { return frame("event", "messageStart", `{"role":"assistant"}`) }

func content() string {
	return frame("event", "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"hi"}}`)
}

func closing() string {
	return frame("event", "messageStop", `{"stopReason":"end_turn"}`) +
		frame("event", "metadata", `{"usage":{"inputTokens":40,"outputTokens":70,"totalTokens":110},"metrics":{"latencyMs":2000}}`)
}

func exception(typ string) string { return frame("exception", typ, `{"message":"it broke"}`) }

func stream(parts ...string) reply {
	return reply{status: 200, stream: true, after: 2 * time.Second, body: strings.Join(parts, "")}
}

func goodStream() reply { return stream(opening(), content(), content(), closing()) }

func streamRequest(run string) *Request {
	r := request(run)
	r.Operation, r.RawPath = llm.OpConverseStream, "/model/"+haiku+"/converse-stream"
	return r
}

// goodStreamCharge is what goodStream settles: input + 5 × output
// (docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown).
const goodStreamCharge = 40 + 5*70

func TestStreamSettlesAndTeaches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const calls = 7
		var script []reply
		for range calls {
			script = append(script, goodStream())
		}
		b := setup(t, perMinute(100, 500_000), script...)
		for range calls {
			status, body, err := b.send(t.Context(), streamRequest("a-run-of-many-calls"))
			if status != 200 || body != goodStream().body || err != nil {
				t.Fatalf("got %d, %q, %v; want the upstream's bytes", status, body, err)
			}
		}
		b.quiet(t, calls)
		first, last := b.ledger.entries[0], b.ledger.entries[calls-1]
		if want := (llm.Usage{Input: 40, Output: 70}); first.Usage != want || first.Settled != goodStreamCharge || first.Outcome != ledger.OK {
			t.Errorf("entry: %s, usage %+v, settled %d; want ok, %+v, %d", first.Outcome, first.Usage, first.Settled, want, goodStreamCharge)
		}
		// The last call of its kind is expected to use what those before did, and
		// at most a fifth more.
		if most := int64(goodStreamCharge * 6 / 5); last.Forecast < goodStreamCharge || last.Forecast > most || first.Forecast <= most {
			t.Errorf("forecasts %d, then %d; want the last from %d to %d, and the first above", first.Forecast, last.Forecast, goodStreamCharge, most)
		}
	})
}

func TestStreamThatBreaksBeforeContentIsRetriedUnseen(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]reply{
		"exception at once":       stream(exception("internalServerException")),
		"exception after opening": stream(opening(), exception("serviceUnavailableException")),
		"model's own trouble":     stream(opening(), exception("modelStreamErrorException")),
		"clean end":               stream(opening()),
		"nothing":                 stream(),
		"cut inside a frame":      stream(opening()[:20]),
		"connection lost":         {status: 200, stream: true, body: opening(), broken: errors.New("reset")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, perMinute(100, 500_000), bad, bad, goodStream())
				status, body, err := b.send(t.Context(), streamRequest("a"))
				if status != 200 || body != goodStream().body || err != nil {
					t.Fatalf("got %d, %q, %v; want the good stream alone", status, body, err)
				}
				b.quiet(t, 1)
				e := b.ledger.entries[0]
				if e.Outcome != ledger.OK || e.Attempts != 3 {
					t.Errorf("entry: %s in %d attempts, want ok in 3", e.Outcome, e.Attempts)
				}
				// Each broken attempt was admitted and its input read.
				if e.Settled <= goodStreamCharge {
					t.Errorf("settled %d, want more than the %d of the good attempt", e.Settled, goodStreamCharge)
				}
			})
		})
	}
}

func TestStreamThatIsThrottledCorrectsTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refusal := frame("exception", "throttlingException", `{"message":"Too many requests, please wait before trying again."}`)
		b := setup(t, perMinute(2, 500_000), stream(opening(), refusal), goodStream())
		status, body, err := b.send(t.Context(), streamRequest("a"))
		if status != 200 || body != goodStream().body || err != nil {
			t.Fatalf("got %d, %q, %v; want the good stream alone", status, body, err)
		}
		b.quiet(t, 1)
		if e := b.ledger.entries[0]; e.ThrottledRequests != 1 || e.Attempts != 2 || e.Outcome != ledger.OK {
			t.Errorf("entry: %s, %d throttles in %d attempts; want ok, 1 in 2", e.Outcome, e.ThrottledRequests, e.Attempts)
		}
		if gap := b.up.starts[1].Sub(b.up.starts[0]); gap < 30*time.Second {
			t.Errorf("the second attempt came after %v, want the 30 s that earn one request", gap)
		}
	})
}

func TestExceptionAfterContentPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := stream(opening(), content(), exception("modelStreamErrorException"))
		b := setup(t, perMinute(100, 500_000), bad)
		status, body, err := b.send(t.Context(), streamRequest("a"))
		if status != 200 || body != bad.body || err != nil {
			t.Errorf("got %d, %q, %v; want the upstream's bytes, exception included", status, body, err)
		}
		b.quiet(t, 1)
		e := b.ledger.entries[0]
		if e.Outcome != ledger.Broken || e.ErrorKind != "modelStreamErrorException" || e.Attempts != 1 {
			t.Errorf("entry: %s by %s in %d attempts, want broken by modelStreamErrorException in 1", e.Outcome, e.ErrorKind, e.Attempts)
		}
		if e.Settled < e.Forecast {
			t.Errorf("settled %d, want no less than the forecast %d: nobody says what a broken stream cost", e.Settled, e.Forecast)
		}
	})
}

// TestFinalExceptionBeforeContentPasses: another attempt would not change it.
func TestFinalExceptionBeforeContentPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := stream(opening(), exception("validationException"))
		b := setup(t, perMinute(100, 500_000), bad)
		if _, body, err := b.send(t.Context(), streamRequest("a")); body != bad.body || err != nil {
			t.Errorf("got %q, %v; want the upstream's bytes", body, err)
		}
		b.quiet(t, 1)
		if e := b.ledger.entries[0]; e.Outcome != ledger.Broken || e.Attempts != 1 {
			t.Errorf("entry: %s in %d attempts, want broken in 1", e.Outcome, e.Attempts)
		}
	})
}

func TestStreamCutBetweenFramesEndsInAnException(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{"clean end": nil, "connection lost": errors.New("reset")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bad := stream(opening(), content())
				bad.broken = broken
				b := setup(t, perMinute(100, 500_000), bad)
				_, body, err := b.send(t.Context(), streamRequest("a"))
				rest, ok := strings.CutPrefix(body, bad.body)
				if err != nil || !ok {
					t.Fatalf("got %q, %v; want the upstream's bytes first", body, err)
				}
				var s eventstream.Scanner
				s.Feed([]byte(rest))
				if !s.Next() || s.Message().Type != eventstream.TypeException || s.Message().Name != "modelStreamErrorException" || s.Next() || !s.AtBoundary() {
					t.Errorf("the stream goes on with %q, want one modelStreamErrorException", rest)
				}
				b.quiet(t, 1)
				if e := b.ledger.entries[0]; e.Outcome != ledger.Broken || e.Settled < e.Forecast {
					t.Errorf("entry: %s, settled %d of a forecast of %d; want broken and no less", e.Outcome, e.Settled, e.Forecast)
				}
			})
		})
	}
}

func TestStreamCutInsideAFrameFailsTheRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := stream(opening(), content(), content()[:30])
		b := setup(t, perMinute(100, 500_000), bad)
		_, body, err := b.send(t.Context(), streamRequest("a"))
		if body != bad.body || err == nil {
			t.Errorf("got %q, %v; want the upstream's bytes and an error", body, err)
		}
		b.quiet(t, 1)
		if e := b.ledger.entries[0]; e.Outcome != ledger.Broken {
			t.Errorf("entry: %s, want broken", e.Outcome)
		}
	})
}

func TestClientThatLeavesAStreamCancelsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endless := stream(opening(), content())
		endless.hangs = true
		b := setup(t, perMinute(100, 500_000), endless)
		ctx, leave := context.WithCancel(t.Context())
		resp, err := b.Do(ctx, streamRequest("a"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, len(endless.body))); err != nil {
			t.Fatal(err)
		}
		leave()
		_ = resp.Body.Close() // has been closed with its context
		b.quiet(t, 1)         // waits for ever if the attempt goes on
		e := b.ledger.entries[0]
		if e.Outcome != ledger.Cancelled || e.ErrorKind != fault.Cancelled.String() || e.Settled < e.Forecast {
			t.Errorf("entry: %s (%s), settled %d of a forecast of %d; want cancelled and no less", e.Outcome, e.ErrorKind, e.Settled, e.Forecast)
		}
	})
}

// TestCloseGivesUpWhatIsLed: one call waits, one never gets an answer, and one
// has begun to be answered.
func TestCloseGivesUpWhatIsLed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endless := stream(opening(), content())
		endless.hangs = true
		mute := good(1, 1)
		mute.after = time.Hour
		b := setup(t, perMinute(2, 500_000), endless, mute)
		for i, r := range []*Request{streamRequest("a"), request("b"), request("c")} {
			go func() {
				if _, _, err := b.send(t.Context(), r); err == nil {
					t.Errorf("call %d ended well", i)
				}
			}()
			synctest.Wait()
		}
		b.Close()
		synctest.Wait()
		b.quiet(t, 3)
		for _, e := range b.ledger.entries {
			if e.Outcome != ledger.Cancelled {
				t.Errorf("entry: %s, want cancelled", e.Outcome)
			}
		}
		if last := b.ledger.entries; !strings.Contains(last[0].ErrorMessage+last[1].ErrorMessage+last[2].ErrorMessage, "stopped while the call waited for requests_per_minute") {
			t.Errorf("no entry says that the gateway was stopped while its call waited")
		}
	})
}

// TestWhatIsNoStreamPasses: what is in front of Bedrock may answer a streaming
// call with something else. The client judges it; it is neither held back nor
// asked for again.
func TestWhatIsNoStreamPasses(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]reply{
		"JSON":             {status: 200, body: `{"output":{}}`},
		"cut JSON":         {status: 200, body: `{"output":`},
		"bytes of no kind": {status: 200, stream: true, body: strings.Repeat("\x1f\x8b no frame", 10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, perMinute(100, 500_000), odd)
				status, body, err := b.send(t.Context(), streamRequest("a"))
				if status != 200 || body != odd.body || err != nil {
					t.Errorf("got %d, %q, %v; want the upstream's bytes", status, body, err)
				}
				b.quiet(t, 1)
				if e := b.ledger.entries[0]; e.Attempts != 1 || e.Settled != e.Forecast {
					t.Errorf("entry: %d attempts, settled %d of a forecast of %d; want 1 and as much", e.Attempts, e.Settled, e.Forecast)
				}
			})
		})
	}
}

// TestClientThatLeavesAfterTheEndIsServed: some clients hang up as soon as they
// have read the last event.
func TestClientThatLeavesAfterTheEndIsServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lingering := goodStream()
		lingering.hangs = true
		b := setup(t, perMinute(100, 500_000), lingering)
		resp, err := b.Do(t.Context(), streamRequest("a"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, len(lingering.body))); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		b.quiet(t, 1)
		if e := b.ledger.entries[0]; e.Outcome != ledger.OK || e.Settled != goodStreamCharge {
			t.Errorf("entry: %s, settled %d; want ok, %d", e.Outcome, e.Settled, goodStreamCharge)
		}
	})
}

// TestFinalExceptionIsNotRecorded: its message may quote the request.
func TestFinalExceptionIsNotRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(100, 500_000), stream(opening(), content(), frame("exception", "validationException", `{"message":"the prompt was: hello"}`)))
		_, _, _ = b.send(t.Context(), streamRequest("a"))
		b.quiet(t, 1)
		if e := b.ledger.entries[0]; e.Outcome != ledger.Broken || e.ErrorKind != "validationException" || e.ErrorMessage != "" {
			t.Errorf("entry: %s, %s, %q; want broken, validationException and no message", e.Outcome, e.ErrorKind, e.ErrorMessage)
		}
	})
}

// TestCallAfterCloseIsGivenUp: a face that is cut off may hand over one more
// call, which nobody would wait for.
func TestCallAfterCloseIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mute := good(1, 1)
		mute.after = time.Hour
		b := setup(t, perMinute(2, 500_000), mute)
		b.Close()
		begin := time.Now()
		if _, _, err := b.send(t.Context(), request("a")); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("err = %v, want cancelled", err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("it was given up after %v, want at once", took)
		}
		b.quiet(t, 1)
	})
}
