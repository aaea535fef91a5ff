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
func (c *change) due(conf *Config) (time.Time, bool) {
	switch {
	case c.status == pending:
		return c.created.Add(conf.CaseAfter), true
	case c.status == caseOpened && conf.Outcome != Hold:
		return c.updated.Add(conf.DecideAfter), true
	}
	return time.Time{}, false
}

// step takes the next step.
func (c *change) step(at time.Time, s *Service) {
	switch {
	case c.status == caseOpened:
		c.decide(at, s.config.Outcome != Deny, c.desired)
		return
	case c.noCase:
		c.status = notApproved
	default:
		c.status, c.caseID, c.opened = caseOpened, s.newCaseLocked(), at
	}
	c.updated = at
}

// decide ends the request, with another value than was asked for perhaps.
func (c *change) decide(at time.Time, grant bool, value float64) {
	c.status, c.updated = denied, at
	if grant {
		c.status = approved
		c.from.grant(at, c.row, value)
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
	DesiredValue             float64
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
		QuotaCode: c.row.code, QuotaName: c.row.name, DesiredValue: c.desired, Status: c.status,
		Created: seconds(c.created), LastUpdated: seconds(c.updated),
		Requester: fmt.Sprintf(`{"accountId":%q,"callerArn":%q}`, c.from.ID, "arn:aws:iam::"+c.from.ID+":user/headgate"),
		QuotaArn:  arn(c.from.Region, c.from.ID, c.row.code), Unit: "None", QuotaRequestedAtLevel: "ACCOUNT",
	}
}

func arn(region llm.Region, account, code string) string {
	return fmt.Sprintf("arn:aws:servicequotas:%s:%s:%s/%s", region, account, serviceCode, code)
}
