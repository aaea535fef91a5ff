package suites

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
)

// The targets of what stands in a call's way: a decision must stay out of
// sight beside a network's round trip, and leave nothing to collect.
const (
	mostTime        = 1000 // ns
	mostAllocations = 0
)

// decisionCase is one Go benchmark and what it is called in the report.
type decisionCase struct {
	benchmark, name string
	judged          bool
}

// decisionPackage is one package's benchmarks.
type decisionPackage struct {
	path  string
	cases []decisionCase
}

// decisionCases lists the benchmarks of the packages that a call's decision
// goes through. A benchmark that is renamed is missed, and the suite fails.
func decisionCases() []decisionPackage {
	return []decisionPackage{
		{"./internal/sched", []decisionCase{
			{"PickReserveSettle/1000_waiting/one_tenant", "pick, reserve, settle: 1,000 wait", true},
			{"PickReserveSettle/10000_waiting/one_tenant", "pick, reserve, settle: 10,000 wait", true},
			{"PickReserveSettle/100000_waiting/one_tenant", "pick, reserve, settle: 100,000 wait", true},
			{"PickReserveSettle/1000_waiting/each_its_tenant", "pick, reserve, settle: 1,000 tenants wait", true},
			{"PickReserveSettle/10000_waiting/each_its_tenant", "pick, reserve, settle: 10,000 tenants wait", true},
			{"PickReserveSettle/100000_waiting/each_its_tenant", "pick, reserve, settle: 100,000 tenants wait", true},
			{"Enqueue/1000_waiting", "join and forecast: 1,000 wait", true},
			{"Enqueue/10000_waiting", "join and forecast: 10,000 wait", true},
			{"Enqueue/100000_waiting", "join and forecast: 100,000 wait", true},
		}},
		{"./internal/quota", []decisionCase{
			{"ReserveSettle", "reserve and settle in three limits", true},
			{"Refuse", "find a limit full", true},
			{"Forecast", "forecast over 100,000 calls", true},
		}},
		{"./internal/limit", []decisionCase{
			{"ReserveSettle", "reserve and settle with the process's locks", true},
		}},
		{"./internal/estimate", []decisionCase{
			{"Estimate", "estimate a call, learn from its answer", true},
		}},
	}
}

func decisions() Suite {
	return Suite{
		Section: report.Section{
			Name: "decision", Title: "Cost of a decision", Group: results.Machine,
			About: "Go benchmarks of the code that decides: which of the waiting calls is next, whether it fits every limit, " +
				"and what is booked when it ends; one goroutine, no input or output.",
			Metrics: []report.Metric{
				{Name: "time", Title: "time", Unit: "ns"},
				{Name: "allocations", Title: "allocations"},
			},
			Charts: []report.Chart{{
				File: "decision-time", Title: "Time of a decision", Subtitle: "the tick is the target",
				Metric: "time",
			}},
		},
		Run: runDecisions,
	}
}

func runDecisions(ctx context.Context, s Settings, emit func(results.Row)) error {
	length, count := "60ms", 5
	if s.Quick {
		length, count = "20ms", 1
	}
	for _, p := range decisionCases() {
		s.Step("benchmarks of %s", p.path)
		found, err := goBench(ctx, s.Root, p, length, count)
		if err != nil {
			return err
		}
		for _, c := range p.cases {
			var times, allocations []float64
			for _, m := range found {
				if m.Name == c.benchmark {
					times, allocations = append(times, m.Values["ns/op"]), append(allocations, m.Values["allocs/op"])
				}
			}
			if len(times) == 0 {
				return fmt.Errorf("%s has no benchmark %s: was it renamed? The suite's list is decisionCases", p.path, c.benchmark)
			}
			row := results.Row{Case: c.name, Arm: report.Ours}
			timed, allocated := spread(row, times), spread(row, allocations)
			timed.Metric, allocated.Metric = "time", "allocations"
			if c.judged {
				timed.Target, allocated.Target = results.AtMost(mostTime, ""), results.AtMost(mostAllocations, "")
			}
			emit(timed)
			emit(allocated)
		}
	}
	return nil
}

// goBench runs the benchmarks of one package.
func goBench(ctx context.Context, root string, p decisionPackage, length string, count int) ([]measured, error) {
	var names []string
	for _, c := range p.cases {
		name, _, _ := strings.Cut(c.benchmark, "/")
		names = append(names, name)
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark("+strings.Join(names, "|")+")$", //nolint:gosec // names of this file
		"-benchmem", "-benchtime", length, "-count", fmt.Sprint(count), p.path)
	cmd.Dir = root
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", cmd, err), errors.New(strings.TrimSpace(problems.String()+out.String())))
	}
	return parseBenchmarks(out.String())
}
