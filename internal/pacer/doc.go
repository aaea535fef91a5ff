// Package pacer decides when the calls of one pool start: it joins the order of
// waiting calls (sched) with the limits (quota), and forecasts whether a call
// can start before its deadline.
//
// It is pure: every method takes the instant, nothing waits and nothing locks,
// so that the gateway, the library and the simulator pace by the very same
// code. A Pacer belongs to one goroutine at a time.
//
// What happens is told in two places after each method: Outcomes, the calls
// that started or expired, and Wake, when Tick is wanted next. A call that was
// enqueued gets exactly one Started or Expired, unless Cancel took it out; each
// Started is answered with exactly one of Done, ComeBack or BackOff, and the
// latter two lead to another Started or Expired.
package pacer
