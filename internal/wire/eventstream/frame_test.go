package eventstream_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/headgate/headgate/internal/wire/eventstream"
)

// withPreludeCRC puts the right checksum into the last four bytes of a prelude.
func withPreludeCRC(prelude []byte) []byte {
	p := bytes.Clone(prelude)
	binary.BigEndian.PutUint32(p[8:], crc32.ChecksumIEEE(p[:8]))
	return p
}

func TestAppendWritesWhatTheSDKReads(t *testing.T) {
	t.Parallel()
	headers := []eventstream.Header{{Name: ":message-type", Value: "exception"}, {Name: ":exception-type", Value: "throttlingException"}, {Name: "empty", Value: ""}}
	prefix := []byte("before")
	b, err := eventstream.Append(prefix, headers, []byte(`{"message":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, prefix) {
		t.Fatalf("Append lost what was in dst: %q", b)
	}
	msg, err := sdk.NewDecoder().Decode(bytes.NewReader(b[len(prefix):]), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		if v := msg.Headers.Get(h.Name); v == nil || v.String() != h.Value {
			t.Errorf("header %s = %v, want %q", h.Name, v, h.Value)
		}
	}
	if got := string(msg.Payload); got != `{"message":"m"}` {
		t.Errorf("payload = %s", got)
	}
	want := encode(t, `{"message":"m"}`, ":message-type", "exception", ":exception-type", "throttlingException", "empty", "")
	if got := b[len(prefix):]; !bytes.Equal(got, want) {
		t.Errorf("Append = %x\nthe SDK's = %x", got, want)
	}
}

func TestAppendRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	many := make([]eventstream.Header, 5)
	for i := range many {
		many[i] = eventstream.Header{Name: "n", Value: strings.Repeat("v", 32767)}
	}
	for _, tt := range []struct {
		name    string
		headers []eventstream.Header
		payload int
	}{
		{"no name", []eventstream.Header{{Value: "v"}}, 0},
		{"long name", []eventstream.Header{{Name: strings.Repeat("n", 256)}}, 0},
		{"long value", []eventstream.Header{{Name: "n", Value: strings.Repeat("v", 32768)}}, 0},
		{"many headers", many, 0},
		{"long payload", nil, eventstream.MaxPayload + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if b, err := eventstream.Append([]byte("x"), tt.headers, make([]byte, tt.payload)); err == nil || string(b) != "x" {
				t.Errorf("Append = %d bytes, err %v; want dst unchanged and an error", len(b), err)
			}
		})
	}
}
