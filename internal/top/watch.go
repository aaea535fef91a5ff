package top

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/headgate/headgate/internal/console"
)

const (
	// frameEvery is how often what was heard is shown, four times a second.
	frameEvery = 250 * time.Millisecond
	// framesPerSecond bounds the frames that keys ask for too.
	framesPerSecond = 5
)

// Options are what a view is made of.
type Options struct {
	// Source is the gateway. Required.
	Source Source
	// In and Out are the terminal, and Environ what its environment says of it, as
	// KEY=value. Required.
	In      io.Reader
	Out     io.Writer
	Environ []string
	// Colour sends colours.
	Colour bool
	// First is what the gateway has said already, to be shown at once.
	First console.Overview
}

// Watch shows a gateway until q is pressed, ctx ends, or the gateway refuses: then
// with the refusal, and with ctx's error when that has ended. It leaves the terminal
// as it was, and all that it started has ended.
func Watch(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	box := &mailbox{}
	box.overview(&o.First, contacting)
	program := tea.NewProgram(New(time.Now(), o.Colour, time.Local),
		tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Environ),
		tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler())

	done := make(chan error, 1)
	go func() {
		err := follow(ctx, o.Source, box)
		if err != nil {
			cancel(err)
		}
		done <- err
	}()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		feed(ctx, box, func(n news) { program.Send(n) })
	}()
	_, err := program.Run()
	refused := context.Cause(ctx)
	cancel(nil)
	followed := <-done
	<-fed
	switch {
	case followed != nil:
		return followed
	case errors.Is(err, tea.ErrProgramKilled) && refused != nil:
		return refused
	}
	return err
}

// feed gives what is in the box to show, four times a second, and the time each
// second, until ctx ends.
func feed(ctx context.Context, box *mailbox, show func(news)) {
	t := time.NewTicker(frameEvery)
	defer t.Stop()
	var last time.Time
	for {
		n, full := box.take()
		n.now = time.Now()
		if full || n.now.Sub(last) >= time.Second {
			last = n.now
			show(n)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Print writes one frame with all rows, width cells wide, as text.
func Print(w io.Writer, o console.Overview, width int, colour bool, zone *time.Location) error {
	now := time.Now()
	m := New(now, colour, zone)
	m.hear(news{now: now, overview: &o, heard: now, link: &link{contact: live}})
	m.width = max(width, leastWidth)
	_, err := io.WriteString(w, m.whole()+"\n")
	return err
}
