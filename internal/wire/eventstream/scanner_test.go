package eventstream_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/wire/eventstream"
)

// message is a Message that owns its payload.
type message struct{ Type, Name, ContentType, Text, Payload string }

// scan feeds stream in chunks that end at the given cuts.
func scan(s *eventstream.Scanner, stream []byte, cuts ...int) (got []message) {
	for i, end := range append(cuts, len(stream)) {
		start := 0
		if i > 0 {
			start = cuts[i-1]
		}
		// Each chunk in a buffer of its own, spoilt afterwards: nothing may be kept of it.
		chunk := bytes.Clone(stream[start:end])
		for s.Feed(chunk); s.Next(); {
			m := s.Message()
			got = append(got, message{m.Type, m.Name, m.ContentType, m.Text, string(m.Payload)})
		}
		for i := range chunk {
			chunk[i] = 0xff
		}
	}
	return got
}

// encode writes a frame with the SDK's encoder.
func encode(tb testing.TB, payload string, headers ...string) []byte {
	tb.Helper()
	msg := sdk.Message{Payload: []byte(payload)}
	for i := 0; i < len(headers); i += 2 {
		msg.Headers.Set(headers[i], sdk.StringValue(headers[i+1]))
	}
	var b bytes.Buffer
	if err := sdk.NewEncoder().Encode(&b, msg); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func event(tb testing.TB, name, payload string) []byte {
	tb.Helper()
	return encode(tb, payload, ":message-type", "event", ":event-type", name, ":content-type", "application/json")
}

// sample is a stream like one of Bedrock's, and what is in it.
func sample(tb testing.TB) (stream []byte, want []message) {
	tb.Helper()
	for _, m := range []message{
		{"event", "messageStart", "application/json", "", `{"role":"assistant"}`},
		{"event", "contentBlockDelta", "application/json", "", `{"delta":{"text":"` + strings.Repeat("x", 300) + `"}}`},
		{"event", "metadata", "application/json", "", ""},
	} {
		stream = append(stream, event(tb, m.Name, m.Payload)...)
		want = append(want, m)
	}
	stream = append(stream, encode(tb, `{"message":"slow down"}`, ":message-type", "exception", ":exception-type", "throttlingException", ":content-type", "application/json")...)
	want = append(want, message{"exception", "throttlingException", "application/json", "", `{"message":"slow down"}`})
	stream = append(stream, encode(tb, "", ":message-type", "error", ":error-code", "500", ":error-message", "oops")...)
	return stream, append(want, message{"error", "500", "", "oops", ""})
}

func TestScannerFindsMessagesAtEveryCut(t *testing.T) {
	t.Parallel()
	stream, want := sample(t)
	var s eventstream.Scanner
	for cut := range len(stream) + 1 {
		s.Reset()
		if diff := cmp.Diff(want, scan(&s, stream, cut)); diff != "" {
			t.Fatalf("scan cut at %d (-want +got):\n%s", cut, diff)
		}
		if s.Err() != nil || !s.AtBoundary() {
			t.Fatalf("scan cut at %d: err %v, at boundary %t", cut, s.Err(), s.AtBoundary())
		}
	}
}

func TestScannerAtBoundaryOnlyBetweenFrames(t *testing.T) {
	t.Parallel()
	one, two := event(t, "messageStart", "{}"), event(t, "messageStop", `{"stopReason":"end_turn"}`)
	stream := append(bytes.Clone(one), two...)
	for end := range len(stream) + 1 {
		var s eventstream.Scanner
		scan(&s, stream[:end])
		want := end == 0 || end == len(one) || end == len(stream)
		if got := s.AtBoundary(); got != want {
			t.Errorf("AtBoundary after %d of %d bytes = %t, want %t", end, len(stream), got, want)
		}
	}
}

func TestScannerReadsEveryHeaderType(t *testing.T) {
	t.Parallel()
	msg := sdk.Message{Payload: []byte("p")}
	for i, v := range []sdk.Value{
		sdk.BoolValue(true), sdk.BoolValue(false), sdk.Int8Value(-1), sdk.Int16Value(-2), sdk.Int32Value(-3),
		sdk.Int64Value(-4), sdk.BytesValue("raw"), sdk.StringValue("s"),
		sdk.UUIDValue{1, 2, 3},
	} {
		msg.Headers.Set(fmt.Sprintf("h%d", i), v)
	}
	msg.Headers.Set(":message-type", sdk.StringValue("event"))
	msg.Headers.Set(":event-type", sdk.StringValue("chunk"))
	var b bytes.Buffer
	if err := sdk.NewEncoder().Encode(&b, msg); err != nil {
		t.Fatal(err)
	}
	var s eventstream.Scanner
	got := scan(&s, b.Bytes())
	if diff := cmp.Diff([]message{{"event", "chunk", "", "", "p"}}, got); diff != "" {
		t.Errorf("scan (-want +got):\n%s\nerr %v", diff, s.Err())
	}
}

func TestScannerNamesTheFaultAndItsPlace(t *testing.T) {
	t.Parallel()
	good := event(t, "messageStart", `{"role":"assistant"}`)
	for _, tt := range []struct {
		name string
		at   int
		want string
	}{
		{"total length", 3, "the prelude's checksum"},
		{"headers length", 7, "the prelude's checksum"},
		{"prelude checksum", 9, "the prelude's checksum"},
		{"header", 14, "its checksum"},
		{"payload", len(good) - 6, "its checksum"},
		{"message checksum", len(good) - 1, "its checksum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bad := bytes.Clone(good)
			bad[tt.at] ^= 0x40
			stream := append(append(bytes.Clone(good), bad...), good...)
			var s eventstream.Scanner
			got := scan(&s, stream)
			var fault *eventstream.Error
			if !errors.As(s.Err(), &fault) || fault.Offset != int64(len(good)) || !strings.Contains(fault.Reason, tt.want) {
				t.Errorf("Err() = %v, want %q at byte %d", s.Err(), tt.want, len(good))
			}
			if len(got) != 1 {
				t.Errorf("messages passed = %d, want only the one before the fault", len(got))
			}
			if s.AtBoundary() {
				t.Error("AtBoundary() = true after a fault")
			}
			if more := scan(&s, good); more != nil || s.Err().Error() != fault.Error() {
				t.Errorf("after the fault: %d messages, err %v", len(more), s.Err())
			}
		})
	}
}

