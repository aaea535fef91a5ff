package cloudwatch

import (
	"math"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"
)

// TestCBORIsReadByAnother: what is written here, the SDK's own codec reads, and
// the other way round.
func TestCBORIsReadByAnother(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_790_000_040_500).UTC()
	answer := object{
		{"text", "é"},
		{"small", int64(7)},
		{"large", int64(1 << 40)},
		{"below", int64(-300)},
		{"real", 1.5},
		{"yes", true},
		{"at", at},
		{"whole", at.Truncate(time.Second)},
		{"list", []any{"x", object{}}},
		{"map", mapping{{"p99", 2.0}}},
	}
	got, err := cbor.Decode(appendCBOR(nil, answer))
	if err != nil {
		t.Fatal(err)
	}
	want := cbor.Map{
		"text": cbor.String("é"), "small": cbor.Uint(7), "large": cbor.Uint(1 << 40), "below": cbor.NegInt(300),
		"real": cbor.Float64(1.5), "yes": cbor.Bool(true), "at": &cbor.Tag{ID: 1, Value: cbor.Float64(1_790_000_040.5)},
		"whole": &cbor.Tag{ID: 1, Value: cbor.Uint(1_790_000_040)},
		"list":  cbor.List{cbor.String("x"), cbor.Map{}}, "map": cbor.Map{"p99": cbor.Float64(2)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	want["half"], want["null"], want["bytes"] = cbor.Float32(0.25), &cbor.Nil{}, cbor.Slice("ab")
	back, err := decodeCBOR(cbor.Encode(want))
	if err != nil {
		t.Fatal(err)
	}
	plain := map[string]any{
		"text": "é", "small": int64(7), "large": int64(1 << 40), "below": int64(-300), "real": 1.5, "yes": true, "at": at,
		"whole": at.Truncate(time.Second), "list": []any{"x", map[string]any{}}, "map": map[string]any{"p99": 2.0},
		"half": 0.25, "null": nil, "bytes": "ab",
	}
	if diff := cmp.Diff(plain, back); diff != "" {
		t.Error(diff)
	}
}

func TestCBOROfUnknownLength(t *testing.T) {
	t.Parallel()
	// {_ "a": [_ 1, 1.0 in 16 bits], (_ "b", "c"): "x"}, with keys and text in parts
	got, err := decodeCBOR([]byte("\xbf\x61a\x9f\x01\xf9\x3c\x00\xff\x7f\x61b\x61c\xff\x61x\xff"))
	if want := (map[string]any{"a": []any{int64(1), 1.0}, "bc": "x"}); err != nil || !cmp.Equal(want, got) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for bits, want := range map[uint64]float64{0x0001: math.Ldexp(1, -24), 0x7bff: 65504, 0xfc00: math.Inf(-1), 0xc400: -4} {
		if got := half(bits); got != want {
			t.Errorf("half(%#x) = %v, want %v", bits, got, want)
		}
	}
}

func TestMalformedCBOR(t *testing.T) {
	t.Parallel()
	deep := make([]byte, 100_000)
	for i := range deep {
		deep[i] = 0x81
	}
	for name, data := range map[string]string{
		"empty": "", "cut": "\xa1\x61", "long array": "\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "long text": "\x7a\xff\xff\xff\xffx",
		"number as key": "\xa1\x01\x01", "no end": "\x9f\x01", "end alone": "\xff", "time as text": "\xc1\x61x", "rest": "\x01\x01",
		"reserved": "\x1c", "far time": "\xc1\xfb\x7f\xef\xff\xff\xff\xff\xff\xff", "deep": string(deep), "unending number": "\x1f",
	} {
		if v, err := decodeCBOR([]byte(data)); err == nil {
			t.Errorf("%s: taken as %v", name, v)
		}
	}
}

func FuzzCBOR(f *testing.F) {
	f.Add([]byte("\xbf\x61a\x9f\x01\xf9\x3c\x00\xff\xff"))
	f.Add(cbor.Encode(cbor.Map{"a": cbor.List{&cbor.Tag{ID: 1, Value: cbor.Uint(5)}, cbor.Float32(1)}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := decodeCBOR(data)
		if err != nil {
			return
		}
		if _, err := cbor.Decode(data); err != nil {
			// Only the depth and the tag of time are judged more strictly there.
			t.Skip()
		}
		if fields, ok := v.(map[string]any); ok {
			r := newReader(fields, false)
			readSetting(r)
			readQueries(r, "MetricDataQueries", maxQueries)
		}
	})
}

func TestForm(t *testing.T) {
	t.Parallel()
	got, err := decodeForm("Action=X&A.member.2.Name=b&A.member.1.Name=a&A.member.10.Name=c&S.Inner=1&L.member.1=v&Empty=")
	want := map[string]any{
		"Action": "X", "S": map[string]any{"Inner": "1"}, "L": []any{"v"}, "Empty": "",
		"A": []any{map[string]any{"Name": "a"}, map[string]any{"Name": "b"}, map[string]any{"Name": "c"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, body := range []string{"A=1&A.B=2", "A=1&A=2", "A.member.x=1", "A.member.0=1", "%zz=1"} {
		if v, err := decodeForm(body); err == nil {
			t.Errorf("%s: taken as %v", body, v)
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Action=PutMetricAlarm&AlarmName=a&Metrics.member.1.Id=m1&Metrics.member.1.MetricStat.Period=60")
	f.Add("A.member.1=1&A.member.2.B=2")
	f.Fuzz(func(_ *testing.T, body string) {
		fields, err := decodeForm(body)
		if err != nil {
			return
		}
		r := newReader(fields, true)
		readSetting(r)
		readQueries(r, "MetricDataQueries", maxQueries)
		for name := range fields {
			r.instant(name)
		}
	})
}
