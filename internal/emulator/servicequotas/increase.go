package servicequotas

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// maxOpen is how many increase requests of an account may be open at once:
// docs.aws.amazon.com/servicequotas, userguide/reference_limits.
const maxOpen = 20

type changeAnswer struct{ RequestedQuota requested }

type changesAnswer struct {
	NextToken       string `json:",omitempty"`
	RequestedQuotas []requested
}

func (c *call) requestIncrease() (any, error) {
	r, err := c.row()
	if err != nil {
		return nil, err
	}
	if err := c.increasable(r); err != nil {
		return nil, err
	}
	next := &change{
		id: c.newID(), from: c.from, row: r, desired: *c.in.DesiredValue, status: pending, created: c.now, updated: c.now,
		noCase: c.in.SupportCaseAllowed != nil && !*c.in.SupportCaseAllowed,
	}
	c.changes = append(c.changes, next)
	c.undecided = append(c.undecided, next)
	answer := changeAnswer{next.show()}
	c.advanceLocked(c.now.Add(-time.Nanosecond)) // a step that is due at once is seen by the next call
	return answer, nil
}

func (c *call) newID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", c.from.ID, len(c.changes)))
	return hex.EncodeToString(sum[:16]) + "hdgt"
}

// increasable is the service's reason for not taking a request. It compares
// with the default, whatever lower value the account has: what is below the
// default can only be asked for in a Support case.
func (c *call) increasable(r *row) error {
	want := c.in.DesiredValue
	switch {
	case want == nil:
		return missing("desiredValue")
	case *want < 0:
		return illegal("1 validation error detected: Value '%s' at 'desiredValue' failed to satisfy constraint: Member must have value greater than or equal to 0", decimal(*want))
	case *want != math.Trunc(*want) || *want > 1e15:
		return illegal("The desired value %s is not a whole number that the quota can have.", decimal(*want))
	case !r.adjustable:
		return illegal("The quota %s is not adjustable.", r.code)
	}
	if usual := c.usual(r); *want <= usual {
		return illegal("You must provide a quota value greater than the default quota value of %s", decimal(usual))
	}
	if now, ok := c.applied(r); ok && *want <= now {
		return illegal("You must provide a quota value greater than the current quota value of %s", decimal(now))
	}
	open := 0
	for _, x := range c.undecided {
		if x.from.ID != c.from.ID {
			continue
		}
		open++
		if x.row == r && x.from.Region == c.from.Region {
			return refuse("ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota.")
		}
	}
	if open >= maxOpen {
		return refuse("QuotaExceededException", "You have exceeded your service quota. To perform the requested action, remove some of the relevant resources, or use Service Quotas to request a service quota increase.")
	}
	return nil
}

// decimal writes a value as the service does: 10000.0.
func decimal(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if v == math.Trunc(v) {
		text += ".0"
	}
	return text
}

func (c *call) getChange() (any, error) {
	if c.in.RequestID == "" {
		return nil, missing("requestId")
	}
	for _, x := range c.changes {
		if x.id == c.in.RequestID && x.from.ID == c.from.ID && x.from.Region == c.from.Region {
			return changeAnswer{x.show()}, nil
		}
	}
	return nil, noSuch("The request failed because the specified quota increase request %s does not exist.", c.in.RequestID)
}

func (c *call) listHistory() (any, error) {
	if err := c.service(false); err != nil {
		return nil, err
	}
	return c.history("")
}

func (c *call) listHistoryByQuota() (any, error) {
	r, err := c.row()
	if err != nil {
		return nil, err
	}
	return c.history(r.code)
}

// history are the requests of the account and Region, newest first.
func (c *call) history(code string) (any, error) {
	if c.in.Status != "" && !c.in.Status.valid() {
		return nil, illegal("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set", c.in.Status)
	}
	list := []requested{}
	for _, x := range slices.Backward(c.changes) {
		switch {
		case x.from.ID != c.from.ID || x.from.Region != c.from.Region:
		case code != "" && x.row.code != code, c.in.Status != "" && x.status != c.in.Status:
		case c.in.QuotaRequestedAtLevel == "RESOURCE":
		default:
			list = append(list, x.show())
		}
	}
	part, next, err := page(list, c.in.paging, c.from.ID, string(c.from.Region), "history", code, string(c.in.Status))
	if err != nil {
		return nil, err
	}
	return changesAnswer{next, part}, nil
}
