// Package sched decides which waiting call starts next in one pool.
//
// It is a state machine: Step takes an event and an instant and appends
// effects. It reads no limit, clock or lock: it asks for a reservation with a
// TryReserve effect, and takes the answer as a Granted or Refused event. Values
// in, values out; one Scheduler belongs to one goroutine at a time. Once warm
// it does not allocate.
//
// # Order
//
//   - Class: strictly by urgency, except that every waiting class is owed a
//     twentieth of what the more urgent ones are given.
//   - Tenant: the one that was served least, in virtual time: share of the
//     quota ÷ weight, charged by forecast at the start and corrected at
//     settlement (start-time fair queuing; see Parekh and Gallager 1993, Goyal
//     et al. 1996). A tenant that was idle starts level with the others.
//   - Run: begun runs before new ones, so that what was begun is finished;
//     among them the earliest deadline, which without stated deadlines is the
//     oldest. New runs enter when no begun run can use the slot: the quota is
//     never left idle for order's sake.
//   - Call: in order of arrival.
//
// # What it promises
//
// A waiting call holds nothing (late binding). Only the head asks; when it does
// not fit, nothing passes it, and the pool wakes once, when it fits. A call
// that backs off keeps its place and blocks nobody. Every call that was
// enqueued ends in exactly one of Start, Expired or the caller's Cancel, and
// every Start is answered by the caller with exactly one Done, Returned or
// BackOff.
package sched
