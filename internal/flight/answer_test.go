package flight_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/flight"
)

func TestAnswerIsReplayedAndFollowed(t *testing.T) {
	t.Parallel()
	a := flight.NewAnswer(1<<20, 1<<20)
	early := a.NewReader()
	a.Begin(http.StatusOK, http.Header{"X-A": {"1"}})
	write(t, a, "one ")
	if got := readSome(t, early); got != "one " {
		t.Errorf("early reader got %q before the second write, want %q", got, "one ")
	}
	late := a.NewReader()
	write(t, a, "two")
	a.End(nil)
	if got := readAll(t, early); got != "two" {
		t.Errorf("early reader then got %q, want %q", got, "two")
	}
	if got := readAll(t, late); got != "one two" {
		t.Errorf("late reader got %q, want the whole answer", got)
	}
	status, header, err := a.Wait(t.Context())
	if status != http.StatusOK || header.Get("X-A") != "1" || err != nil {
		t.Errorf("Wait = %d, %v, %v; want 200, the header, nil", status, header, err)
	}
	if n, err := a.Write([]byte("x")); n != 0 || !errors.Is(err, flight.ErrEnded) {
		t.Errorf("Write after End = %d, %v; want 0, ErrEnded", n, err)
	}
}

func TestAnswerReaderWaitsForBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := flight.NewAnswer(1<<20, 1<<20)
		r := a.NewReader()
		var got string
		var wg sync.WaitGroup
		wg.Go(func() { got = readSome(t, r) })
		synctest.Wait()
		if got != "" {
			t.Errorf("Read returned %q before anything was written", got)
		}
		write(t, a, "now")
		wg.Wait()
		if got != "now" {
			t.Errorf("Read = %q, want %q", got, "now")
		}
	})
}

func TestAnswerFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("upstream went away")

	t.Run("before it began", func(t *testing.T) {
		t.Parallel()
		a := flight.NewAnswer(10, 10)
		a.End(broken)
		a.End(nil)
		a.Begin(http.StatusOK, nil)
		if _, _, err := a.Wait(t.Context()); !errors.Is(err, broken) {
			t.Errorf("Wait: %v, want the error of the first End", err)
		}
	})
	t.Run("ended without beginning", func(t *testing.T) {
		t.Parallel()
		a := flight.NewAnswer(10, 10)
		a.End(nil)
		if _, _, err := a.Wait(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Wait: %v, want io.ErrUnexpectedEOF", err)
		}
	})
	t.Run("in the middle", func(t *testing.T) {
		t.Parallel()
		a := flight.NewAnswer(10, 10)
		a.Begin(http.StatusOK, nil)
		write(t, a, "half")
		a.End(broken)
		got, err := io.ReadAll(a.NewReader())
		if string(got) != "half" || !errors.Is(err, broken) {
			t.Errorf("reader got %q, %v; want the bytes, then the error", got, err)
		}
	})
	t.Run("a client that stops waiting", func(t *testing.T) {
		t.Parallel()
		a := flight.NewAnswer(10, 10)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := a.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait: %v, want context.Canceled", err)
		}
	})
	t.Run("a reader closed while it waits", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := flight.NewAnswer(10, 10).NewReader()
			var err error
			var wg sync.WaitGroup
			wg.Go(func() { _, err = r.Read(make([]byte, 1)) })
			synctest.Wait()
			_ = r.Close()
			wg.Wait()
			if !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("Read: %v, want io.ErrClosedPipe", err)
			}
		})
	})
}

func TestAnswerHoldsTheProducerBack(t *testing.T) {
	t.Parallel()
	const keep, window = 8, 4
	for _, tc := range []struct {
		name    string
		release func(*flight.Answer, *flight.Reader)
		want    error
	}{
		{"until the reader reads", func(_ *flight.Answer, r *flight.Reader) { _, _ = r.Read(make([]byte, 8)) }, nil},
		{"until the reader leaves", func(_ *flight.Answer, r *flight.Reader) { _ = r.Close() }, nil},
		{"until the end", func(a *flight.Answer, _ *flight.Reader) { a.End(nil) }, flight.ErrEnded},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := flight.NewAnswer(keep, window)
				r := a.NewReader()
				write(t, a, "12345678") // fits what is kept: never waits
				returned := false
				var err error
				var wg sync.WaitGroup
				wg.Go(func() {
					_, err = a.Write([]byte("9"))
					returned = true
				})
				synctest.Wait()
				if returned {
					t.Fatalf("Write returned (%v) with 8 bytes unread, a window of %d and %d kept", err, window, keep)
				}
				tc.release(a, r)
				wg.Wait()
				if !errors.Is(err, tc.want) {
					t.Errorf("Write: %v, want %v", err, tc.want)
				}
				a.End(nil)
			})
		})
	}
}

