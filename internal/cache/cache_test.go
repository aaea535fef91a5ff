package cache_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/llm"
)

// Whatever an answer depends on makes another key; the form in which it is asked for
// does not.
func TestKeysTellApart(t *testing.T) {
	t.Parallel()
	base := func() cache.Request {
		return cache.Request{
			Upstream: "aws", Operation: llm.OpConverse, ModelID: "us.m", Pool: llm.Pool{Account: "1", Region: "r", Model: "m", Path: llm.PathGeo},
			Tenant: "a", Variant: "v", Body: []byte(`{"a":1,"b":2}`),
		}
	}
	key := func(r cache.Request, shared bool) cache.Key {
		t.Helper()
		k, ok := r.Key(shared)
		if !ok {
			t.Fatalf("%+v has no key", r)
		}
		return k
	}
	want := key(base(), false)
	for name, change := range map[string]func(*cache.Request){
		"upstream":  func(r *cache.Request) { r.Upstream = "emulator" },
		"operation": func(r *cache.Request) { r.Operation = llm.OpInvoke },
		"model":     func(r *cache.Request) { r.ModelID = "eu.m" },
		"account":   func(r *cache.Request) { r.Pool.Account = "2" },
		"region":    func(r *cache.Request) { r.Pool.Region = "s" },
		"path":      func(r *cache.Request) { r.Pool.Path = llm.PathGlobal },
		"tenant":    func(r *cache.Request) { r.Tenant = "b" },
		"variant":   func(r *cache.Request) { r.Variant = "w" },
		"body":      func(r *cache.Request) { r.Body = []byte(`{"a":1,"b":3}`) },
		"a border":  func(r *cache.Request) { r.Upstream, r.ModelID = "awsu", "s.m" },
	} {
		r := base()
		change(&r)
		if key(r, false) == want {
			t.Errorf("another %s has the same key", name)
		}
	}
	streamed, spaced := base(), base()
	streamed.Operation = llm.OpConverseStream
	spaced.Body = []byte(` { "b" : 2, "a" : 1 } `)
	if key(streamed, false) != want || key(spaced, false) != want {
		t.Error("a stream or another order has another key")
	}
	other := base()
	other.Tenant = "b"
	if key(other, true) != key(base(), true) || key(other, true) == want {
		t.Error("tenants that share are to have one key, and not that of one of them")
	}
}

func TestKeptHeadersAreThoseOfTheAnswer(t *testing.T) {
	t.Parallel()
	got := cache.Kept(http.Header{
		"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r"}, "X-Emulator-Script": {"s"}, "Date": {"now"}, "Content-Length": {"3"},
		"X-Headgate-Call": {"c"}, "Set-Cookie": {"s"}, "X-Amzn-Bedrock-Invocation-Latency": {"5"},
	})
	want := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r"}, "X-Emulator-Script": {"s"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
