package top

import (
	"context"
	"errors"
	"time"

	"github.com/headgate/headgate/internal/console"
)

// Source is a running gateway's API. Its methods are used one at a time.
type Source interface {
	// Overview asks once how things are.
	Overview(ctx context.Context) (console.Overview, error)
	// Calls asks for the last calls that have ended, newest first, limit at most.
	Calls(ctx context.Context, limit int) ([]console.Call, error)
	// Live tells of what happens until ctx or the connection ends, and then why: an
	// error is never nil. A gateway that cannot tell live gives ErrNotLive.
	Live(ctx context.Context, tell func(Event)) error
}

// ErrNotLive is given by a Source whose gateway has to be asked again and again.
var ErrNotLive = errors.New("the gateway does not tell live")

// Event is one thing that a gateway tells; the fields of the others are zero.
type Event struct {
	Overview *console.Overview
	Call     *console.Call
	// Skipped is how many calls ended that are not told of one by one.
	Skipped int
}

// contact is how a gateway is heard of.
type contact uint8

const (
	contacting contact = iota
	live
	polling
	lost
)

// link is the state of the connection.
type link struct {
	contact contact
	// why and again say what broke a connection that is lost, and when it is tried
	// anew.
	why   error
	again time.Time
}

// news is what has been heard since the last frame. Nil and zero fields have
// nothing new.
type news struct {
	// now is when it is shown.
	now time.Time
	// overview is the latest, heard at the instant heard.
	overview *console.Overview
	heard    time.Time
	// calls have ended, oldest first; some may be known already.
	calls   []console.Call
	skipped int
	link    *link
}
