package suites

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/sim"
)

const (
	// change is when what is enforced changes.
	change = 20 * time.Minute
	// learnIn is how many windows after the first throttle learning may take, and
	// learnTo the part of the new limit that is to be used then.
	learnIn = 3
	learnTo = 0.95
	// settleIn is how many windows after the first throttle are looked at in all.
	settleIn = 6
	// mostToLearn are the throttles that a hidden factor, and a switch, may cost.
	mostToLearn, mostToSwitch = 6, 2
)

// hidden is a limit of which less is enforced than is published, from an instant.
type hidden struct {
	law    string
	factor float64
}

func hiddenCases() []hidden {
	var out []hidden
	for _, law := range []string{"bucket", "bucket:5s", "fixed:random", "sliding"} {
		for _, f := range []float64{0.9, 0.7, 0.6} {
			out = append(out, hidden{law, f})
		}
	}
	return out
}

func (h hidden) name() string { return fmt.Sprintf("%g of the limit is there, %s", h.factor, h.law) }

func (h hidden) scenario() sim.Scenario {
	sc := shapes()[0].scenario(h.law)
	sc.Name, sc.For = h.name(), 30*time.Minute
	sc.Limits[0].Hidden = meter.Hidden{Factor: 1, Steps: []meter.Step{{After: meter.Span(change), Factor: h.factor}}}
	return sc
}

// switched is an upstream that counts in another way than is published.
type switched struct {
	name  string
	shape shape
	law   string
	how   meter.Accounting
	// told says that the configuration says so, or has no need to; else it is to be
	// learned.
	told bool
}

func switchedCases() []switched {
	const late = 10 * time.Second
	flat, wide := shapes()[0], shapes()[1]
	narrow := shape{input: 1500, maxTokens: 2250, lasts: 3 * time.Second}
	var out []switched
	for _, law := range []string{"bucket", "sliding"} {
		out = append(
			out,
			switched{"the unused part of a hold comes back every 2 s, " + law, wide, law, meter.Accounting{ReleaseEvery: meter.Span(2 * time.Second)}, true},
			switched{"refunds go to the present window, " + law, narrow, law, meter.Accounting{Refund: meter.RefundNow}, true},
			switched{"refunds come 10 s late, told, " + law, narrow, law, meter.Accounting{RefundDelay: meter.Span(late)}, true},
			switched{"burndown in the hold, told, " + law, flat, law, meter.Accounting{ReserveBurndown: true}, true},
			switched{"refused calls are charged, told, " + law, flat, law, meter.Accounting{ChargeRejected: true}, true},
			switched{"refunds come 10 s late, not told, " + law, narrow, law, meter.Accounting{RefundDelay: meter.Span(late)}, false},
			switched{"burndown in the hold, not told, " + law, flat, law, meter.Accounting{ReserveBurndown: true}, false},
		)
	}
	return out
}

// scenario is the case's. What is asked is whether the accounting is kept, or
// learned; so nothing else is tried beside it.
func (c switched) scenario() sim.Scenario {
	sc := c.shape.scenario(c.law)
	sc.Name, sc.Accounting = c.name, c.how
	sc.Pacer.Learn = sim.LearnThrottles
	if !c.told {
		sc.Pacer.Accounting = &meter.Accounting{}
	}
	return sc
}

func learning(l *lab) Suite {
	return Suite{
		Section: report.Section{
			Name: "learning", Title: "What is learned, and what it costs", Group: results.Simulated,
			About: "After twenty minutes of full use less is enforced than is published, and nothing says so but the throttles, which no client sees. Counted are those in six windows from the first, " +
				"and what is used of the new limit in the last three of them. Then an upstream that counts in another way than its documents say.",
			Metrics: []report.Metric{
				{Name: "throttles", Title: "Throttles until a hidden factor is learned"},
				{Name: "used", Title: "Used of the new limit, three windows after the first throttle", Unit: "ratio", About: "More than all of it is what the bucket had saved."},
				{Name: "switch", Title: "Throttles under another way to count", About: "In 40 minutes, without trials of the law. Those that are not told and matter are to be learned with two."},
				{Name: "use, switched", Title: "Used of the quota meanwhile", Unit: "ratio"},
			},
			Charts: []report.Chart{{File: "learning", Title: "Used of the new limit, three windows after the first throttle", Metric: "used", Max: 1.1}},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			for _, h := range hiddenCases() {
				all, err := l.run(ctx, s, h.name(), h.scenario(), sim.Headgate)
				if err != nil {
					return err
				}
				h.rows(all, emit)
			}
			for _, c := range switchedCases() {
				all, err := l.run(ctx, s, c.name, c.scenario(), sim.Headgate)
				if err != nil {
					return err
				}
				c.rows(all, emit)
			}
			return nil
		},
	}
}

func (h hidden) rows(all []sim.Result, emit func(results.Row)) {
	var throttles, used []float64
	for i := range all {
		t, u := h.learned(all[i].Series)
		throttles, used = append(throttles, t), append(used, u)
	}
	r := spread(row(h.name(), "throttles", report.Ours, h.law, 1.5), throttles)
	r.Target = results.AtMost(mostToLearn, "")
	emit(r)
	r = spread(row(h.name(), "used", report.Ours, h.law, 1.5), used)
	r.Target = results.AtLeast(learnTo, "")
	emit(r)
}

// learned counts the throttles from the first after the change on, and what was
// used of the new limit when it should be known.
func (h hidden) learned(s *sim.Series) (throttles, used float64) {
	first := int(change / s.Step)
	if i := slices.IndexFunc(s.Throttled[first:], func(n int64) bool { return n > 0 }); i >= 0 {
		first += i
	}
	for _, n := range s.Throttled[first:min(first+settleIn, len(s.Throttled))] {
		throttles += float64(n)
	}
	// The first throttle lies somewhere in its minute, so a full window is between.
	from := first + learnIn + 1
	for _, n := range s.Settled[from : from+settleIn-learnIn] {
		used += float64(n)
	}
	return throttles, used / (h.factor * perMinute * float64(settleIn-learnIn))
}

func (c switched) rows(all []sim.Result, emit func(results.Row)) {
	r := spread(row(c.name, "switch", report.Ours, c.law, 1.5), of(all, func(r *sim.Result) float64 { return float64(r.Throttles) }))
	r.Target = results.AtMost(mostToSwitch, "")
	if c.told {
		r.Target = results.AtMost(0, "")
	}
	emit(r)
	emit(spread(row(c.name, "use, switched", report.Ours, c.law, 1.5), of(all, func(r *sim.Result) float64 { return r.QuotaUsed })))
}
