package demo

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func sized(width, height int) func() (int, int) {
	return func() (int, int) { return width, height }
}

func TestDisplayRedrawsInPlace(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	d := NewDisplay(&b, sized(80, 24), false)
	s := half(DefaultOptions())
	d.Show(s)
	if want := hideCursor + clearDown + frame(s, newTheme(false), 80) + "\n"; b.String() != want {
		t.Errorf("the first scene:\n got %q\nwant %q", b.String(), want)
	}
	b.Reset()
	d.Show(s)
	if want := fmt.Sprintf(lineUp, frameHeight) + clearDown; !strings.HasPrefix(b.String(), want) {
		t.Errorf("the second scene begins %.20q, want %q", b.String(), want)
	}
	b.Reset()
	d.Close()
	d.Close()
	if got, want := b.String(), "\n"+showCursor; got != want {
		t.Errorf("closing twice wrote %q, want %q", got, want)
	}
}

func TestDisplayWithoutRoomWritesLines(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]func() (int, int){"no terminal": nil, "too low": sized(80, frameHeight)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			d := NewDisplay(&b, size, true)
			s := half(DefaultOptions())
			for s.Elapsed = 0; s.Elapsed <= 25*time.Second; s.Elapsed += sceneEvery {
				d.Show(s)
			}
			d.Close()
			want := "10 agents × 6 dependent calls at 2 requests a minute, three times at once; time runs 60 × faster: about 30 s\n" +
				"10:00 nominal (10 s real): direct 1 of 10 runs, 9 errors, 1082 throttled, quota 114 %; " +
				"fifo 0 of 10 runs, 0 errors, 0 throttled, quota 100 %; headgate 10 of 10 runs, 0 errors, 0 throttled, quota 100 %\n" +
				"20:00 nominal (20 s real): direct 1 of 10 runs, 9 errors, 1082 throttled, quota 114 %; " +
				"fifo 0 of 10 runs, 0 errors, 0 throttled, quota 100 %; headgate 10 of 10 runs, 0 errors, 0 throttled, quota 100 %\n"
			if got := b.String(); got != want {
				t.Errorf("lines:\n got %s\nwant %s", got, want)
			}
		})
	}
}

// A terminal that was made smaller and larger again is drawn on anew.
func TestDisplayFollowsTheTerminal(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	height := 24
	d := NewDisplay(&b, func() (int, int) { return 40, height }, false)
	s := half(DefaultOptions())
	d.Show(s)
	height = 10
	d.Show(s)
	height = 24
	b.Reset()
	d.Show(s)
	if strings.Contains(b.String(), fmt.Sprintf(lineUp, frameHeight)) {
		t.Errorf("the frame was drawn over lines that are not its own: %q", b.String())
	}
}
