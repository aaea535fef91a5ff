package agent

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Rate is what calls may use in a minute; 0 where it is not known, or not limited.
type Rate struct {
	Requests int64
	Tokens   int64
}

// Plan is what a batch is going to ask for.
type Plan struct {
	Schemas int `json:"schemas"`
	// Calls are those to come, as far as can be told before the first answer, and
	// CallsBefore what they would be if each asked for one step of one schema.
	Calls       int `json:"calls"`
	CallsBefore int `json:"calls_before"`
	// Packed says that steps, and small schemas, share calls.
	Packed bool `json:"packed"`
	// Tokens are what the calls reserve.
	Tokens            int64 `json:"tokens"`
	RequestsPerMinute int64 `json:"requests_per_minute"` // 0: not known
	TokensPerMinute   int64 `json:"tokens_per_minute"`   // 0: not known
	// Minutes is how long the calls take at that rate; nil where it is not known.
	Minutes *float64 `json:"minutes"`
	// Order is in which schemas are asked for: those of a line together.
	Order []Turn `json:"order"`
}

// Turn is what is asked for at once.
type Turn struct {
	Schemas []string `json:"schemas"`
	Calls   int      `json:"calls"`
}

// String is the plan in a line: "7 schemas, 19 calls, about 9.5 min at 2 requests a
// minute".
func (p *Plan) String() string {
	text := counted(p.Schemas, "schema") + ", " + counted(p.Calls, "call")
	if p.Minutes != nil && p.Calls > 0 {
		text += fmt.Sprintf(", about %.3g min at ", *p.Minutes)
		if p.requestsBind() {
			text += counted(int(p.RequestsPerMinute), "request") + " a minute"
		} else {
			text += fmt.Sprintf("%d tokens a minute", p.TokensPerMinute)
		}
	}
	if p.CallsBefore > p.Calls {
		text += fmt.Sprintf(" (%d, each step and schema by itself)", p.CallsBefore)
	}
	return text
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// minutes are what so many units take at a rate; 0 where that is not known.
func minutes(units, rate int64) float64 {
	if rate <= 0 {
		return 0
	}
	return float64(units) / float64(rate)
}

func (p *Plan) requestsBind() bool {
	return p.RequestsPerMinute > 0 && minutes(int64(p.Calls), p.RequestsPerMinute) >= minutes(p.Tokens, p.TokensPerMinute)
}

// newPlan plans crews, which are in their order.
func newPlan(crews []*crew, before int, packed bool, rate Rate) *Plan {
	p := &Plan{CallsBefore: before, Packed: packed, RequestsPerMinute: rate.Requests, TokensPerMinute: rate.Tokens, Order: []Turn{}}
	for _, c := range crews {
		t := Turn{Calls: c.callsLeft()}
		for _, r := range c.runs {
			t.Schemas = append(t.Schemas, r.o.Name)
			p.Tokens += r.tokens()
		}
		p.Schemas += len(c.runs)
		p.Calls += t.Calls
		p.Order = append(p.Order, t)
	}
	if rate.Requests > 0 || rate.Tokens > 0 {
		p.Minutes = new(math.Ceil(10*max(minutes(int64(p.Calls), rate.Requests), minutes(p.Tokens, rate.Tokens))) / 10)
	}
	return p
}

// tokens are what the questions that are left reserve.
func (r *Run) tokens() int64 {
	var n int64
	for _, qs := range r.ahead() {
		for _, q := range qs {
			n += int64(q.req.Input) + int64(q.req.MaxTokens)
		}
	}
	return n
}

// scarce reports whether requests bind: there are more calls than go within a minute,
// and tokens would let more of them through.
func scarce(calls int, tokens int64, rate Rate) bool {
	return rate.Requests > 0 && int64(calls) > rate.Requests && minutes(int64(calls), rate.Requests) > minutes(tokens, rate.Tokens)
}

// crews are runs in the order in which they are to be finished: those with the
// fewest calls left first. Packed, up to four whose every round goes into one call
// are one crew.
func crews(runs []*Run, packed bool) []*crew {
	slices.SortStableFunc(runs, func(a, b *Run) int {
		return cmp.Or(cmp.Compare(a.callsLeft(), b.callsLeft()), strings.Compare(a.o.Name, b.o.Name))
	})
	var out []*crew
	for _, r := range runs {
		i := -1
		if packed && r.callsLeft() > 0 {
			i = slices.IndexFunc(out, func(c *crew) bool { return c.callsLeft() > 0 && c.takes(r) })
		}
		if i < 0 {
			out = append(out, newCrew(r))
			continue
		}
		out[i].runs, out[i].errs = append(out[i].runs, r), append(out[i].errs, nil)
	}
	slices.SortStableFunc(out, func(a, b *crew) int { return cmp.Compare(a.callsLeft(), b.callsLeft()) })
	return out
}

// takes reports whether a run's questions fit into the crew's calls, in each round.
func (c *crew) takes(r *Run) bool {
	for _, groups := range roundsOf(append(slices.Clone(c.runs), r)) {
		if len(groups) > 1 && !fit(groups) {
			return false
		}
	}
	return true
}

// callsLeft is how many calls the crew's questions take.
func (c *crew) callsLeft() int {
	n := 0
	for _, groups := range roundsOf(c.runs) {
		n += len(bundles(groups))
	}
	return n
}

// roundsOf are the questions ahead of runs, by round and run.
func roundsOf(runs []*Run) [][][]*question {
	var out [][][]*question
	for _, r := range runs {
		for i, qs := range r.ahead() {
			for len(out) <= r.at+i {
				out = append(out, nil)
			}
			if len(qs) > 0 {
				out[r.at+i] = append(out[r.at+i], qs)
			}
		}
	}
	return out
}
