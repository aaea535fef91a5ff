// Package sim answers, in virtual time, what a workload would experience: runs
// of dependent calls, made by a policy, against limits that follow a law.
//
// The pacing policies are the gateway's own code (pacer, sched, quota,
// estimate), the upstream is the emulator's own arithmetic (emulator/meter), and
// the direct policies repeat the published retry schedules of AWS's SDKs. What
// lies between is a discrete-event engine: one heap of value events, no clock,
// no goroutine. A day of a hundred calls a minute takes about a second.
//
// Everything random is drawn from streams of the seed: the offered calls and
// their durations from one, the network from another, retries from a third. So
// the same seed gives the same result, and every policy meets the same calls.
//
// # What counts
//
// Calls arrive until Scenario.For has passed; then what was begun is carried to
// its end. Runs are counted from the beginning, throttles and the use of
// limits from the warm-up to Scenario.For. A call is settled where it was
// admitted: what it will cost is known here.
package sim
