package dispatch

import (
	"runtime"
	"testing"
	"weak"
)

// TestKeptAnswerDoesNotKeepTheRequest: an answer is kept for a minute after its
// call, within bounds that do not count requests.
func TestKeptAnswerDoesNotKeepTheRequest(t *testing.T) {
	t.Parallel()
	b := setup(t, perMinute(100, 500_000), reply{status: 200, body: good(1, 1).body})
	var sent weak.Pointer[Request]
	func() {
		r := request("a")
		r.Invocation = "i"
		sent = weak.Make(r)
		if status, _, err := b.send(t.Context(), r); status != 200 || err != nil {
			t.Fatalf("%d, %v", status, err)
		}
	}()
	if err := b.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.opts.Flights.Status().Kept; got != 1 {
		t.Fatalf("%d answers are kept, want 1", got)
	}
	runtime.GC()
	if sent.Value() != nil {
		t.Error("the request is still in memory after its call has ended")
	}
	runtime.KeepAlive(b)
}
