// Package quota keeps the state of limits: what has been charged to each, what
// is held, and when the next call fits.
//
// It is pure: values in, values out, the instant an argument. A Set belongs to
// one goroutine at a time; its engine locks.
//
// # Two views
//
// A token limit is kept twice. The mirror repeats what Bedrock believes: a hold
// at admission (input + cache write + max_tokens), replaced by the settlement
// when the call ends. Bedrock throttles on it. The plan charges the forecast
// settlement from the start, because output × burndown can exceed the hold, and
// a call that is admitted on its hold alone runs the limit into debt. A call is
// admitted when it fits both.
//
// # Which law
//
// Bedrock does not say how it enforces "per minute". Each view therefore obeys
// two rules at once, so that it is right under every law that is plausible:
//
//   - the window: what was charged in any W + J stays within the amount W
//     allows, where J bounds the network's jitter. Right for sliding windows,
//     for fixed windows at any phase, and for a bucket of one window.
//   - the pace: charges follow a leaky bucket (GCRA) that drains at the limit's
//     rate and has a burst of the largest call. Right for a bucket of any
//     capacity that can hold the call at all. Day limits have no pace.
//
// Request limits count whole calls: with amount Q, call k+Q starts no sooner
// than W + J after call k. Even spacing would be right too, but makes the first
// calls of an idle account wait for nothing; it is the fallback when a throttle
// shows a stricter law.
package quota
