package account

import "time"

// Request is a request for a higher quota, as Service Quotas keeps it.
type Request struct {
	ID      string        `json:"id"`
	CaseID  string        `json:"case_id,omitempty"` // of AWS Support; empty without one
	Code    string        `json:"code"`
	Name    string        `json:"name"`
	Desired float64       `json:"desired"`
	Status  RequestStatus `json:"status"`
	Created time.Time     `json:"created"`
	Updated time.Time     `json:"updated"`
}

// RequestStatus is where a request stands. Values that AWS adds later are kept
// as they come.
type RequestStatus string

// The statuses of Service Quotas (RequestedServiceQuotaChange).
const (
	StatusPending     RequestStatus = "PENDING"
	StatusCaseOpened  RequestStatus = "CASE_OPENED"
	StatusApproved    RequestStatus = "APPROVED"
	StatusDenied      RequestStatus = "DENIED"
	StatusNotApproved RequestStatus = "NOT_APPROVED"
	StatusCaseClosed  RequestStatus = "CASE_CLOSED"
	StatusInvalid     RequestStatus = "INVALID_REQUEST"
)

// Open reports whether the request is not decided yet. A status that is not
// known counts as open: it must not be asked again.
func (s RequestStatus) Open() bool {
	switch s {
	case StatusApproved, StatusDenied, StatusNotApproved, StatusCaseClosed, StatusInvalid:
		return false
	case StatusPending, StatusCaseOpened:
	}
	return true
}
