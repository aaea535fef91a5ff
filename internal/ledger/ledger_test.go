package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
)

// bench is a running ledger over a store in memory, for use in a synctest bubble.
type bench struct {
	*ledger.Ledger
	store *ledgertest.Memory
	fail  atomic.Bool
	stop  func() error

	// mu guards what Run's goroutine leaves for the test.
	mu      sync.Mutex
	batches []int // sizes of the Appends that succeeded
	log     strings.Builder
}

// Write is the log.
func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

func (b *bench) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

func (b *bench) appended() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.batches)
}

var errStore = errors.New("disk full")

func setup(t *testing.T, opts ledger.Options) *bench {
	t.Helper()
	b := &bench{}
	b.store = &ledgertest.Memory{AppendFunc: func(_ context.Context, entries []ledger.Entry) error {
		if b.fail.Load() {
			return errStore
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.batches = append(b.batches, len(entries))
		return nil
	}}
	opts.Logger = slog.New(slog.NewTextHandler(b, nil))
	b.Ledger = ledger.New(b.store, opts)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	b.stop = func() error {
		cancel()
		return <-ended
	}
	return b
}

func record(b *bench, from, to int) {
	for n := from; n < to; n++ {
		b.Record(ledgertest.Sample(n))
	}
}

func TestEntriesAreWrittenTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{})
		record(b, 0, 3)
		time.Sleep(19 * time.Millisecond)
		synctest.Wait()
		if got := len(b.store.Entries()); got != 0 {
			t.Errorf("after 19 ms the store has %d entries, want 0: others may join", got)
		}
		record(b, 3, 5)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]int{5}, b.appended()); diff != "" {
			t.Errorf("batches after 20 ms (-want +got):\n%s", diff)
		}
		if got, want := b.Stats(), (ledger.Stats{Recorded: 5, Written: 5}); got != want {
			t.Errorf("Stats() = %+v, want %+v", got, want)
		}
		if err := b.stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

func TestAFullBatchDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{Batch: 4})
		start := time.Now()
		record(b, 0, 9)
		synctest.Wait()
		if diff := cmp.Diff([]int{4, 4, 1}, b.appended()); diff != "" || time.Since(start) != 0 {
			t.Errorf("batches after %v (-want +got):\n%s", time.Since(start), diff)
		}
		_ = b.stop()
	})
}

func TestStopWritesWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{})
		record(b, 0, 300)
		if err := b.stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		record(b, 300, 301)
		if got, want := b.Stats(), (ledger.Stats{Recorded: 301, Written: 300, Dropped: 1}); got != want {
			t.Errorf("Stats() = %+v, want %+v", got, want)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Errorf("Flush() after Run has ended = %v, want nil", err)
		}
	})
}

func TestAFullQueueDropsAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{Queue: 10, Batch: 10})
		b.fail.Store(true)
		record(b, 0, 10) // taken out of the queue, and stuck
		synctest.Wait()
		record(b, 10, 25) // ten fit
		want := ledger.Stats{Recorded: 25, Dropped: 5, Pending: 10, Failure: "disk full"}
		if got := b.Stats(); got != want {
			t.Errorf("Stats() = %+v, want %+v", got, want)
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if got := strings.Count(b.logged(), "level=WARN"); got != 1 {
			t.Errorf("%d warnings in nine seconds, want 1:\n%s", got, b.logged())
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := b.logged(); !strings.Contains(got, "dropped=5 dropped_total=5") || strings.Count(got, "level=WARN") != 2 {
			t.Errorf("log after twelve seconds:\n%s\nwant a second warning that counts 5", got)
		}
		b.fail.Store(false)
		if err := b.stop(); err != nil {
			t.Errorf("Run() = %v, want nil: the store works again", err)
		}
		if got := len(b.store.Entries()); got != 20 {
			t.Errorf("the store has %d entries, want the 20 that were not dropped", got)
		}
	})
}

func TestAFailedWriteIsRepeatedInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{})
		b.fail.Store(true)
		record(b, 0, 3)
		if err := b.Flush(t.Context()); !errors.Is(err, errStore) {
			t.Errorf("Flush() = %v, want the store's error", err)
		}
		record(b, 3, 6)
		time.Sleep(30 * time.Second)
		b.fail.Store(false)
		time.Sleep(time.Second) // the longest wait between attempts
		synctest.Wait()
		if got := len(b.store.Entries()); got != 6 || b.Stats().Failure != "" {
			t.Errorf("the store has %d entries, failure %q, want 6 and none", got, b.Stats().Failure)
		}
		for i, e := range b.store.Entries() {
			if want := ledgertest.Sample(i).ID; e.ID != want {
				t.Errorf("entry %d is %s, want %s", i, e.ID, want)
			}
		}
		_ = b.stop()
	})
}

func TestLossAtTheEndIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{})
		b.fail.Store(true)
		record(b, 0, 3)
		err := b.stop()
		if !errors.Is(err, errStore) || !strings.Contains(err.Error(), "3 entries lost") {
			t.Errorf("Run() = %v, want 3 entries lost and why", err)
		}
		if got := b.Stats().Dropped; got != 3 {
			t.Errorf("Stats().Dropped = %d, want 3", got)
		}
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := ledger.New(&ledgertest.Memory{}, ledger.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush() without Run = %v, want the context's error", err)
	}
}

func TestRunTwiceIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{})
		if err := b.stop(); err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context()); err == nil {
			t.Error("second Run() = nil, want an error")
		}
	})
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, ledger.Options{})
		e := ledgertest.Sample(1)
		e.ErrorMessage = strings.Repeat("é", 1000)
		e.ModelID = strings.Repeat("m", 5000)
		e.Client = "x" + strings.Repeat("é", 256) // 513 bytes: the cut falls into a character
		b.Record(e)
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := b.store.Entries()[0]
		if len(got.ErrorMessage) != 512 || len(got.ModelID) != 2048 || got.Client != "x"+strings.Repeat("é", 255) {
			t.Errorf("lengths of message, model, client = %d, %d, %d, want 512, 2048, 511", len(got.ErrorMessage), len(got.ModelID), len(got.Client))
		}
		_ = b.stop()
	})
}

// TestNothingIsLostUnderLoad records from many goroutines and stops in their midst:
// each entry is written or counted as dropped.
func TestNothingIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	store := &ledgertest.Memory{}
	l := ledger.New(store, ledger.Options{Queue: 64, Batch: 16, FlushEvery: time.Microsecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	const goroutines, each = 4, 200
	done := make(chan struct{})
	for g := range goroutines {
		go func() {
			for i := range each {
				l.Record(ledgertest.Sample(g*each + i))
				if g == 0 && i == each/2 {
					cancel()
				}
			}
			done <- struct{}{}
		}()
	}
	for range goroutines {
		<-done
	}
	if err := <-ended; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	s := l.Stats()
	if s.Recorded != goroutines*each || s.Written+s.Dropped != s.Recorded || s.Pending != 0 {
		t.Errorf("Stats() = %+v, want written + dropped = recorded = %d", s, goroutines*each)
	}
	if got := len(store.Entries()); uint64(got) != s.Written {
		t.Errorf("the store has %d entries, Stats() says %d", got, s.Written)
	}
}

func TestQueryChecked(t *testing.T) {
	t.Parallel()
	if q, err := (ledger.Query{}).Checked(); err != nil || q.Limit != ledger.DefaultLimit {
		t.Errorf("Checked() of nothing = limit %d, %v, want the default", q.Limit, err)
	}
	if _, err := (ledger.Query{Limit: ledger.MaxLimit}).Checked(); err != nil {
		t.Errorf("Checked() of the largest limit = %v, want nil", err)
	}
}

type discard struct{ ledger.Store }

func (discard) Append(context.Context, []ledger.Entry) error { return nil }

// BenchmarkRecord is what a call pays on the hot path.
func BenchmarkRecord(b *testing.B) {
	l := ledger.New(discard{}, ledger.Options{})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	e := ledgertest.Sample(1)
	b.ReportAllocs()
	for b.Loop() {
		l.Record(e)
	}
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(l.Stats().Dropped)/float64(b.N), "dropped/op")
}

func ExampleLedger() {
	store := &ledgertest.Memory{}
	l := ledger.New(store, ledger.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	l.Record(ledgertest.Sample(1))
	cancel()
	fmt.Println(<-ended, len(store.Entries()))
	// Output: <nil> 1
}

// TestAnEntryIsWrittenInTime: its write begins 20 ms after it was recorded at the
// latest, also when others are being written at that moment; and as soon as these are
// if that is later.
func TestAnEntryIsWrittenInTime(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ commit, recorded, begins time.Duration }{
		{commit: time.Millisecond, recorded: 20 * time.Millisecond, begins: 40 * time.Millisecond},
		{commit: 15 * time.Millisecond, recorded: 21 * time.Millisecond, begins: 41 * time.Millisecond}, // while the first is written
		{commit: 15 * time.Millisecond, recorded: 34 * time.Millisecond, begins: 54 * time.Millisecond},
		{commit: 50 * time.Millisecond, recorded: 21 * time.Millisecond, begins: 70 * time.Millisecond}, // a slow disk
		{commit: 50 * time.Millisecond, recorded: 65 * time.Millisecond, begins: 85 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var begun []time.Duration
			store := &ledgertest.Memory{AppendFunc: func(context.Context, []ledger.Entry) error {
				begun = append(begun, time.Since(start))
				time.Sleep(tc.commit)
				return nil
			}}
			l := ledger.New(store, ledger.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- l.Run(ctx) }()
			l.Record(ledgertest.Sample(0))
			time.Sleep(tc.recorded)
			synctest.Wait()
			l.Record(ledgertest.Sample(1))
			time.Sleep(time.Second)
			synctest.Wait()
			if want := []time.Duration{20 * time.Millisecond, tc.begins}; !slices.Equal(begun, want) {
				t.Errorf("commits of %v, second entry after %v: written at %v, want %v", tc.commit, tc.recorded, begun, want)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run() = %v", err)
			}
		})
	}
}

// BenchmarkRecordTogether is what a call pays when all processors record at once.
func BenchmarkRecordTogether(b *testing.B) {
	l := ledger.New(discard{}, ledger.Options{})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	e := ledgertest.Sample(1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Record(e)
		}
	})
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	s := l.Stats()
	if s.Recorded != uint64(b.N) || s.Written+s.Dropped != s.Recorded {
		b.Errorf("Stats() = %+v of %d calls", s, b.N)
	}
	b.ReportMetric(float64(s.Dropped)/float64(b.N), "dropped/op")
}
