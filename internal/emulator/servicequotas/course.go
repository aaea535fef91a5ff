package servicequotas

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what becomes of the cases of increase requests.
type Outcome string

// The outcomes. Approve alone changes the quota.
const (
	Approve     Outcome = "approve"      // APPROVED
	Deny        Outcome = "deny"         // DENIED
	NotApproved Outcome = "not-approved" // NOT_APPROVED
	CaseClosed  Outcome = "case-closed"  // CASE_CLOSED, which does not say what was decided
	// Hold leaves a case open until somebody resolves it by hand.
	Hold Outcome = "hold"
)

// Outcomes lists the outcomes.
func Outcomes() []Outcome { return []Outcome{Approve, Deny, NotApproved, CaseClosed, Hold} }

// status is that of a request whose case ended so; "" for none that a case can
// end with.
func (o Outcome) status() status {
	switch o {
	case Approve:
		return approved
	case Deny:
		return denied
	case NotApproved:
		return notApproved
	case CaseClosed:
		return caseClosed
	case Hold:
	}
	return ""
}

// Valid reports whether o is one of the outcomes.
func (o Outcome) Valid() bool { return o == Hold || o.Ends() }

// Ends reports whether a case can end so.
func (o Outcome) Ends() bool { return o.status() != "" }

// Course is how an increase request goes. Its text form is an outcome and, after
// colons, DecideAfter and CaseAfter where they are not the usual ones:
// "deny:30s", "approve:1m:0s", "hold".
type Course struct {
	// Outcome is how the case ends. Empty: Approve.
	Outcome Outcome
	// CaseAfter is how long the request is pending until it has a case, and
	// DecideAfter how long that is open. Below zero: no time at all.
	CaseAfter, DecideAfter time.Duration
}

// MarshalText writes the text form.
func (c Course) MarshalText() ([]byte, error) {
	text := string(c.Outcome)
	if text == "" {
		text = string(Approve)
	}
	if c.DecideAfter != 0 || c.CaseAfter != 0 {
		text += ":" + spell(c.DecideAfter)
	}
	if c.CaseAfter != 0 {
		text += ":" + spell(c.CaseAfter)
	}
	return []byte(text), nil
}

func spell(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d == 0:
		return ""
	}
	return d.String()
}

// UnmarshalText reads the text form, in which 0 is no time at all and nothing
// the usual one, which a Course has as 0.
func (c *Course) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ":")
	o := Outcome(parts[0])
	if !o.Valid() || len(parts) > 3 {
		return fmt.Errorf("%q is no course of a request, such as deny, approve:30s or approve:30s:5s; there are %s", text, names(Outcomes()))
	}
	next := Course{Outcome: o}
	for i, to := range []*time.Duration{&next.DecideAfter, &next.CaseAfter} {
		if len(parts) <= i+1 || parts[i+1] == "" {
			continue
		}
		d, err := time.ParseDuration(parts[i+1])
		if err != nil || d < 0 {
			return fmt.Errorf("%q: %q is no duration, such as 30s", text, parts[i+1])
		}
		if *to = d; d == 0 {
			*to = -1
		}
	}
	*c = next
	return nil
}

func names(list []Outcome) string {
	var words []string
	for _, o := range list {
		words = append(words, string(o))
	}
	return strings.Join(words, ", ")
}
