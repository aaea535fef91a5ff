package emulator

import (
	"time"

	"github.com/headgate/headgate/internal/emulator/servicequotas"
)

// ServiceQuotas has the switches of the emulator's Service Quotas.
type ServiceQuotas struct {
	// NoRateLimits answers however often it is asked.
	NoRateLimits bool
	// CaseAfter is how long an increase request is pending in nominal time, and
	// DecideAfter how long its case is open then. Zero: DefaultCaseAfter and
	// DefaultDecideAfter. Below zero: at once.
	CaseAfter, DecideAfter time.Duration
	// Outcome is how the cases of increase requests end. Default: Approve.
	Outcome Outcome
	// Denied operations, such as "ListServiceQuotas", answer
	// AccessDeniedException to everybody.
	Denied []string
}

// Outcome is what becomes of an increase request; see its constants.
type Outcome = servicequotas.Outcome

// The outcomes.
const (
	Approve = servicequotas.Approve
	Deny    = servicequotas.Deny
	// Hold leaves a case open until POST /emulator/cases/{id}/resolve.
	Hold = servicequotas.Hold
)

// at is the configuration of the service at a time scale.
func (q ServiceQuotas) at(minute time.Duration, scale float64, now func() time.Time) servicequotas.Config {
	wait := func(d, usual time.Duration) time.Duration {
		if d == 0 {
			d = usual
		}
		return scaled(max(d, 0), scale)
	}
	return servicequotas.Config{
		Minute: minute, Now: now, NoRateLimits: q.NoRateLimits, Outcome: q.Outcome, Denied: q.Denied,
		CaseAfter: wait(q.CaseAfter, DefaultCaseAfter), DecideAfter: wait(q.DecideAfter, DefaultDecideAfter),
	}
}
