package console

// Status is what a limit means for calls.
type Status string

// The statuses; of those that apply, the first.
const (
	// StatusZero: 0 is applied, so that no call is admitted, whatever it waits
	// for.
	StatusZero Status = "zero"
	// StatusBinding: calls wait for it, or all but 2 % is used, now or in one of
	// twenty busy minutes of the last day (UsedShareP95).
	StatusBinding Status = "binding"
	// StatusTight: four fifths are used, in the same way.
	StatusTight Status = "tight"
	// StatusLearned: less is enforced than is applied.
	StatusLearned Status = "learned"
	// StatusBelowDefault: AWS's default is higher than what is applied, so that
	// Service Quotas refuses a request up to it and only a Support case helps.
	StatusBelowDefault Status = "below default"
	// StatusNotAdjustable: Service Quotas takes no requests for it; there is room.
	StatusNotAdjustable Status = "not adjustable"
	// StatusOK: there is room, and a request for more is possible.
	StatusOK Status = "ok"
	// StatusUnknown: none of the above is known to apply, and what is used is not
	// known, as nobody was there to ask.
	StatusUnknown Status = "unknown"
)

// The shares of a limit from which on it is tight, and binding.
const (
	tight   = 0.8
	binding = 0.98
)

// Judge is the status of a limit by what else is known of it.
func Judge(q *Quota) Status {
	share := 0.0
	for _, known := range []*float64{q.UsedShare, q.UsedShareP95} {
		if known != nil {
			share = max(share, *known)
		}
	}
	switch {
	case q.Applied <= 0:
		return StatusZero
	case q.Waiting > 0 || share >= binding:
		return StatusBinding
	case share >= tight:
		return StatusTight
	case q.Effective < q.Applied:
		return StatusLearned
	case q.belowDefault:
		return StatusBelowDefault
	case q.Adjustable != nil && !*q.Adjustable:
		return StatusNotAdjustable
	case q.UsedShare == nil && q.UsedShareP95 == nil:
		return StatusUnknown
	}
	return StatusOK
}
