package dispatch

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/wire/tracecontext"
)

// Tracer takes the stories of calls. It must be safe for concurrent use.
type Tracer interface {
	// Sampled says, before anything is known of a call, whether the trace that it
	// begins is kept; what the call turns out to be may still keep it.
	Sampled(trace [16]byte) bool
	// ContentBytes is how much of a request's and of an answer's body a story may
	// hold; 0: nothing.
	ContentBytes() int
	// Trace takes the story of a call that has ended. It must not block, and owns
	// the story from then on, but for Request, which it must not keep or change.
	Trace(s *Story)
}

// Story is what became of a call, for its trace.
type Story struct {
	Entry ledger.Entry
	// Parent is what the client sent, zero when it sent none; At is the call's own
	// place, of the same trace or of a new one.
	Parent, At tracecontext.Context
	State      string // the client's tracestate, as it came
	Steps      []Step // in order of their beginning
	StopReason string
	// Request and Answer are the bodies, where ContentBytes allows them; an Answer
	// that was longer is cut.
	Request, Answer []byte
	// Embedding says that the model makes embeddings.
	Embedding bool
}

// StepKind is what a call did during a step.
type StepKind uint8

// The kinds of step.
const (
	StepQueue   StepKind = iota // it waited for its turn, or for a retry
	StepAttempt                 // it was at the upstream
	StepStream                  // its answer streamed, from the first content on; within an attempt
	StepCache                   // it was looked for in the cache, or answered with another call
)

// Step is a part of a call's time.
type Step struct {
	Kind       StepKind
	Span       [8]byte
	Begin, End time.Time
	// Status is what the upstream answered, 0 for no answer; Request its id of the
	// attempt, and Error what it called the failure.
	Status  int
	Request string
	Error   string
	// Limit is the one that was waited for, or that throttled the attempt.
	Limit string
	// Cache is what a StepCache found: hit, miss or joined.
	Cache string
}

// newStory begins the story of a call, or returns nil where there are none.
func (d *Dispatcher) newStory(r *Request) *Story {
	if d.opts.Tracer == nil {
		return nil
	}
	s := &Story{State: r.Header.Get("Tracestate"), Steps: make([]Step, 0, 4)}
	s.Parent, _ = tracecontext.Parse(r.Header.Get("Traceparent"))
	s.At = tracecontext.Context{Trace: s.Parent.Trace, Span: newSpan(), Sampled: s.Parent.Sampled}
	if s.Parent.IsZero() {
		binary.BigEndian.PutUint64(s.At.Trace[:8], rand.Uint64())
		binary.BigEndian.PutUint64(s.At.Trace[8:], rand.Uint64()|1) // never zero
		s.At.Sampled = d.opts.Tracer.Sampled(s.At.Trace)
	}
	if d.opts.Tracer.ContentBytes() > 0 {
		s.Request = r.Body
	}
	return s
}

// cached adds that the cache was asked.
func (s *Story) cached(begin, end time.Time, found string) {
	if s != nil && !begin.IsZero() {
		s.Steps = append(s.Steps, Step{Kind: StepCache, Span: newSpan(), Begin: begin, End: end, Cache: found})
	}
}

func newSpan() (id [8]byte) {
	binary.BigEndian.PutUint64(id[:], rand.Uint64()|1) // never zero
	return id
}

// begin begins a step. Like all methods of a Story it does nothing where there is
// none.
func (s *Story) begin(kind StepKind) {
	if s != nil {
		s.Steps = append(s.Steps, Step{Kind: kind, Span: newSpan(), Begin: time.Now()})
	}
}

// latest is the latest step of a kind, nil when there is none.
func (s *Story) latest(kind StepKind) *Step {
	if s == nil {
		return nil
	}
	for i := len(s.Steps) - 1; i >= 0; i-- {
		if s.Steps[i].Kind == kind {
			return &s.Steps[i]
		}
	}
	return nil
}

// end ends the latest step of a kind, unless it has ended.
func (s *Story) end(kind StepKind) {
	if step := s.latest(kind); step != nil && step.End.IsZero() {
		step.End = time.Now()
	}
}

// waited ends a wait, with the limit that it was for.
func (s *Story) waited(e *lane.Entry) {
	s.end(StepQueue)
	if step := s.latest(StepQueue); step != nil {
		if by, waited := e.WaitedFor(); waited {
			step.Limit = by.String()
		}
	}
}

// answered notes what the attempt that is under way was answered.
func (s *Story) answered(status int, h http.Header) {
	if step := s.latest(StepAttempt); step != nil {
		step.Status, step.Request, step.Error = status, h.Get("X-Amzn-Requestid"), h.Get("X-Amzn-Errortype")
	}
}

// failed notes why the latest attempt failed, and the limit that throttled it.
func (s *Story) failed(why, limit string) {
	if step := s.latest(StepAttempt); step != nil {
		step.Limit = limit
		if why != "" {
			step.Error = why
		}
	}
}

// keepContent adds bytes of the answer to the story, as far as they may be in it.
func (c *call) keepContent(b []byte) {
	if c.story == nil {
		return
	}
	if left := c.d.opts.Tracer.ContentBytes() - len(c.story.Answer); left > 0 {
		c.story.Answer = append(c.story.Answer, b[:min(len(b), left)]...)
	}
}

// stopped notes why the model ended its answer.
func (c *call) stopped(reason string) {
	if c.story != nil {
		c.story.StopReason = reason
	}
}

// outgoing is the header of the attempt that has begun: the upstream's work belongs
// to its span.
func (s *Story) outgoing(h http.Header) http.Header {
	if s == nil {
		return h
	}
	at := s.At
	at.Span = s.Steps[len(s.Steps)-1].Span
	h = maps.Clone(h)
	if h == nil {
		h = http.Header{}
	}
	h["Traceparent"] = []string{at.String()}
	return h
}

// tell hands the story over.
func (c *call) tell() {
	if c.story == nil {
		return
	}
	now := time.Now()
	for i := range c.story.Steps {
		if c.story.Steps[i].End.IsZero() {
			c.story.Steps[i].End = now
		}
	}
	c.story.Entry = c.record
	c.d.opts.Tracer.Trace(c.story)
}
