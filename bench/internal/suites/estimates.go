package suites

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/llm"
)

// traffic is a route's calls as they turn out. Inputs are about bytes ÷ 4 tokens,
// outputs are lognormal.
type traffic struct {
	name             string
	bytes, output    float64 // medians
	spread, dialects float64 // of sizes, and of bytes a token
	outputSpread     float64
}

func traffics() []traffic {
	return []traffic{
		{"one kind of call", 6000, 200, 0.5, 0.05, 0.3},
		{"heavy tails, mixed text", 4000, 145, 1, 0.15, 0.8},
	}
}

// seen are the numbers of calls after which the forecasts are looked at.
func seen() []int { return []int{0, 5, 20, 100, 500, 2000} }

func estimates() Suite {
	return Suite{
		Section: report.Section{
			Name: "estimates", Title: "Error of the estimates over calls", Group: results.Simulated,
			About: "How far forecasts are off after so many calls of a route: input from the bytes of the request, output from what the route put out before. " +
				"Output is forecast so that four fifths of the calls stay below, for its size is not known in advance.",
			Metrics: []report.Metric{
				{Name: "input p50", Title: "Median error of the input", Unit: "ratio"},
				{Name: "input p90", Title: "90th percentile of it", Unit: "ratio"},
				{Name: "covered", Title: "Calls whose output stays within the forecast", Unit: "ratio"},
				{Name: "mean off", Title: "Error of the mean output", Unit: "ratio"},
			},
			Charts: []report.Chart{{File: "estimates", Title: "90th percentile of the input's error", Subtitle: "by how many calls have been seen", Metric: "input p90"}},
		},
		Run: func(_ context.Context, s Settings, emit func(results.Row)) error {
			for _, t := range traffics() {
				for _, n := range seen() {
					t.rows(s, n, emit)
				}
			}
			return nil
		},
	}
}

// one is a call as it turns out.
func (t traffic) one(r *rand.Rand) (estimate.Features, llm.Usage) {
	bytes := t.bytes * math.Exp(t.spread*r.NormFloat64())
	tokens := bytes / 4 * math.Exp(t.dialects*r.NormFloat64())
	out := t.output * math.Exp(t.outputSpread*r.NormFloat64())
	return estimate.Features{TextBytes: int64(bytes), Messages: 1}, llm.Usage{Input: int64(tokens) + 1, Output: min(int64(out)+1, mostOutput)}
}

const mostOutput = 4096

func (t traffic) rows(s Settings, calls int, emit func(results.Row)) {
	const looks = 2000
	var p50, p90, covered, off []float64
	for i := range s.Seeds {
		r := rand.New(rand.NewPCG(uint64(firstSeed+i), 7))
		var f estimate.Forecaster
		route := estimate.Route{Model: "m", Tenant: "t"}
		for range calls {
			x, u := t.one(r)
			f.Observe(route, x, u, time.Second)
		}
		var errs []float64
		var within, sum float64
		for range looks {
			x, u := t.one(r)
			c := f.Forecast(route, x, mostOutput)
			errs = append(errs, math.Abs(float64(c.Usage.Input-u.Input))/float64(u.Input))
			sum += float64(u.Output)
			if u.Output <= c.Usage.Output {
				within++
			}
		}
		slices.Sort(errs)
		mean := float64(f.Forecast(route, estimate.Features{}, mostOutput).Mean)
		p50, p90 = append(p50, errs[looks/2]), append(p90, errs[looks*9/10])
		covered, off = append(covered, within/looks), append(off, math.Abs(mean-sum/looks)/(sum/looks))
	}
	name := fmt.Sprintf("%s, after %d calls", t.name, calls)
	for _, m := range []struct {
		metric string
		values []float64
	}{{"input p50", p50}, {"input p90", p90}, {"covered", covered}, {"mean off", off}} {
		emit(spread(row(name, m.metric, report.Ours, "", 0), m.values))
	}
}
