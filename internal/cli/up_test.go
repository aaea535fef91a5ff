package cli

import (
	"context"
	"errors"
	"testing"

	"github.com/headgate/headgate/internal/config"
)

func TestBothStopsTheBackAfterTheFront(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	frontEnded := false
	err := both(ctx,
		func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			frontEnded = true
			return nil
		},
		func(ctx context.Context) error {
			<-ctx.Done()
			if !frontEnded {
				t.Error("the back was told to stop while the front still ran")
			}
			return nil
		},
	)
	if err != nil {
		t.Errorf("both = %v, want nil", err)
	}
}

func TestUpNamesWhatReadersOfItsLedgerNeed(t *testing.T) {
	t.Parallel()
	plain := config.Default()
	other := config.Default()
	other.DataDir, other.TimeScale = "data", 60
	if got := readerFlags(plain); got != "" {
		t.Errorf("readerFlags of the defaults = %q, want none", got)
	}
	if got, want := readerFlags(other), " --data-dir data --time-scale 60"; got != want {
		t.Errorf("readerFlags = %q, want %q", got, want)
	}
}

func TestBothEndsWhenOneFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
	fail := func(context.Context) error { return broken }
	if err := both(t.Context(), wait, fail); !errors.Is(err, broken) {
		t.Errorf("both with a back that fails = %v, want %v", err, broken)
	}
	if err := both(t.Context(), fail, wait); !errors.Is(err, broken) {
		t.Errorf("both with a front that fails = %v, want %v", err, broken)
	}
}
