package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/fault"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	a := &app{in: strings.NewReader("yes\n"), err: io.Discard}
	if err := a.confirm(t.Context(), false, "making alarms", "yes"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a terminal: %v", err)
	}
	if err := a.confirm(t.Context(), true, "making alarms", "yes"); err != nil {
		t.Errorf("with --yes: %v", err)
	}
	for text, want := range map[string]error{"yes\n": nil, "yes": nil, "y\n": errNotConfirmed, "": errNotConfirmed} {
		if err := a.typed(t.Context(), strings.NewReader(text), "yes"); !errors.Is(err, want) {
			t.Errorf("typed %q: %v, want %v", text, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, w := io.Pipe()
	defer w.Close()
	if err := a.typed(ctx, r, "yes"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