func TestLargeAnswerWithoutAReaderIsDropped(t *testing.T) {
	t.Parallel()
	a := flight.NewAnswer(8, 4)
	for range 100 {
		write(t, a, "12345")
	}
	a.End(nil)
	if a.Replayable() || a.Size() != 500 {
		t.Errorf("Replayable = %t, Size = %d; want false, 500", a.Replayable(), a.Size())
	}
	if _, err := a.NewReader().Read(make([]byte, 1)); !errors.Is(err, flight.ErrNotKept) {
		t.Errorf("Read: %v, want ErrNotKept", err)
	}
}

// A reader that came too late does not hold the producer back.
func TestLateReaderOfALargeAnswer(t *testing.T) {
	t.Parallel()
	a := flight.NewAnswer(8, 4)
	write(t, a, "123456789")
	late := a.NewReader()
	write(t, a, "more than the window")
	if _, err := late.Read(make([]byte, 1)); !errors.Is(err, flight.ErrNotKept) {
		t.Errorf("Read: %v, want ErrNotKept", err)
	}
}

func TestReaderTooFarBehindIsCutOff(t *testing.T) {
	t.Parallel()
	a := flight.NewAnswer(8, 4)
	fast, slow := a.NewReader(), a.NewReader()
	for _, piece := range []string{"abcd", "efgh", "ijkl", "mnop"} {
		write(t, a, piece)
		if got := readSome(t, fast); got != piece {
			t.Fatalf("fast reader got %q, want %q", got, piece)
		}
	}
	if _, err := slow.Read(make([]byte, 1)); !errors.Is(err, flight.ErrNotKept) {
		t.Errorf("slow reader: %v, want ErrNotKept", err)
	}
}

// Whatever the sizes of writes and reads and wherever the answer outgrows what
// is kept, a reader that is attached from the start and keeps up sees every
// byte once and in order.
func TestEveryReaderSeesEveryByte(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.Int64Range(1, 300).Draw(t, "keep")
		a := flight.NewAnswer(keep, rapid.Int64Range(1, 300).Draw(t, "window"))
		a.Begin(http.StatusOK, nil)
		defer a.End(nil) // a case that is given up half-way leaves no writer behind
		r := a.NewReader()
		var sent, got []byte
		for i := range rapid.IntRange(0, 40).Draw(t, "writes") {
			piece := bytes.Repeat([]byte{byte(i)}, rapid.IntRange(0, 90).Draw(t, "size"))
			sent = append(sent, piece...)
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = a.Write(piece) })
			// Reading all that precedes the piece is enough to let it be written.
			for len(got) < len(sent)-len(piece) {
				got = append(got, readUpTo(t, r, rapid.IntRange(1, 120).Draw(t, "read"))...)
			}
			wg.Wait()
		}
		a.End(nil)
		rest, err := io.ReadAll(r)
		if got = append(got, rest...); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("read %d bytes (%v) of %d written, or other ones", len(got), err, len(sent))
		}
		again, err := io.ReadAll(a.NewReader())
		switch {
		case int64(len(sent)) <= keep && (err != nil || !bytes.Equal(again, sent)):
			t.Fatalf("read again: %d bytes (%v) of %d that are kept", len(again), err, len(sent))
		case int64(len(sent)) > keep && !errors.Is(err, flight.ErrNotKept) && !bytes.Equal(again, sent):
			t.Fatalf("read again: %d bytes (%v) of an answer larger than is kept", len(again), err)
		}
	})
}

func BenchmarkAnswer2KB(b *testing.B) {
	body, buf := make([]byte, 2<<10), make([]byte, 32<<10)
	b.ReportAllocs()
	for b.Loop() {
		a := flight.NewAnswer(8<<20, 4<<20)
		r := a.NewReader()
		a.Begin(http.StatusOK, nil)
		_, _ = a.Write(body)
		a.End(nil)
		for {
			if _, err := r.Read(buf); err != nil {
				break
			}
		}
		_ = r.Close()
	}
}

// tb is what the helpers need of *testing.T and *rapid.T.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
}

func write(t tb, a *flight.Answer, s string) {
	t.Helper()
	if n, err := a.Write([]byte(s)); n != len(s) || err != nil {
		t.Fatalf("Write(%q) = %d, %v", s, n, err)
	}
}

func readSome(t tb, r io.Reader) string {
	t.Helper()
	return string(readUpTo(t, r, 1<<10))
}

func readUpTo(t tb, r io.Reader, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	n, err := r.Read(p)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return p[:n]
}

func readAll(t tb, r io.Reader) string {
	t.Helper()
	p, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read to the end: %v", err)
	}
	return string(p)
}
