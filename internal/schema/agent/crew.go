package agent

import (
	"context"

	"github.com/headgate/headgate/internal/schema/judge"
)

// crew are runs that are asked for together: each round's questions in one call,
// where they fit.
type crew struct {
	runs []*Run
	errs []error // of each run; nil while it goes on
	made int     // calls so far
}

func newCrew(runs ...*Run) *crew { return &crew{runs: runs, errs: make([]error, len(runs))} }

// judge asks until no run has a question left, and returns what went wrong with each.
func (c *crew) judge(ctx context.Context) []error {
	for _, r := range c.runs {
		r.calls = max(r.callsLeft(), 1)
	}
	for {
		var groups [][]*question
		for i, r := range c.runs {
			if c.errs[i] != nil {
				continue
			}
			qs, err := r.next(ctx)
			c.errs[i] = err
			if err != nil || len(qs) == 0 || len(groups) > 0 && r.at > groups[0][0].run.at {
				continue // those that are behind come first, so that all stay together
			}
			if len(groups) > 0 && r.at < groups[0][0].run.at {
				groups = nil
			}
			groups = append(groups, qs)
		}
		if len(groups) == 0 {
			return c.errs
		}
		for _, b := range bundles(groups) {
			c.ask(ctx, b)
		}
	}
}

// ask makes a bundle's call. Its error is that of all runs in it.
func (c *crew) ask(ctx context.Context, b *bundle) {
	for i, r := range c.runs {
		if c.errs[i] != nil && b.of(r) {
			return // of the same run, which has ended
		}
	}
	made, err := b.ask(ctx)
	if made {
		c.made++
	}
	if err == nil {
		return
	}
	for i, r := range c.runs {
		if b.of(r) {
			c.errs[i] = err
		}
	}
}

// bundles are the calls that questions are asked in: those of several runs together
// while they fit, and each that was answered badly alone.
func bundles(groups [][]*question) []*bundle {
	var out []*bundle
	var together [][]*question
	for _, qs := range groups {
		if qs[0].try == 0 {
			together = append(together, qs)
			continue
		}
		for _, q := range qs {
			out = append(out, newBundle([][]*question{{q}}))
		}
	}
	for len(together) > 0 {
		n := 1
		for n < len(together) && fit(together[:n+1]) {
			n++
		}
		out = append(out, newBundle(together[:n]))
		together = together[n:]
	}
	return out
}

// fit reports whether questions of several runs go into one call.
func fit(groups [][]*question) bool {
	reqs := make([]judge.Request, len(groups))
	for i, qs := range groups {
		reqs[i] = judge.Join(requests(qs))
	}
	return judge.Fits(reqs)
}

func requests(qs []*question) []judge.Request {
	out := make([]judge.Request, len(qs))
	for i, q := range qs {
		out[i] = q.req
	}
	return out
}
