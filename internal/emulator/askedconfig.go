package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	// Increases are, by quota code, how increase requests go that go otherwise.
	Increases map[string]Increase
	// Rates are how many requests a nominal second operations take that do not
	// have AWS's rate, such as "ListServiceQuotas"; "*" is for all others.
	Rates map[string]float64
}

// Outcome is what becomes of an increase request; see its constants.
type Outcome = servicequotas.Outcome

// The outcomes.
const (
	Approve     = servicequotas.Approve
	Deny        = servicequotas.Deny
	NotApproved = servicequotas.NotApproved
	CaseClosed  = servicequotas.CaseClosed
	// Hold leaves a case open until POST /emulator/cases/{id}/resolve.
	Hold = servicequotas.Hold
)

// Outcomes lists the outcomes.
func Outcomes() []Outcome { return servicequotas.Outcomes() }

// Increase is how an increase request goes, in nominal time. A duration of zero
// means the one of ServiceQuotas, one below zero none. Its text forms are such as
// "deny", "approve:30s" (decided so long after its case) and "approve:30s:5s" (a
// case so long after the request).
type Increase = servicequotas.Course

// at is the configuration of the service at a time scale.
func (q ServiceQuotas) at(minute time.Duration, scale float64, now func() time.Time) servicequotas.Config {
	return servicequotas.Config{
		Minute: minute, Now: now, NoRateLimits: q.NoRateLimits, Rates: q.Rates,
		Course: q.course(Increase{}, scale), Courses: q.courses(q.Increases, scale),
	}
}

// course is how a request goes in real time.
func (q ServiceQuotas) course(i Increase, scale float64) Increase {
	wait := func(durations ...time.Duration) time.Duration { return scaled(max(cmp.Or(durations...), 0), scale) }
	return Increase{
		Outcome:     cmp.Or(i.Outcome, q.Outcome, Approve),
		CaseAfter:   wait(i.CaseAfter, q.CaseAfter, DefaultCaseAfter),
		DecideAfter: wait(i.DecideAfter, q.DecideAfter, DefaultDecideAfter),
	}
}

func (q ServiceQuotas) courses(increases map[string]Increase, scale float64) map[string]Increase {
	out := map[string]Increase{}
	for code, i := range increases {
		out[code] = q.course(i, scale)
	}
	return out
}

// validateIncreases reports the first code that none can be, or course that there
// is not.
func validateIncreases(increases map[string]Increase) error {
	for _, code := range slices.Sorted(maps.Keys(increases)) {
		if !strings.HasPrefix(code, "L-") {
			return fmt.Errorf("%q is no quota code, such as L-CCA5DF70", code)
		}
		if o := increases[code].Outcome; o != "" && !o.Valid() {
			return fmt.Errorf("%s: %q is none of %v", code, o, Outcomes())
		}
	}
	return nil
}

// validateRates reports the first rate that there cannot be.
func validateRates(rates map[string]float64) error {
	for _, name := range slices.Sorted(maps.Keys(rates)) {
		if r := rates[name]; !(r > 0 && r <= maxRate) {
			return fmt.Errorf("%s: %v a second is not above 0 and at most %d", name, r, maxRate)
		}
		if name != "*" && !servicequotas.Has(name) {
			return fmt.Errorf("%q is no operation of Service Quotas, such as ListServiceQuotas", name)
		}
	}
	return nil
}

// maxRate is above every rate that is of use.
const maxRate = 1_000_000
