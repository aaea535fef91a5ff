// Package quota keeps the state of limits: what has been charged to each, what
// is held, and when the next call fits.
//
// It is pure: values in, values out, the instant an argument. A Set belongs to
// one goroutine at a time; its engine locks.
//
// # What counts
//
// A token limit mirrors what Bedrock believes: a hold at admission (input +
// cache write + max_tokens), replaced by the settlement when the call ends. A
// refund goes back to where the hold was charged. Output × burndown can exceed
// the hold; that debt is charged when the call ends, whatever else was admitted
// meanwhile. So what calls in flight are expected to owe is kept free from
// their start: admitted on holds alone, they would run the limit into debt.
//
// # Which law
//
// Bedrock does not say how it enforces "per minute". A token limit therefore
// obeys two rules at once:
//
//   - the window: what was charged in any W + J, with what is owed, stays within
//     the amount W allows, where J bounds the network's jitter. Right for sliding
//     windows, for fixed windows at any phase, and for a bucket of one window.
//   - the pace: what Bedrock takes at once and does not give back follows a leaky
//     bucket (GCRA) that drains at the limit's rate and has a burst of the
//     largest call. Right for a bucket of any capacity that can hold the call
//     and J's worth of the rate, as long as holds are settlements. Day limits
//     have no pace.
//
// A bucket of a few seconds in which holds exceed settlements has room for few
// calls at once; to assume it everywhere would cost most of the throughput
// under any other law. It is assumed after a throttle that shows it, for a
// while: then whole holds follow the pace.
//
// Request limits count whole calls: with amount Q, call k+Q starts no sooner
// than W + J after call k. Even spacing would be right too, but makes the first
// calls of an idle account wait for nothing; it is the fallback when a throttle
// shows a stricter law.
package quota
