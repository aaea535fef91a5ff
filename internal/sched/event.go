package sched

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Ref names an enqueued call. Refs are reused only after the call has ended,
// and a stale one is recognised and ignored.
type Ref struct {
	index int32
	gen   uint32
}

// Spec is a call to be enqueued. Tenant and Run are the caller's interned
// numbers.
type Spec struct {
	// Token is echoed in effects, for the caller to find its call by.
	Token  uint64
	Class  llm.Class
	Tenant uint32
	// Weight is the tenant's share against others; 0 counts as 1.
	Weight int64
	// Run is 0 for a call that is its own run.
	Run uint64
	// RunCalls is how many calls the run will make in all; 0 when unknown.
	RunCalls int32
	// Begun says that the run is known to have begun elsewhere.
	Begun bool
	// Ordinary takes the precedence of begun runs from this call's run.
	Ordinary bool
	// Deadline is the last instant at which the call may start.
	Deadline time.Time
	// FinishBy is when all of the run is to be done; zero when that was not said.
	// It orders runs, in place of Deadline.
	FinishBy time.Time
	// Promised says that the run was told to come now: it is not Droppable.
	Promised bool
	// Cost is the share of the quota to expect of it (quota.Set.Share), on average
	// rather than to be safe: a tenant is charged it until the call has ended.
	Cost int64
	// Tokens is the settlement to expect of it in a sum over many.
	Tokens int64
}

// EventKind says what happened.
type EventKind uint8

// The events.
const (
	Enqueue  EventKind = iota // New is a call that wants to start
	Granted                   // the reservation that Call asked for was made
	Refused                   // it was not; At says when it may fit, zero never
	Done                      // Call ended and cost Cost
	Returned                  // Call was refused upstream for quota: it waits again, at the head
	BackOff                   // Call failed upstream: it keeps its place and waits until At
	Cancel                    // Call is wanted no more; ignored unless it waits
	Tick                      // time has passed
	Freed                     // a limit has changed: the head may fit
)

// Event is one input of the machine.
type Event struct {
	Kind EventKind
	Call Ref
	At   time.Time
	Cost int64
	New  Spec
}

// EffectKind says what is to be done.
type EffectKind uint8

// The effects.
const (
	TryReserve EffectKind = iota // ask the limits for Call, answer with Granted or Refused; always the last effect
	Start                        // Call has its reservation: send it
	Release                      // give Call's reservation back: it was cancelled meanwhile
	Expired                      // Call's deadline has passed, or it can never fit: it is out
	Wake                         // send Tick at At; replaces the wake before. Zero At: none
)

// Effect is one output of the machine.
type Effect struct {
	Kind  EffectKind
	Call  Ref
	Token uint64
	At    time.Time
}

// Order is how calls are ordered.
type Order uint8

// The orders.
const (
	// OrderRuns is the full order of the package comment.
	OrderRuns Order = iota
	// OrderFIFO serves calls as they come, whoever they are for.
	OrderFIFO
)

// StatedCalls is how many calls a run keeps its precedence for, and the most that
// others should be told to wait behind: whoever labels a day's work as one run, or
// states a million calls, must not shut out the rest of its tenant.
const StatedCalls = 100

// Options are a Scheduler's settings; the zero value works.
type Options struct {
	Order Order
	// RunIdle is how long a run that has begun and not finished keeps its
	// precedence between two calls. Zero: five minutes.
	RunIdle time.Duration
}

// Work is an alias for what is ahead of a call.
type Work = quota.Work
