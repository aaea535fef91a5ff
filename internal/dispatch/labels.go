package dispatch

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

const (
	// labelHeader and labelMember are what a label's name begins with in a
	// header (in lower case) and in request metadata.
	labelHeader = "x-headgate-"
	labelMember = "headgate."

	// maxLabelBytes bounds the name of a tenant or a run: long enough for a
	// trace id, a UUID or an e-mail address, short enough for every log line.
	maxLabelBytes = 128
	// maxRunCalls and maxDeadline bound what is still taken for an intention.
	maxRunCalls = 1_000_000
	maxDeadline = 7 * 24 * time.Hour
)

// labelSet is a set of labels.
type labelSet uint8

const (
	labelClass labelSet = 1 << iota
	labelTenant
	labelRun
	labelRunCalls
	labelDeadline
	labelRunDeadline
	labelCache
	// tenantDenied is no label: it says that a tenant may not be stated.
	tenantDenied
)

// NewLabels is what a call has that says nothing: the standard class.
func NewLabels() Labels { return Labels{Class: llm.ClassStandard} }

// Fill sets the label that name stands for, unless it was filled before: the
// first source wins, so ask the source of higher precedence first. name is
// written as the client wrote it, "x-headgate-class" or "headgate.class", or
// bare; a name that is no label is passed over. scale is the time scale by
// which a deadline is divided; what is not above 0 counts as 1.
//
// The error is a *fault.Error for the client: Invalid with the name and the
// values that are allowed, or Denied for a tenant after DenyTenant.
func (l *Labels) Fill(name, value string, scale float64) error {
	label, set := labelOf(name)
	if set == 0 || l.given&set != 0 {
		return nil
	}
	if set == labelTenant && l.given&tenantDenied != 0 {
		return fault.New(fault.Denied, "%s is accepted only on a loopback address: nothing proves who the caller is.", name)
	}
	if want := l.fill(set, strings.TrimSpace(value), scale); want != "" {
		return fault.New(fault.Invalid, "The value of %s is not valid: %s must be %s.", name, label, want)
	}
	l.given |= set
	return nil
}

// Infer sets the run that a trace or a session stands for. A run that is
// stated, before or after, goes before it. A name that could not be stated
// either is passed over.
func (l *Labels) Infer(run string) {
	if l.given&labelRun != 0 || !isLabel(run) {
		return
	}
	l.Run, l.Inferred = llm.RunID(run), true
}

// DenyTenant refuses a tenant label that is filled later.
func (l *Labels) DenyTenant() { l.given |= tenantDenied }

// fill sets one label. It returns what the value must be, if it is not that.
func (l *Labels) fill(set labelSet, value string, scale float64) (want string) {
	switch set {
	case labelClass:
		class, ok := llm.ParseClass(value)
		if !ok || value == "" {
			return "interactive, standard or batch"
		}
		l.Class = class
	case labelTenant, labelRun:
		if !isLabel(value) {
			return "1 to 128 printable ASCII characters"
		}
		if set == labelTenant {
			l.Tenant = llm.Tenant(value)
		} else {
			l.Run, l.Inferred = llm.RunID(value), false
		}
	case labelRunCalls:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > maxRunCalls {
			return "a whole number of calls from 1 to 1000000"
		}
		l.RunCalls = n
	case labelDeadline:
		d, ok := parseDeadline(value, scale)
		if !ok {
			return "a number of seconds from now, above 0 and at most 604800 (7 days)"
		}
		l.Deadline = d
	case labelRunDeadline:
		d, ok := parseDeadline(value, scale)
		if !ok {
			return "a number of seconds from now, above 0 and at most 604800 (7 days)"
		}
		l.RunDeadline = d
	case labelCache:
		if value != "use" && value != "refresh" && value != "off" {
			return "use, refresh or off"
		}
		l.Cache = value
	case tenantDenied: // no label
	}
	return ""
}

// labelOf is the label that a header or a member of request metadata spells.
func labelOf(name string) (label string, set labelSet) {
	if len(name) >= len(labelHeader) && strings.EqualFold(name[:len(labelHeader)], labelHeader) {
		name = strings.ToLower(name[len(labelHeader):])
	} else {
		name = strings.TrimPrefix(name, labelMember)
	}
	switch name {
	case "class":
		return name, labelClass
	case "tenant":
		return name, labelTenant
	case "run":
		return name, labelRun
	case "run-calls":
		return name, labelRunCalls
	case "deadline":
		return name, labelDeadline
	case "run-deadline":
		return name, labelRunDeadline
	case "cache":
		return name, labelCache
	}
	return "", 0
}

// isLabel reports whether s may name a tenant or a run.
func isLabel(s string) bool {
	if s == "" || len(s) > maxLabelBytes {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// parseDeadline reads seconds, whole or not, and divides them by the scale. A
// deadline is never rounded to 0, which would mean that there is none.
func parseDeadline(s string, scale float64) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(s, 64)
	// Not above 0 is also true of what is not a number.
	if err != nil || !(seconds > 0) || seconds > maxDeadline.Seconds() {
		return 0, false
	}
	if !(scale > 0) || math.IsInf(scale, 0) {
		scale = 1
	}
	return max(1, time.Duration(seconds/scale*float64(time.Second))), true
}
