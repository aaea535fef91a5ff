// Command overhead measures what Headgate adds to a call: beside a bare
// httputil.ReverseProxy and no proxy at all, in one run, with the same load.
//
// Every part is a process of its own: an upstream that answers at once, the
// bare proxy, the gateway (with signing, admission, usage and ledger on), and
// this one, which makes the load. Arms take turns in short rounds, so that a
// noisy neighbour meets all of them; each figure is the median of the rounds.
//
//	go run ./bench/overhead               # the table
//	go run ./bench/overhead -o json       # the rows
//	go run ./bench/overhead -rounds 1 -for 1s -rates 200
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	role := os.Getenv(roleVariable)
	var err error
	if role == "" {
		role, err = "overhead", run(ctx)
	} else {
		err = serve(ctx, role)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	rates  []int
	rounds int
	length time.Duration
	output string
}

func readFlags() (settings, error) {
	s := settings{}
	rates := flag.String("rates", "200,500,1000", "requests a second of the open loop, separated by commas")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each arm and case; the median counts")
	flag.DurationVar(&s.length, "for", 3*time.Second, "length of one round")
	flag.StringVar(&s.output, "o", "table", "table or json")
	flag.Parse()
	for text := range strings.SplitSeq(*rates, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100_000 {
			return s, fmt.Errorf("-rates: %q is not a number of requests from 1 to 100000", text)
		}
		s.rates = append(s.rates, n)
	}
	if s.rounds < 1 || s.length < 100*time.Millisecond || s.output != "table" && s.output != "json" {
		return s, fmt.Errorf("-rounds must be at least 1, -for at least 100ms, -o table or json")
	}
	return s, nil
}

// row is one figure of one arm in one case, as in bench/results.json.
type row struct {
	Suite  string  `json:"suite"`
	Case   string  `json:"case"`
	Arm    string  `json:"arm"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	// Bound is the bare proxy's figure that Target speaks of; Ok is empty where
	// there is no target.
	Bound  float64 `json:"bound,omitempty"`
	Target string  `json:"target,omitempty"`
	OK     *bool   `json:"ok,omitempty"`
}

// The targets, against the bare proxy in the same run.
const (
	mostLatency    = 1.5
	leastRequests  = 0.6
	latencyTarget  = "≤ 1.5 × proxy"
	requestsTarget = "≥ 0.6 × proxy"
)

func run(ctx context.Context) error {
	s, err := readFlags()
	if err != nil {
		return err
	}
	arms, stop, err := startArms(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var rows []row
	for _, c := range cases(s.rates) {
		fmt.Fprintf(os.Stderr, "%-28s", c.name)
		figures, err := c.measure(ctx, arms, s)
		if err != nil {
			return err
		}
		rows = append(rows, judge(c, figures)...)
		fmt.Fprintln(os.Stderr, "done")
	}
	if s.output == "json" {
		return json.NewEncoder(os.Stdout).Encode(rows)
	}
	printTable(rows)
	return nil
}

// judge turns the medians of a case into rows, with the verdicts on ours.
func judge(c loadCase, figures map[string]map[string][]float64) []row {
	var rows []row
	for _, metric := range c.metrics() {
		proxy := median(figures["proxy"][metric])
		for _, arm := range armNames {
			r := row{Suite: "overhead", Case: c.name, Arm: arm, Metric: metric, Value: median(figures[arm][metric])}
			if arm == "headgate" && c.judged {
				r.Bound = proxy
				ok := r.Value <= mostLatency*proxy
				r.Target = latencyTarget
				if metric == "requests_per_s" {
					ok = r.Value >= leastRequests*proxy
					r.Target = requestsTarget
				}
				r.OK = &ok
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func printTable(rows []row) {
	fmt.Printf("%s, %d cores shared by load, proxies and upstream\n\n", runtime.Version(), runtime.NumCPU())
	fmt.Printf("%-28s %-15s %10s %10s %10s   %-9s %s\n", "case", "metric", "direct", "proxy", "headgate", "× proxy", "target")
	byKey := map[string]map[string]row{}
	var order []string
	for _, r := range rows {
		key := r.Case + "\x00" + r.Metric
		if byKey[key] == nil {
			byKey[key] = map[string]row{}
			order = append(order, key)
		}
		byKey[key][r.Arm] = r
	}
	for _, key := range order {
		m := byKey[key]
		ours, proxy := m["headgate"], m["proxy"]
		verdict := ""
		if ours.OK != nil {
			verdict = ours.Target + ": missed"
			if *ours.OK {
				verdict = ours.Target + ": met"
			}
		}
		fmt.Printf("%-28s %-15s %10.0f %10.0f %10.0f   %-9s %s\n", ours.Case, ours.Metric, m["direct"].Value, proxy.Value, ours.Value,
			fmt.Sprintf("%.2f", ours.Value/proxy.Value), verdict)
	}
}
