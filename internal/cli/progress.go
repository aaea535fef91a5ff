package cli

import (
	"fmt"
	"time"
)

// progress tells on standard error what goes on. On a terminal it is one line that
// changes; elsewhere only what was done is told, so that logs stay short.
type progress struct {
	a        *app
	terminal bool
	last     time.Time
	shown    bool
}

func newProgress(a *app) *progress { return &progress{a: a, terminal: isTerminal(a.err)} }

// often bounds how often the line changes.
const often = 100 * time.Millisecond

// now says what goes on at this moment.
func (p *progress) now(text string) {
	if !p.terminal || time.Since(p.last) < often {
		return
	}
	p.last, p.shown = time.Now(), true
	if runes := []rune(text); len(runes) > 76 {
		text = string(runes[:75]) + "…"
	}
	fmt.Fprintf(p.a.err, "\r\x1b[K%s", text)
}

// done says what was done, in a line of its own.
func (p *progress) done(text string) {
	p.end()
	fmt.Fprintln(p.a.err, text)
}

// end takes the line away.
func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.a.err, "\r\x1b[K")
		p.shown = false
	}
}
