package account

import "strconv"

// Change is one difference between two snapshots of an account and Region.
type Change struct {
	Code    string     `json:"code"`
	Name    string     `json:"name"`
	What    ChangeKind `json:"what"`
	Request string     `json:"request,omitempty"` // the id, where it is about one
	// From and To are plain decimal numbers or statuses; empty: none was told.
	From string `json:"from"`
	To   string `json:"to"`
}

// ChangeKind is what of a quota changed.
type ChangeKind string

// The kinds of change.
const (
	ChangeApplied ChangeKind = "applied"
	ChangeDefault ChangeKind = "default"
	ChangeStatus  ChangeKind = "request_status" // of a request, new ones included
	ChangeNew     ChangeKind = "new"            // a row that was not listed before
	ChangeGone    ChangeKind = "gone"           // a row that is not listed any more
)

// Changes lists what is different in after: quotas by code, then requests in
// after's order. What one of the two could not ask for, and has not from an
// earlier time, is no change; a before that asked for nothing has none at all.
func Changes(before, after Snapshot) []Change {
	if before.At.IsZero() {
		return nil
	}
	applied := before.has("quotas") && after.has("quotas")
	defaults := before.has("defaults") && after.has("defaults")
	changes := changedQuotas(before.Quotas, after.Quotas, applied, defaults)
	if before.has("requests") && after.has("requests") {
		changes = append(changes, changedRequests(before.Requests, after.Requests)...)
	}
	return changes
}

// has reports whether the snapshot has a part, from whatever time.
func (s *Snapshot) has(part string) bool {
	for _, m := range s.Missing {
		if m.Part == part && m.AsOf.IsZero() {
			return false
		}
	}
	return true
}

// changedQuotas walks two lists that are sorted by code.
func changedQuotas(before, after []Quota, applied, defaults bool) []Change {
	var changes []Change
	add := func(q Quota, what ChangeKind, from, to string) {
		if from != to || what == ChangeNew || what == ChangeGone {
			changes = append(changes, Change{Code: q.Code, Name: q.Name, What: what, From: from, To: to})
		}
	}
	whole := applied && defaults
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Code < after[0].Code:
			if whole {
				add(before[0], ChangeGone, value(before[0]), "")
			}
			before = before[1:]
		case len(before) == 0 || after[0].Code < before[0].Code:
			if whole {
				add(after[0], ChangeNew, "", value(after[0]))
			}
			after = after[1:]
		default:
			old, now := before[0], after[0]
			if applied {
				add(now, ChangeApplied, decimal(old.Applied), decimal(now.Applied))
			}
			if defaults {
				add(now, ChangeDefault, decimal(old.Default), decimal(now.Default))
			}
			before, after = before[1:], after[1:]
		}
	}
	return changes
}

func changedRequests(before, after []Request) []Change {
	known := make(map[string]RequestStatus, len(before))
	for _, r := range before {
		known[r.ID] = r.Status
	}
	var changes []Change
	for _, r := range after {
		if from := known[r.ID]; from != r.Status {
			changes = append(changes, Change{
				Code: r.Code, Name: r.Name, What: ChangeStatus, Request: r.ID, From: string(from), To: string(r.Status),
			})
		}
	}
	return changes
}

func value(q Quota) string {
	if q.Applied != nil {
		return decimal(q.Applied)
	}
	return decimal(q.Default)
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}
