package servicequotas

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Case is a case at AWS Support: one that Service Quotas opened for an increase
// request, or one that somebody opened by hand, who may ask for any values.
type Case struct {
	ID      string     `json:"id"`
	Account string     `json:"account"`
	Region  llm.Region `json:"region"`
	Status  string     `json:"status"` // open, approved, denied, not approved or closed
	// Values are what is asked for, by quota code.
	Values map[string]float64 `json:"values"`
	// RequestID is the increase request that the case belongs to, if any.
	RequestID string    `json:"request_id,omitempty"`
	Opened    time.Time `json:"opened_at"`
	// Resolved is when the case ended; zero while it is open.
	Resolved time.Time `json:"resolved_at,omitzero"`
}

// caseIs is the status of a case whose request has come so far.
func caseIs(s status) string {
	switch s {
	case approved:
		return "approved"
	case denied:
		return "denied"
	case notApproved:
		return "not approved"
	case caseClosed:
		return "closed"
	case pending, caseOpened, invalid:
	}
	return "open"
}

// supportCase is a case that was opened by hand. The service's lock guards it.
type supportCase struct {
	Case

	from Caller
}

func (c *change) asCase() Case {
	k := Case{
		ID: c.caseID, Account: c.from.ID, Region: c.from.Region, Status: caseIs(c.status), Opened: c.opened, RequestID: c.id,
		Values: map[string]float64{c.row.code: c.desired},
	}
	if !c.open() {
		k.Resolved = c.updated
	}
	return k
}

// Cases are all that there are, in the order in which they were opened. The
// caller may keep them.
func (s *Service) Cases() []Case {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanceLocked(s.config.Now())
	list := []Case{}
	for _, c := range s.changes {
		if c.caseID != "" {
			list = append(list, c.asCase())
		}
	}
	for _, k := range s.byHand {
		list = append(list, k.copied())
	}
	slices.SortFunc(list, func(a, b Case) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func (k *supportCase) copied() Case {
	c := k.Case
	c.Values = maps.Clone(c.Values)
	return c
}

// OpenCase opens a case that asks for AWS's defaults of codes and for values.
func (s *Service) OpenCase(from Caller, codes []string, values map[string]float64) (Case, error) {
	t, err := s.load()
	if err != nil {
		return Case{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.advanceLocked(now)
	wanted := map[string]float64{}
	for _, code := range codes {
		r := t.byCode[code]
		if r == nil {
			return Case{}, fmt.Errorf("codes: there is no quota %q", code)
		}
		wanted[code] = (&call{Service: s, table: t, from: from}).usual(r)
	}
	maps.Copy(wanted, values)
	if len(wanted) == 0 {
		return Case{}, errors.New("codes, values: the case asks for nothing")
	}
	if err := t.check(wanted); err != nil {
		return Case{}, err
	}
	k := &supportCase{Case{ID: s.newCaseLocked(), Account: from.ID, Region: from.Region, Status: caseIs(caseOpened), Values: wanted, Opened: now}, from}
	s.byHand = append(s.byHand, k)
	return k.copied(), nil
}

// check reports the first value that no quota can have.
func (t *table) check(values map[string]float64) error {
	for _, code := range slices.Sorted(maps.Keys(values)) {
		v := values[code]
		switch {
		case t.byCode[code] == nil:
			return fmt.Errorf("values: there is no quota %q", code)
		case !(v >= 0 && v <= 1e15) || v != math.Trunc(v):
			return fmt.Errorf("values: %s: %v is not a whole number from 0 to 10^15", code, v)
		}
	}
	return nil
}

// ErrNoCase is the error for an id that no case has.
var ErrNoCase = errors.New("there is no such case")

// ResolveCase ends an open case. What it asks for holds from now on when it is
// approved, with other values where there are some; when it is closed, which
// does not say what was decided, the values alone. The outcome must be one that
// a case can end with, and values need one that gives something.
func (s *Service) ResolveCase(id string, o Outcome, values map[string]float64) (Case, error) {
	if len(values) > 0 && o != Approve && o != CaseClosed {
		return Case{}, fmt.Errorf("values: a case that ends with %s gives nothing", o)
	}
	t, err := s.load()
	if err != nil {
		return Case{}, err
	}
	if err := t.check(values); err != nil {
		return Case{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.advanceLocked(now)
	for _, c := range s.changes {
		if c.caseID == id && id != "" {
			return s.resolveLocked(c, now, o, values)
		}
	}
	i := slices.IndexFunc(s.byHand, func(k *supportCase) bool { return k.ID == id })
	if i < 0 {
		return Case{}, ErrNoCase
	}
	k := s.byHand[i]
	if !k.Resolved.IsZero() {
		return Case{}, fmt.Errorf("the case is %s already", k.Status)
	}
	k.Status, k.Resolved = caseIs(o.status()), now
	given := values
	if o == Approve {
		maps.Copy(k.Values, values)
		given = k.Values
	}
	for _, code := range slices.Sorted(maps.Keys(given)) {
		k.from.grant(now, t.byCode[code], given[code])
	}
	return k.copied(), nil
}

// resolveLocked ends the case of an increase request.
func (s *Service) resolveLocked(c *change, now time.Time, o Outcome, values map[string]float64) (Case, error) {
	if !c.open() {
		return Case{}, fmt.Errorf("the case of the increase request is %s already", c.asCase().Status)
	}
	for code := range values {
		if code != c.row.code {
			return Case{}, fmt.Errorf("values: the increase request is for %s, not %s", c.row.code, code)
		}
	}
	if v, ok := values[c.row.code]; ok {
		c.status, c.updated = o.status(), now
		c.from.grant(now, c.row, v)
	} else {
		c.decide(now, o)
	}
	s.undecided = slices.DeleteFunc(s.undecided, func(x *change) bool { return x == c })
	s.advanceLocked(now)
	return c.asCase(), nil
}
