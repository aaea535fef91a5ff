// Package monitor deals with CloudWatch: it reads what everybody in the account
// uses, keeps Headgate's alarms as they are planned, and publishes what Headgate
// itself does. It speaks to CloudWatch through ports of its own.
//
// It promises to say what it could not do: an operation that is refused or too
// slow costs its own part of the answer, which is named as missing.
package monitor
