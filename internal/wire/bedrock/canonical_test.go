package bedrock_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

func form(t *testing.T, op llm.Operation, body string) string {
	t.Helper()
	out, ok := bedrock.Canonical(nil, op, []byte(body))
	if !ok {
		t.Fatalf("Canonical(%s) is not taken", body)
	}
	return string(out)
}

func TestCanonicalPassesOverOrderAndWhiteSpace(t *testing.T) {
	t.Parallel()
	same := []string{
		`{"messages":[{"role":"user","content":[{"text":"a b"}]}],"inferenceConfig":{"maxTokens":5,"temperature":0}}`,
		`{"inferenceConfig":{"temperature":0,"maxTokens":5},"messages":[{"content":[{"text":"a b"}],"role":"user"}]}`,
		"{ \"inferenceConfig\" :\n{\t\"maxTokens\": 5, \"temperature\": 0 } , \"messages\" : [ { \"role\":\"user\", \"content\":[{\"text\":\"a b\"}]}]}",
		`{"requestMetadata":{"headgate.run":"r1"},"messages":[{"role":"user","content":[{"text":"a b"}]}],"inferenceConfig":{"maxTokens":5,"temperature":0}}`,
		`{"messages":[{"r\u006fle":"user","content":[{"text":"a b"}]}],"inferenceConfig":{"maxTokens":5,"temperature":0}}`,
	}
	want := form(t, llm.OpConverse, same[0])
	for _, body := range same[1:] {
		if got := form(t, llm.OpConverse, body); got != want {
			t.Errorf("Canonical(%s)\n got %q\nwant %q", body, got, want)
		}
	}
}

func TestCanonicalTellsApart(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{"a":1,"b":2}`, `{"a":2,"b":1}`, `{"a":[1,2]}`, `{"a":[2,1]}`, `{"a":"1,2"}`, `{"a":{"b":2}}`, `{"a":1.0,"b":2}`,
		`{"a\":1,\"b":2}`, `{"a":"x"}`, `{"a":"x "}`, `{"a":null}`, `{}`, `{"a":{}}`, `{"a":[]}`, `{"a":[[]]}`, `{"":{"a":1}}`,
	}
	seen := map[string]string{}
	for _, body := range bodies {
		got := form(t, llm.OpInvoke, body)
		if other, known := seen[got]; known {
			t.Errorf("%s and %s have one form: %q", body, other, got)
		}
		seen[got] = body
	}
	// In a dialect of a model's own every member counts.
	if form(t, llm.OpInvoke, `{"requestMetadata":{}}`) == form(t, llm.OpInvoke, `{}`) {
		t.Error("a member of InvokeModel's body was dropped")
	}
}

func TestCanonicalRefusesDuplicates(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"a":1,"a":1}`, `{"x":[{"b":1,"c":2,"b":3}]}`, `{"a":1,"\u0061":2}`} {
		if _, ok := bedrock.Canonical(nil, llm.OpInvoke, []byte(body)); ok {
			t.Errorf("Canonical(%s) is taken", body)
		}
	}
}

func TestCanonicalRefusesWhatTakesTooLongToSort(t *testing.T) {
	t.Parallel()
	body := strings.Repeat(`{"b":0,"a":`, 500) + `"` + strings.Repeat("x", 1<<16) + `"` + strings.Repeat("}", 500)
	if _, ok := bedrock.Canonical(nil, llm.OpInvoke, []byte(body)); ok {
		t.Error("a body of 500 disordered levels is taken")
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"b":[1,{"c":"d"}],"a":null}`, `{"z":{"y":1,"x":"\u00e9"},"a":-1.5e3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, ok := bedrock.Canonical(nil, llm.OpInvoke, body)
		if !ok || !json.Valid(body) {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, body); err != nil {
			t.Fatal(err)
		}
		again, ok := bedrock.Canonical(nil, llm.OpInvoke, compact.Bytes())
		if !ok || !bytes.Equal(again, out) {
			t.Errorf("white space changes the form of %q:\n%q\n%q", body, out, again)
		}
		// Members in the order of their names, as encoding/json writes them: the form
		// may differ in spelling alone, so compare what both forms' bodies mean.
		var v, w any
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return
		}
		sorted, err := json.Marshal(v)
		if err != nil {
			return
		}
		d = json.NewDecoder(bytes.NewReader(sorted))
		d.UseNumber()
		if d.Decode(&w) != nil || !reflect.DeepEqual(v, w) {
			return
		}
		a, okA := bedrock.Canonical(nil, llm.OpInvoke, sorted)
		if !okA && strings.Count(string(sorted), "{") < 30 {
			t.Errorf("sorted members of %q are not taken: %q", body, sorted)
		}
		b, okB := bedrock.Canonical(nil, llm.OpInvoke, reversed(t, sorted))
		if okA && okB && !bytes.Equal(a, b) {
			t.Errorf("the order of members changes the form of %q", sorted)
		}
	})
}

// reversed writes the members of the outermost object the other way round.
func reversed(t *testing.T, object []byte) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil || members == nil {
		return object
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return object
	}
	var parts []string
	for d.More() {
		var raw json.RawMessage
		name, err := d.Token()
		if err != nil {
			return object
		}
		if err := d.Decode(&raw); err != nil {
			return object
		}
		key, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		parts = append([]string{string(key) + ":" + string(raw)}, parts...)
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

func BenchmarkCanonical(b *testing.B) {
	body := []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("All work and no play. ", 500) + `"}]}],"inferenceConfig":{"temperature":0,"maxTokens":500},"system":[{"text":"Be brief."}]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out, _ = bedrock.Canonical(out[:0], llm.OpConverse, body)
	}
}
