// Command demo reads what `headgate demo -o json` printed from standard input
// and ends with 1 unless Headgate kept its promises: every run finished, no
// client saw an error, the upstream throttled nobody. The ratios are printed
// and not judged: they depend on how busy the machine was.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// arm is one of the demo's three set-ups.
type arm struct {
	RunsStarted       int      `json:"runs_started"`
	RunsFinished      int      `json:"runs_finished"`
	RunMean           *float64 `json:"run_mean_s"`
	ClientErrors      int      `json:"client_errors"`
	UpstreamThrottles int      `json:"upstream_throttles"`
	UpstreamCalls     int      `json:"upstream_calls"`
	QuotaUsed         float64  `json:"quota_used"`
}

func main() {
	var arms struct{ Direct, FIFO, Headgate *arm }
	if err := json.NewDecoder(os.Stdin).Decode(&arms); err != nil {
		fail("read the demo's JSON: %v", err)
	}
	if arms.Direct == nil || arms.FIFO == nil || arms.Headgate == nil {
		fail("the demo's JSON lacks one of direct, fifo and headgate")
	}
	h := arms.Headgate
	fmt.Printf("direct:   %d of %d runs finished, %d client errors, %d throttles\n",
		arms.Direct.RunsFinished, arms.Direct.RunsStarted, arms.Direct.ClientErrors, arms.Direct.UpstreamThrottles)
	fmt.Printf("headgate: %d of %d runs finished, %d client errors, %d throttles\n",
		h.RunsFinished, h.RunsStarted, h.ClientErrors, h.UpstreamThrottles)
	fmt.Printf("quota_used %.3f (aim: at least 0.97)\n", h.QuotaUsed)
	if h.RunMean != nil && arms.FIFO.RunMean != nil && *arms.FIFO.RunMean > 0 {
		fmt.Printf("run_mean_s over fifo's %.3f (aim: at most 0.65)\n", *h.RunMean / *arms.FIFO.RunMean)
	}
	if h.RunsStarted != 10 || h.RunsFinished != 10 || h.ClientErrors != 0 || h.UpstreamThrottles != 0 {
		fail("headgate must finish 10 of 10 runs with no client error and no upstream throttle")
	}
}

// fail says why on standard error and ends the process with 1.
func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "demo check: "+format+"\n", args...)
	os.Exit(1)
}
