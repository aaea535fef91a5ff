package servicequotas

import (
	"fmt"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// status is how far an increase request has come.
type status string

// The statuses of the service model.
const (
	pending     status = "PENDING"
	caseOpened  status = "CASE_OPENED"
	approved    status = "APPROVED"
	denied      status = "DENIED"
	caseClosed  status = "CASE_CLOSED"
	notApproved status = "NOT_APPROVED"
	invalid     status = "INVALID_REQUEST"
)

func (s status) valid() bool {
	switch s {
	case pending, caseOpened, approved, denied, caseClosed, notApproved, invalid:
		return true
	}
	return false
}

// change is an increase request. The service's lock guards it.
type change struct {
	id, caseID       string
	from             Caller
	row              *row
	desired          float64
	status           status
	created, updated time.Time
	opened           time.Time // of its case
	noCase           bool      // the client allowed none
}

func (c *change) open() bool { return c.status == pending || c.status == caseOpened }

// due is when the next step is taken by itself; false when none is.
func (c *change) due(course Course) (time.Time, bool) {
	switch {
	case c.status == pending:
		return c.created.Add(max(course.CaseAfter, 0)), true
	case c.status == caseOpened && course.Outcome != Hold:
		return c.updated.Add(max(course.DecideAfter, 0)), true
	}
	return time.Time{}, false
}

// step takes the next step.
func (c *change) step(at time.Time, s *Service) {
	switch {
	case c.status == caseOpened:
		outcome := s.courseLocked(c.row.code).Outcome
		if outcome == "" {
			outcome = Approve
		}
		c.decide(at, outcome)
		return
	case c.noCase:
		c.status = notApproved
	default:
		c.status, c.caseID, c.opened = caseOpened, s.newCaseLocked(), at
	}
	c.updated = at
}

// decide ends the request. One that is approved gives what was asked for.
func (c *change) decide(at time.Time, o Outcome) {
	c.status, c.updated = o.status(), at
	if o == Approve {
		c.from.grant(at, c.row, c.desired)
	}
}

// grant makes a value of a row the account's, enforced as often as the row's
// factor says. One that the emulator does not enforce changes nothing.
func (f Caller) grant(at time.Time, r *row, value float64) {
	if r.bound {
		f.Account.Enforce(at, r.limit(f.Region), int64(value)*r.factor)
		return
	}
	f.Account.Apply(f.Region, r.code, value)
}

// requested is the service model's RequestedServiceQuotaChange.
type requested struct {
	ID                       string `json:"Id"`
	CaseID                   string `json:"CaseId,omitempty"`
	ServiceCode, ServiceName string
	QuotaCode, QuotaName     string
	DesiredValue             number
	Status                   status
	Created, LastUpdated     float64 // seconds since 1970
	Requester                string
	QuotaArn                 string
	GlobalQuota              bool
	Unit                     string
	QuotaRequestedAtLevel    string
}

func (c *change) show() requested {
	seconds := func(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
	return requested{
		ID: c.id, CaseID: c.caseID, ServiceCode: serviceCode, ServiceName: serviceName,
		QuotaCode: c.row.code, QuotaName: c.row.name, DesiredValue: number(c.desired), Status: c.status,
		Created: seconds(c.created), LastUpdated: seconds(c.updated),
		Requester: fmt.Sprintf(`{"accountId":%q,"callerArn":%q}`, c.from.ID, "arn:aws:iam::"+c.from.ID+":user/headgate"),
		QuotaArn:  arn(c.from.Region, c.from.ID, c.row.code), Unit: "None", QuotaRequestedAtLevel: "ACCOUNT",
	}
}

func arn(region llm.Region, account, code string) string {
	return fmt.Sprintf("arn:aws:servicequotas:%s:%s:%s/%s", region, account, serviceCode, code)
}
