//go:build unix

package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator"
)

// TestDrain asks a gateway to end while it has a stream and a call under way and
// one that waits: all of them are answered, probes are told at once, and the
// next process knows what was spent.
func TestDrain(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 8), make(chan struct{})
	s, spec := setupUpstream(t, options{
		scale: 20, quotas: []emulator.Quota{perMinute(2, 500_000)},
		gate: func(r *http.Request) {
			arrived <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		},
	})
	spec.DrainDelay = 20 * 5 * time.Second // five real seconds to see the probe
	gateway := startChild(t, spec)
	c := runtime(t, gateway.url)
	var calls sync.WaitGroup
	calls.Go(func() {
		if got, err := converseStream(t.Context(), c, "stream"); err != nil || got.usage == nil {
			t.Errorf("the stream ended with %+v, %v; want its whole", got, err)
		}
	})
	calls.Go(func() {
		if _, err := c.Converse(t.Context(), question("call")); err != nil {
			t.Errorf("the call: %v", err)
		}
	})
	<-arrived
	<-arrived
	calls.Go(func() {
		if _, err := c.Converse(t.Context(), question("waits")); err != nil {
			t.Errorf("the call that waited: %v", err)
		}
	})
	if got := probe(t, gateway.url); got != http.StatusOK {
		t.Errorf("/readyz = %d before the end was asked for, want 200", got)
	}
	gateway.terminate(t)
	for probe(t, gateway.url) != http.StatusServiceUnavailable {
		<-time.After(10 * time.Millisecond) // the signal is on its way
	}
	close(release)
	calls.Wait()
	gateway.wait(t)

	next := startChild(t, spec)
	for range 2 {
		if _, err := runtime(t, next.url).Converse(t.Context(), question("next")); err != nil {
			t.Errorf("the next process: %v", err)
		}
	}
	s.noThrottle(t)
	if got := s.pool().Accepted; got != 5 {
		t.Errorf("%d calls accepted upstream, want 5", got)
	}
}

// probe asks whether a gateway is ready. It fails when nobody listens.
func probe(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	got, err := roundTrip(&http.Client{Transport: transport(t)}, req)
	if err != nil {
		t.Fatalf("GET /readyz: %v", err)
	}
	return got.status
}
