// Package promexport shows the gateway to Prometheus: what each call did, counted
// as it ends, and what is under way and known, read when it is asked for.
//
// All names begin with headgate_, units are in them, and docs/metrics.md lists
// them. Durations and rates are real time, also under a time scale.
//
// It promises that no client can make it grow: of pools and tenants, the names of
// which come from clients, the first few get series of their own (the tenants of
// the configuration always do), and what comes after is counted together as
// "other". No label holds a call, a run, a key, a principal or an error's text.
//
// The registry is its own, nothing is process-wide.
package promexport
