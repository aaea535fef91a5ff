package emulator

import (
	"context"
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/reply"
	"github.com/headgate/headgate/internal/llm"
)

// tokensPerDelta is how many tokens one event of a stream carries.
const tokensPerDelta = 4

// errBroken stops a stream that a fault has broken.
var errBroken = errors.New("broken by a fault")

// streaming is a streamed answer under way.
type streaming struct {
	*call

	ctx   context.Context //nolint:containedctx // of the one request that this value answers
	out   *reply.Stream
	flush func() error
	reply *reply.Reply
}

// stream sends an answer in events, each when it is due. When a fault ends it
// early, the call pays for what it has said.
func (c *call) stream(ctx context.Context, r *reply.Reply) error {
	if err := c.pace.wait(ctx, c.fault.delay(), 0); err != nil {
		c.left(r)
		return nil //nolint:nilerr // the client has left: there is nobody to answer
	}
	c.pace.began()
	h := c.w.Header()
	h.Set("Content-Type", "application/vnd.amazon.eventstream")
	if c.op == llm.OpInvokeStream {
		h.Set("X-Amzn-Bedrock-Content-Type", "application/json")
		c.echoHeaders()
	}
	c.w.WriteHeader(http.StatusOK)
	s := &streaming{call: c, ctx: ctx, out: reply.NewStream(c.w), reply: r, flush: http.NewResponseController(c.w).Flush}
	switch err := s.run(); {
	case errors.Is(err, errBroken):
		return s.breakOff()
	case err != nil:
		c.left(r)
	}
	return nil
}

func (s *streaming) run() error {
	if err := s.send(s.form.Start(s.reply)...); err != nil {
		return err
	}
	for i, b := range s.reply.Blocks {
		if err := s.block(i, b); err != nil {
			return err
		}
	}
	s.generated = s.reply.Usage.Output
	if s.breaksWithin(s.form.End(s.reply, s.pace.timing(s.fault.delay()))) {
		return errBroken
	}
	s.settle()
	return s.send(s.form.End(s.reply, s.pace.timing(s.fault.delay()))...)
}

// block sends one block in pieces.
func (s *streaming) block(i int, b reply.Block) error {
	if err := s.send(s.form.BlockStart(i, b)...); err != nil {
		return err
	}
	before := s.generated
	if b.Tool != "" {
		before += prompt.Count(b.Tool)
	}
	content := b.Content()
	for sent := 0; sent < len(content); {
		end := boundary(content, sent+4*tokensPerDelta)
		due := before + prompt.Count(content[:end])
		if err := s.pace.wait(s.ctx, s.fault.delay(), due); err != nil {
			return err
		}
		if err := s.send(s.form.Delta(i, b, content[sent:end])); err != nil {
			return err
		}
		sent, s.generated = end, due
	}
	return s.send(s.form.BlockStop(i))
}

// boundary is the first place at or after i where a character begins.
func boundary(text string, i int) int {
	for i < len(text) && !utf8.RuneStart(text[i]) {
		i++
	}
	return min(i, len(text))
}

// send writes events, up to where a fault breaks the stream. Without latency
// nothing is flushed: the server does so when its buffer is full.
func (s *streaming) send(events ...reply.Event) error {
	for _, e := range events {
		if s.breaksWithin([]reply.Event{e}) {
			return errBroken
		}
		if err := s.out.Send(e); err != nil {
			return err
		}
	}
	if s.pace.instant() {
		return nil
	}
	return s.flush()
}

// breaksWithin reports whether the stream's fault strikes before these events
// are sent.
func (s *streaming) breaksWithin(events []reply.Event) bool {
	broken := s.fault.Kind == FaultStreamException || s.fault.Kind == FaultStreamCut
	return broken && s.out.Events+len(events) > s.fault.After
}

// breakOff ends a stream as its fault has it.
func (s *streaming) breakOff() error {
	s.failed = s.fault.broken()
	s.settle()
	if s.fault.Kind == FaultStreamCut {
		if err := s.flush(); err != nil {
			return nil //nolint:nilerr // the client has left first
		}
		panic(http.ErrAbortHandler) // how net/http breaks a connection off
	}
	name := s.fault.Exception
	if name == "" {
		name = defaultException
	}
	if err := s.out.Exception(name, exceptions()[name]); err != nil {
		return nil //nolint:nilerr // the client has left first
	}
	return nil
}