func TestScannerRefusesImpossibleLengthsBeforeTheirBytes(t *testing.T) {
	t.Parallel()
	// A prelude whose checksum is right and whose lengths cannot be; nothing follows.
	for name, prelude := range map[string][]byte{
		"too short":        {0, 0, 0, 8, 0, 0, 0, 0, 0x3c, 0x12, 0x40, 0x51},
		"headers too long": {0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0x00, 0, 0, 0, 0},
		"frame too long":   {0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s eventstream.Scanner
			scan(&s, withPreludeCRC(prelude))
			if s.Err() == nil || !strings.Contains(s.Err().Error(), "impossible lengths") {
				t.Errorf("Err() = %v, want impossible lengths", s.Err())
			}
		})
	}
}

func TestScannerAgreesWithSDK(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var stream []byte
		var want []message
		for range rapid.IntRange(0, 6).Draw(rt, "frames") {
			name := rapid.StringN(1, 20, 60).Draw(rt, "name")
			payload := string(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(rt, "payload"))
			stream = append(stream, event(t, name, payload)...)
			want = append(want, message{"event", name, "application/json", "", payload})
		}
		var cuts []int
		for at := 0; ; {
			at += rapid.IntRange(1, 200).Draw(rt, "cut")
			if at >= len(stream) {
				break
			}
			cuts = append(cuts, at)
		}
		var s eventstream.Scanner
		if diff := cmp.Diff(want, scan(&s, stream, cuts...)); diff != "" {
			rt.Fatalf("scan with cuts %v (-want +got):\n%s", cuts, diff)
		}
		if s.Err() != nil || !s.AtBoundary() {
			rt.Fatalf("err %v, at boundary %t", s.Err(), s.AtBoundary())
		}
	})
}

func TestScannerDoesNotAllocateWhenWarm(t *testing.T) { //nolint:paralleltest // AllocsPerRun must run alone
	stream, _ := sample(t)
	stream = stream[:bytes.Index(stream, []byte(":error-code"))-100] // an error frame's text is a fresh string
	var s eventstream.Scanner
	run := func() {
		s.Reset()
		for rest := stream; len(rest) > 0; {
			n := min(100, len(rest))
			for s.Feed(rest[:n]); s.Next(); {
				if s.Message().Name == "" {
					t.Error("message without a name")
				}
			}
			rest = rest[n:]
		}
	}
	run()
	if got := testing.AllocsPerRun(100, run); got != 0 {
		t.Errorf("allocations per stream = %v, want 0", got)
	}
}

func FuzzScanner(f *testing.F) {
	stream, _ := sample(f)
	f.Add(stream, uint16(7))
	f.Add(stream[:40], uint16(1))
	f.Add([]byte{0, 0, 0, 16, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff}, uint16(3))
	f.Fuzz(func(t *testing.T, stream []byte, size uint16) {
		var whole, cut eventstream.Scanner
		want := scan(&whole, stream)
		var cuts []int
		for at := int(size) + 1; at < len(stream); at += int(size) + 1 {
			cuts = append(cuts, at)
		}
		got := scan(&cut, stream, cuts...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages depend on the cuts (-whole +cut):\n%s", diff)
		}
		if fmt.Sprint(whole.Err()) != fmt.Sprint(cut.Err()) || whole.AtBoundary() != cut.AtBoundary() {
			t.Errorf("whole: %v, boundary %t; cut: %v, boundary %t", whole.Err(), whole.AtBoundary(), cut.Err(), cut.AtBoundary())
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	stream, _ := sample(b)
	var s eventstream.Scanner
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		for s.Feed(stream); s.Next(); {
		}
	}
}
