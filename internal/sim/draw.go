package sim

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// The streams of a seed. Each source, and each agent of a closed one, has one of
// its own from streamSources on.
const (
	streamNetwork = iota + 1
	streamRetry
	streamOutages
	streamMean
	streamSources = 1000
	streamAgents  = 1 << 20
)

func stream(seed, which uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, which)) }

// drawer makes the runs of one source.
type drawer struct {
	src     *Source
	latency Latency
	rng     *rand.Rand
}

// run draws a run's calls and appends them to calls.
func (d *drawer) run(calls []Call) []Call {
	src := d.src
	n := src.Calls.Least + d.rng.IntN(src.Calls.Most-src.Calls.Least+1)
	common, own := math.Sqrt(src.Correlation), math.Sqrt(1-src.Correlation)
	in, out := d.rng.NormFloat64(), d.rng.NormFloat64()
	for i := range n {
		c := Call{
			Input:     max(1, src.Input.at(common*in+own*d.rng.NormFloat64())),
			Output:    max(1, src.Output.at(common*out+own*d.rng.NormFloat64())),
			MaxTokens: src.MaxTokens,
		}
		c.Output = min(c.Output, c.MaxTokens)
		if d.rng.Float64() < src.Unset {
			c.MaxTokens = src.ModelMax
		}
		c.Bytes = int64(4 * float64(c.Input) * math.Exp(src.ByteNoise*d.rng.NormFloat64()))
		if think := d.rng.ExpFloat64(); i > 0 {
			c.Think = time.Duration(think * float64(src.Think))
		}
		c.Takes = d.latency.draw(c.Output, d.rng)
		calls = append(calls, c)
	}
	return calls
}

// draw is how long an answer of so many tokens takes.
func (l Latency) draw(output int64, rng *rand.Rand) time.Duration {
	factor := math.Exp(l.Spread * rng.NormFloat64())
	return time.Duration(factor * (float64(l.FirstToken) + float64(output)*float64(l.PerToken)))
}

// Draw makes the trace that a scenario's workload offers with a seed. The runs
// of closed sources are not in it: they begin when others end. The scenario
// must be valid.
func Draw(s Scenario, seed uint64) *Trace {
	s = s.withDefaults()
	return s.draw(seed)
}

func (s *Scenario) draw(seed uint64) *Trace {
	t := &Trace{Tenants: s.tenants()}
	scale, first := s.scale(), 0
	for i := range s.Workload {
		src := &s.Workload[i]
		if src.Arrival.Kind != Closed {
			s.drawSource(t, src, first, scale, stream(seed, streamSources+uint64(i)))
		}
		first += src.Tenants
	}
	slices.SortStableFunc(t.Runs, func(a, b Run) int { return cmp.Compare(a.At, b.At) })
	for i := range t.Runs {
		t.Runs[i].Process = i % s.Processes
	}
	return t
}

// drawSource appends an open source's runs; first is its first tenant.
func (s *Scenario) drawSource(t *Trace, src *Source, first int, scale float64, rng *rand.Rand) {
	d := drawer{src: src, latency: s.Latency, rng: rng}
	begin := func(at time.Duration, n int) {
		run := src.run(at, first+n%src.Tenants)
		run.First = len(t.Calls)
		t.Calls = d.run(t.Calls)
		run.N = len(t.Calls) - run.First
		t.Runs = append(t.Runs, run)
	}
	n := 0
	if src.Arrival.Kind == Spike {
		every := float64(src.Arrival.Every) / scale
		for at := 0.0; at < float64(s.For); at += every {
			for range src.Arrival.Runs {
				begin(time.Duration(at), n)
				n++
			}
			if src.Arrival.Every <= 0 {
				return
			}
		}
		return
	}
	gap := float64(time.Minute) / (src.Arrival.PerMinute * scale)
	for at := 0.0; ; n++ {
		step := 1.0
		if src.Arrival.Kind == Poisson {
			step = rng.ExpFloat64()
		}
		if at += gap * step; at >= float64(s.For) {
			return
		}
		begin(time.Duration(at), n)
	}
}

// run is a run of the source without its calls.
func (s *Source) run(at time.Duration, tenant int) Run {
	return Run{At: at, Tenant: tenant, Class: s.class(), Deadline: s.Deadline, Declared: s.Declared, Returns: s.Returns}
}

// tenants lists those of all sources, in their order.
func (s *Scenario) tenants() []Tenant {
	var all []Tenant
	for _, src := range s.Workload {
		for n := range src.Tenants {
			name := src.Tenant
			if src.Tenants > 1 {
				name = fmt.Sprintf("%s-%d", src.Tenant, n+1)
			}
			all = append(all, Tenant{Name: name, Weight: src.Weight})
		}
	}
	return all
}

// scale is by how much arrivals are multiplied for the load that is asked for.
func (s *Scenario) scale() float64 {
	if s.Load <= 0 {
		return 1
	}
	var requests, tokens float64 // to be expected in a minute
	for i := range s.Workload {
		src := &s.Workload[i]
		calls, settled := s.meanRun(src, uint64(i))
		requests += src.Arrival.perMinute() * calls
		tokens += src.Arrival.perMinute() * settled
	}
	var demand float64 // of the tightest limit
	for _, l := range s.Limits {
		kind, _ := kindOf(l.Kind)
		perMinute := l.granted() * float64(time.Minute) / float64(kind.Window())
		if measured := tokens; perMinute > 0 {
			if kind == quota.RequestsPerMinute {
				measured = requests
			}
			demand = max(demand, measured/perMinute)
		}
	}
	if demand <= 0 {
		return 1
	}
	return s.Load / demand
}

// meanRun is how many calls, and settled tokens, a run of the source has on
// average: of many runs of a fixed seed, since caps and max_tokens leave no
// closed form.
func (s *Scenario) meanRun(src *Source, which uint64) (calls, settled float64) {
	const runs = 20_000
	d := drawer{src: src, latency: s.Latency, rng: stream(streamMean, which)}
	var buf []Call
	for range runs {
		buf = d.run(buf[:0])
		calls += float64(len(buf))
		for i := range buf {
			settled += float64(buf[i].usage().Settlement(s.Burndown))
		}
	}
	return calls / runs, settled / runs
}
