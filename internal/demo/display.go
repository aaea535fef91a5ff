package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// lineEvery is how often a display that nobody watches says how far things
// are, in real time.
const lineEvery = 10 * time.Second

// frameHeight is how many lines a frame has: four of heading and five for each
// set-up.
const frameHeight = 4 + 3*5

// The escape sequences of a live view (ECMA-48, and DEC's for the cursor).
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	clearDown  = "\x1b[J"
	lineUp     = "\x1b[%dA\r"
)

// Display shows the scenes of a demonstration: on a terminal in place, on
// anything else as a plain line every ten seconds. It is for one goroutine.
type Display struct {
	w    io.Writer
	size func() (width, height int)
	tty  bool
	t    theme

	drawn int           // lines of the last frame
	next  time.Duration // when the next plain line is due; 0 before the first
}

// NewDisplay makes a display on w. size is asked before each frame for the
// cells of the terminal; nil says that w is none. Color is for terminals only.
// Close must be called before anything else is written to the terminal.
func NewDisplay(w io.Writer, size func() (width, height int), color bool) *Display {
	return &Display{w: w, size: size, tty: size != nil, t: newTheme(color)}
}

// Show draws a scene. What cannot be written is lost: the display is not what
// a demonstration is for.
func (d *Display) Show(s Scene) {
	if d.tty {
		if width, height := d.size(); height > frameHeight {
			d.draw(frame(s, d.t, width))
			return
		}
		d.Close() // the frame is partly out of sight: the next one is drawn anew
	}
	if s.Elapsed < d.next {
		return
	}
	if d.next == 0 {
		d.write(opening(s.Options) + "\n")
	} else {
		d.write(line(s) + "\n")
	}
	d.next = s.Elapsed.Truncate(lineEvery) + lineEvery
}

// Close leaves the last frame on the terminal and gives its cursor back.
func (d *Display) Close() {
	if d.drawn > 0 {
		d.write("\n" + showCursor)
		d.drawn = 0
	}
}

// draw replaces the last frame. One write, so that it does not flicker.
func (d *Display) draw(text string) {
	var b strings.Builder
	if d.drawn == 0 {
		b.WriteString(hideCursor)
	} else {
		fmt.Fprintf(&b, lineUp, d.drawn)
	}
	b.WriteString(clearDown + text + "\n")
	d.drawn = strings.Count(text, "\n") + 1
	d.write(b.String())
}

func (d *Display) write(text string) { _, _ = io.WriteString(d.w, text) }

// opening says what will be shown.
func opening(o Options) string {
	return fmt.Sprintf("%s × %s at %s a minute, three times at once; time runs %v × faster: about %d s",
		count(o.Agents, "agent"), count(o.Calls, "dependent call"), count(o.RequestsPerMinute, "request"), o.TimeScale, int(o.real(o.ideal()).Seconds()))
}

// line says in one line how far a scene is.
func line(s Scene) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s nominal (%d s real):", clock(s.Options.nominal(s.Elapsed)), int(s.Elapsed.Seconds()))
	for i, a := range s.Arms {
		if i > 0 {
			b.WriteByte(';')
		}
		r := a.Result
		fmt.Fprintf(&b, " %s %d of %d runs, %s, %d throttled, quota %.0f %%", a.Name,
			r.RunsFinished, s.Options.Agents, count(r.ClientErrors, "error"), r.UpstreamThrottles, 100*r.QuotaUsed)
	}
	return b.String()
}
