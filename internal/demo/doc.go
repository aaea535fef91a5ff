// Package demo tells Headgate's story in a minute, offline: the same agents on
// three emulated accounts at the same time, once with the AWS SDK alone
// (direct), once through Headgate in order of arrival (fifo), and once with
// begun runs first (headgate).
//
// Everything between the agents and the quotas is real: the AWS SDK for Go,
// HTTP over loopback, the gateway as `headgate serve` runs it, and an emulator
// that counts by itself. Time runs faster than a clock; what is reported is
// nominal, as it would have been at full length, unless it says real.
//
// The package draws its own live view, and leaves tables and files to the
// command line. It reads no configuration and no AWS credentials of the
// machine, and leaves no file behind.
package demo
