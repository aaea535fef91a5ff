// Package adapt learns how the upstream really enforces a pool's limits, from
// its throttles and from what it takes without one.
//
// A Set is a quota.Set that learns. It starts with what is safe under every law
// of a whole window and with the published amounts, and departs from that on
// evidence alone:
//
//   - Share: a throttle that the mirror had room for shows that less is enforced
//     than is published, or that others use the same quota. The part that is
//     there is kept as a bracket [lower, upper]: a refusal lowers the upper end,
//     and use that is sustained without one raises the lower end. See learner.
//   - Law: where holds far exceed settlements, the rule for windows costs much of
//     the throughput, and a bucket would not. When work waits and at least 4 %
//     of the time is lost to that rule, it is suspended for two windows: a window
//     law answers with a throttle, which no client sees, and is believed for
//     hours; a bucket does not, and the rule stays off. See trial.
//   - Accounting: a throttle of tokens that a known variant of the upstream's
//     accounting explains (cache reads or the burndown in the hold, refunds that
//     come late) switches that variant on. See accounting.
//
// Day limits are not learned: a window of a day tells too little too late.
//
// It is pure: instants are arguments, nothing waits or locks. A Set belongs to
// one goroutine at a time.
package adapt
