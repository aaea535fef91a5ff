// Package increase is a request for a higher quota before it is made and while it
// is open: what AWS would refuse and what to do instead, the evidence that AWS
// Support asks for, the text of a Support case where only that helps, and how a
// request moves on.
//
// It holds values and the functions over them. It asks nobody and files nothing.
package increase

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/account"
)

// maxOpen is how many increase requests of an account may be open at once:
// docs.aws.amazon.com/servicequotas, userguide/reference_limits.
const maxOpen = 20

// Ask is what AWS is to be asked for.
type Ask struct {
	Code  string
	Value float64 // in the unit of the quota
	// OpenElsewhere is how many requests of the account are open in other Regions.
	OpenElsewhere int
}

// Reason is why an ask is refused, in a word.
type Reason string

// The reasons.
const (
	InvalidValue  Reason = "invalid_value"   // no quota can have it
	UnknownCode   Reason = "unknown_code"    // Bedrock has no such quota in the Region
	NotAdjustable Reason = "not_adjustable"  // Service Quotas takes no requests for it
	AlreadyOpen   Reason = "already_open"    // one request a quota
	TooManyOpen   Reason = "too_many_open"   // of the account
	NotMore       Reason = "not_more"        // than the account has
	BelowDefault  Reason = "below_default"   // the account has less than the default, and asks for no more than it
	NotAboveUsual Reason = "not_above_usual" // than AWS's default
)

// Refusal is why AWS would not take an ask, and what to do instead.
type Refusal struct {
	Reason Reason `json:"reason"`
	Text   string `json:"text"`
	Cure   string `json:"cure"`
}

// NeedsCase reports whether a case at AWS Support can give what Service Quotas
// refuses.
func (r Refusal) NeedsCase() bool { return r.Reason == BelowDefault || r.Reason == NotAdjustable }

// Check lists what AWS would refuse the ask for, in the order of what to mend
// first; nil when it would take it. What the snapshot does not know is not checked:
// see Unchecked.
func Check(snap account.Snapshot, ask Ask, now time.Time) []Refusal {
	if r, bad := checkValue(ask.Value); bad {
		return []Refusal{r}
	}
	q, ok := snap.Quota(ask.Code)
	if !ok {
		if len(snap.Quotas) == 0 {
			return checkOpen(snap, ask, now)
		}
		return []Refusal{{
			UnknownCode, fmt.Sprintf("Bedrock has no quota %s in %s.", ask.Code, snap.Region),
			"`headgate quota list --all` shows the codes that there are.",
		}}
	}
	var out []Refusal
	if r, less := checkAmount(q, ask.Value); less {
		out = append(out, r)
	}
	if !q.Adjustable && (len(out) == 0 || out[0].Reason != NotMore) {
		out = append([]Refusal{{
			NotAdjustable, fmt.Sprintf("Service Quotas takes no requests for %s (%s): it is not adjustable.", q.Code, q.Name),
			"Ask AWS Support in a case; the text is given here.",
		}}, out...)
	}
	return append(out, checkOpen(snap, ask, now)...)
}

func checkValue(v float64) (Refusal, bool) {
	text := ""
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		text = "The value is no number."
	case v < 0:
		text = fmt.Sprintf("A quota cannot be negative, and %s is.", Number(v))
	case v == 0:
		text = "A quota of 0 admits nothing, and Service Quotas only raises quotas."
	case v != math.Trunc(v):
		text = fmt.Sprintf("Quotas of Bedrock are whole numbers, and %s is not.", Number(v))
	case v > 1e15:
		text = fmt.Sprintf("%s is more than any quota can be.", Number(v))
	}
	return Refusal{InvalidValue, text, "Give a whole number above what the account has, such as 126."}, text != ""
}

// checkAmount compares a value with what the account has, and with the default,
// which is what Service Quotas itself compares it with.
func checkAmount(q account.Quota, v float64) (Refusal, bool) {
	has, known := q.Value()
	switch {
	case known && v <= has:
		return Refusal{
			NotMore, fmt.Sprintf("%s is not more than the account has of %s, which is %s.", Number(v), q.Code, Number(has)),
			"There is nothing to ask for: `headgate quota recommend` says which quota binds.",
		}, true
	case q.Default == nil || v > *q.Default:
		return Refusal{}, false
	case q.BelowDefault():
		return Refusal{
			BelowDefault,
			fmt.Sprintf("The account has %s of %s, less than AWS's default of %s, and Service Quotas refuses any request up to the default (the console calls it the maximum, which it is not).", Number(has), q.Code, Number(*q.Default)),
			fmt.Sprintf("Ask AWS Support to restore the default, free of charge, in an \"Account and billing\" case; the text is given here. A request for more than %s would be taken.", Number(*q.Default)),
		}, true
	}
	return Refusal{
		NotAboveUsual, fmt.Sprintf("%s is not more than AWS's default of %s, which is %s.", Number(v), q.Code, Number(*q.Default)),
		fmt.Sprintf("Ask for more than %s.", Number(*q.Default)),
	}, true
}

func checkOpen(snap account.Snapshot, ask Ask, now time.Time) []Refusal {
	var out []Refusal
	open := ask.OpenElsewhere
	for _, r := range snap.Requests {
		if !r.Status.Open() {
			continue
		}
		open++
		if r.Code == ask.Code {
			other := "for the same value"
			if r.Desired != ask.Value {
				other = "for " + Number(r.Desired)
			}
			out = append(out, Refusal{
				AlreadyOpen,
				fmt.Sprintf("A request %s is open for %s since %s (%s, %s), and AWS takes one at a time.", other, r.Code, now.Sub(r.Created).Round(time.Second), r.ID, r.Status),
				fmt.Sprintf("Follow it: `headgate quota watch %s`. In its case at AWS Support another value can be agreed on.", r.Code),
			})
		}
	}
	if open >= maxOpen {
		out = append(out, Refusal{
			TooManyOpen, fmt.Sprintf("%d requests of the account are open, and AWS takes %d at a time.", open, maxOpen),
			"Wait until some are decided: `headgate quota watch`. One request for tokens per minute lets AWS Support raise the model's other quotas with it.",
		})
	}
	return out
}

// Unchecked says what Check could not look at, a sentence for each; nil when it saw
// everything.
func Unchecked(snap account.Snapshot) []string {
	var out []string
	for _, m := range snap.Missing {
		what := map[string]string{
			"quotas":   "what the account has",
			"defaults": "AWS's defaults",
			"requests": "which requests are open",
		}[m.Part]
		if what == "" {
			continue
		}
		why := m.Reason
		if m.Denied {
			why = "the permission " + m.Action + " is missing (`headgate iam print --for request`)"
		}
		age := "it is not known"
		if !m.AsOf.IsZero() {
			age = "it is taken as of " + m.AsOf.UTC().Format(time.RFC3339)
		}
		out = append(out, fmt.Sprintf("%s could not be asked: %s; %s", what, why, age))
	}
	return out
}

// Number writes a value without an exponent and without needless places.
func Number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
