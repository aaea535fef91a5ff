package discovery_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
	"github.com/headgate/headgate/internal/llm"
)

// source is an account whose answers a test sets.
type source struct {
	mu       sync.Mutex // guards what follows
	applied  float64
	requests []account.Request
	fails    map[string]error // by part; "identity" too
	asked    []time.Time
}

func (s *source) part(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fails[name]
}

func (s *source) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *source) Identity(context.Context, llm.Region) (llm.AccountID, error) {
	s.set(func() { s.asked = append(s.asked, time.Now()) })
	return "111122223333", s.part("identity")
}

func (s *source) Applied(context.Context, llm.Region) ([]account.Listed, error) {
	s.mu.Lock()
	v := s.applied
	s.mu.Unlock()
	return []account.Listed{{Code: "L-CCA5DF70", Name: "requests", Value: v, Adjustable: true}}, s.part("quotas")
}

func (s *source) Defaults(context.Context, llm.Region) ([]account.Listed, error) {
	return []account.Listed{{Code: "L-CCA5DF70", Name: "requests", Value: 125, Adjustable: true}}, s.part("defaults")
}

func (s *source) Requests(context.Context, llm.Region) ([]account.Request, error) {
	s.mu.Lock()
	r := append([]account.Request(nil), s.requests...)
	s.mu.Unlock()
	return r, s.part("requests")
}

func (s *source) Profiles(context.Context, llm.Region) ([]account.Profile, error) {
	return []account.Profile{{ID: "us.x"}}, s.part("profiles")
}

func (s *source) Models(context.Context, llm.Region) ([]account.Model, error) {
	return []account.Model{{ID: "x"}}, s.part("models")
}

// store keeps events in memory, and the last snapshot.
type store struct {
	ledgertest.Memory

	saved account.Snapshot
}

func (s *store) SaveSnapshot(_ context.Context, snap account.Snapshot) error {
	s.saved = snap
	return nil
}

func (s *store) Record(ctx context.Context, n discovery.Note) error {
	_, err := s.RecordEvent(ctx, ledger.Event{Time: n.Time, Kind: ledger.EventKind(n.Kind)})
	return err
}

func (s *store) kinds(t *testing.T) []ledger.EventKind {
	t.Helper()
	events, err := s.Events(t.Context(), ledger.EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var out []ledger.EventKind
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func setup(t *testing.T, src discovery.Source) (*discovery.Discoverer, *store, *[]float64) {
	t.Helper()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	st, seen := &store{}, &[]float64{}
	return discovery.New(discovery.Options{
		Source: src, Store: st, Catalog: cat, Region: "us-east-1",
		OnSnapshot: func(s account.Snapshot) { *seen = append(*seen, *s.Quotas[0].Applied) },
	}), st, seen
}

func TestAnOpenRequestIsFollowedCloselyAndItsApprovalIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &source{applied: 2, fails: map[string]error{}}
		d, st, seen := setup(t, src)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		start := time.Now()
		time.Sleep(time.Minute)
		src.set(func() {
			src.requests = []account.Request{{ID: "r", Code: "L-CCA5DF70", Desired: 126, Status: account.StatusPending}}
		})
		time.Sleep(14*time.Minute + 5*time.Second) // the next round finds the request open
		src.set(func() { src.requests[0].Status, src.applied = account.StatusApproved, 126 })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]float64{2, 2, 126}, *seen); diff != "" {
			t.Errorf("values handed on (-want +got):\n%s", diff)
		}
		want := []ledger.EventKind{ledger.EventRequestStatus, ledger.EventQuotaChanged, ledger.EventRequestStatus}
		if diff := cmp.Diff(want, st.kinds(t)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if st.saved.Account != "111122223333" || *st.saved.Quotas[0].Applied != 126 || d.Latest().At.IsZero() {
			t.Errorf("kept %+v", st.saved)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		var after []time.Duration
		for _, at := range src.asked {
			after = append(after, at.Sub(start))
		}
		const m, s = time.Minute, time.Second
		if diff := cmp.Diff([]time.Duration{0, 15 * m, 15*m + 10*s, 30*m + 10*s, 45*m + 10*s, 60*m + 10*s, 75*m + 10*s}, after); diff != "" {
			t.Errorf("asked after (-want +got):\n%s", diff)
		}
	})
}

func TestWhatIsDeniedKeepsItsFormerAnswer(t *testing.T) {
	t.Parallel()
	src := &source{applied: 2, fails: map[string]error{}}
	d, _, _ := setup(t, src)
	first, err := d.Refresh(t.Context())
	if err != nil || len(first.Missing) != 0 {
		t.Fatalf("Refresh: %+v, %v", first.Missing, err)
	}
	denied := fault.New(fault.Denied, "no")
	src.set(func() { src.fails, src.applied = map[string]error{"profiles": denied, "quotas": denied}, 9 })
	for range 2 {
		snap, err := d.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if *snap.Quotas[0].Applied != 2 || len(snap.Profiles) != 1 {
			t.Errorf("quotas %+v, profiles %+v, want those from before", snap.Quotas, snap.Profiles)
		}
		want := []account.Missing{
			{Part: "quotas", Action: "servicequotas:ListServiceQuotas", Denied: true, Reason: "no", AsOf: first.At},
			{Part: "profiles", Action: "bedrock:ListInferenceProfiles", Denied: true, Reason: "no", AsOf: first.At},
		}
		if diff := cmp.Diff(want, snap.Missing); diff != "" {
			t.Errorf("missing (-want +got):\n%s", diff)
		}
	}
}

func TestAWSThatDoesNotAnswerIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &source{applied: 2, fails: map[string]error{"identity": fault.New(fault.Upstream, "unreachable")}}
		d, st, seen := setup(t, src)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(25 * time.Second) // rounds after 0 s and 10 s
		src.set(func() { src.fails = map[string]error{} })
		time.Sleep(10 * time.Second) // the one after 30 s
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if diff := cmp.Diff([]ledger.EventKind{ledger.EventDiscoveryFailed, ledger.EventDiscoveryBack}, st.kinds(t)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if len(src.asked) != 3 || len(*seen) != 1 || d.Failures() != 2 {
			t.Errorf("asked %d times, %d snapshots, %d failures, want 3, 1 and 2", len(src.asked), len(*seen), d.Failures())
		}
	})
}
