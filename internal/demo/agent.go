package demo

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// agent makes one run: calls that each need the answer of the one before.
type agent struct {
	number int // from 0
	calls  int
	client *client
	board  *board
}

// run works until the run is done, a call failed for good, or ctx ends. Only
// a call that failed for good counts as failed.
func (a agent) run(ctx context.Context, begin time.Time) {
	a.board.start(a.number)
	before := ""
	for step := range a.calls {
		r, err := a.client.ask(ctx, runID(a.number), a.calls, prompt(a.number, step, before))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.board.fail(a.number, err)
			return
		}
		a.board.answer(a.number, settled(r.usage))
		before = r.text
	}
	a.board.finish(a.number, time.Since(begin))
}

// settled is what a call cost of the tokens quota.
func settled(u llm.Usage) int64 { return u.Settlement(burndown) }
