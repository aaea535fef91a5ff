// Package live plays a simulation's scenario for real: every call of its trace
// is made over HTTP with the AWS SDK, through a whole gateway or straight to an
// emulated account, in a time that runs so many times faster than a clock. What
// happened is measured as the simulation measures it, in nominal time, so that
// the two can be compared figure by figure.
//
// What differs from a simulation is what the machine takes: a millisecond of
// HTTP, of a timer or of a busy processor is sixty nominal ones at sixty times.
package live
