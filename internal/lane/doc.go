// Package lane runs the pacer of one pool in real time: a lock, one timer, and a
// channel for each call that waits. Under its lock it only computes.
//
// Lanes whose pools share an account's limits are joined by an Account, so that
// what one gives back the others hear of. Names are the tenants and runs of all of
// them.
package lane
