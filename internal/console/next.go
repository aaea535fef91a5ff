package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// NextAction is the one thing that is best done next.
type NextAction struct {
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
	Why      string   `json:"why"`
	// Command can be pasted; empty when nothing is to be done. Page is that of the
	// dashboard which shows more; empty for none.
	Command string `json:"command"`
	Page    string `json:"page"`
}

// Severity is how much something matters.
type Severity string

// The severities.
const (
	SeverityOK   Severity = "ok"   // nothing is to be done
	SeverityInfo Severity = "info" // something can be done
	SeverityWarn Severity = "warn" // calls wait longer than they would have to
	SeverityBad  Severity = "bad"  // calls fail, or their record is lost
)

// situation is what a next action is found from.
type situation struct {
	*Overview

	now    time.Time
	limits []Quota // the most urgent first
	// unset is how many of the sent calls of the last hour named no max_tokens.
	unset, sent int64
	stale       time.Duration // older than so much is what AWS said too old; 0: never
	asked       bool          // AWS is asked at all
	endpoint    string        // what SDKs are pointed at
}

// next finds the one next best action: the first of what is wrong, in the order of
// how much it matters.
func next(s *situation) NextAction {
	for _, find := range [...]func(*situation) (NextAction, bool){
		ledgerFails, zeroQuota, reservesMaximum, waitsForLimit, throttledNow, quotasOld, nothingCalled, nearLimit,
	} {
		if action, found := find(s); found {
			return action
		}
	}
	return NextAction{Severity: SeverityOK, Text: "All is well: no call waits for a limit, and none is near.", Why: wellWhy(s), Page: "calls"}
}

func wellWhy(s *situation) string {
	return fmt.Sprintf("Of %s today, %s waited for a limit instead of being throttled.", counted(s.Calls.Today, "call"), strconv.FormatInt(s.Throttles.Avoided, 10))
}

func ledgerFails(s *situation) (NextAction, bool) {
	switch {
	case s.Ledger.Failure != "":
		return NextAction{
			Severity: SeverityBad, Text: "The ledger cannot be written: what is called is not recorded for good.",
			Why:     "Its store says: " + s.Ledger.Failure + ". " + wait(s.Ledger.Pending) + " to be written; beyond some thousands they are lost.",
			Command: "headgate doctor", Page: "doctor",
		}, true
	case s.Ledger.Dropped > 0:
		return NextAction{
			Severity: SeverityWarn, Text: "The ledger lacks " + counted(int64(s.Ledger.Dropped), "call") + ".", //nolint:gosec // never so many
			Why:     "They came faster than they could be written. Costs and usage lack them.",
			Command: "headgate doctor", Page: "doctor",
		}, true
	}
	return NextAction{}, false
}

func zeroQuota(s *situation) (NextAction, bool) {
	for i := range s.limits {
		q := &s.limits[i]
		if q.Status != StatusZero {
			continue
		}
		a := NextAction{
			Severity: SeverityBad, Text: "Every call to " + subject(q) + " is refused: its " + words(q) + " are 0.",
			Why:     "AWS applies 0 to this account, so that no wait helps until it grants more.",
			Command: "headgate quota show " + named(q), Page: "quotas",
		}
		switch {
		case q.OpenRequest != nil:
			a.Why += fmt.Sprintf(" A request for %g is %s.", q.OpenRequest.Desired, q.OpenRequest.Status)
			a.Command = "headgate quota watch " + q.OpenRequest.Code
		case q.Code != "" && q.Default != nil && *q.Default > 0:
			a.Why += " Up to the default only a Support case helps, which is free; the command writes its text."
			a.Command = fmt.Sprintf("headgate quota request %s %.0f --dry-run", q.Code, *q.Default)
		}
		return a, true
	}
	return NextAction{}, false
}

// reservesMaximum: calls wait for tokens that others have set aside for nothing.
func reservesMaximum(s *situation) (NextAction, bool) {
	q, found := s.binding()
	if !found || s.unset == 0 || q.kind == quota.RequestsPerMinute {
		return NextAction{}, false
	}
	return NextAction{
		Severity: SeverityWarn, Text: "Set max_tokens: " + wait(q.Waiting) + " for tokens of " + subject(q) + " that others reserve for nothing.",
		Why: fmt.Sprintf("%d of the %s of the last hour named no max_tokens, and for each of them Bedrock sets the model's maximum aside until it has ended.",
			s.unset, counted(s.sent, "call")),
		Command: "headgate quota recommend --from-ledger 24h" + place(q), Page: "plan",
	}, true
}

func waitsForLimit(s *situation) (NextAction, bool) {
	q, found := s.binding()
	if !found {
		return NextAction{}, false
	}
	a := NextAction{
		Severity: SeverityWarn, Text: wait(q.Waiting) + " for the " + words(q) + " of " + subject(q) + ".",
		Why:     fmt.Sprintf("%s %s are in force, and calls want more.", grouped(q.Effective), words(q)),
		Command: "headgate quota recommend --from-ledger 24h" + place(q), Page: "quotas",
	}
	if q.OpenRequest != nil {
		a.Severity = SeverityInfo
		a.Why += fmt.Sprintf(" A request for %s is %s.", grouped(int64(q.OpenRequest.Desired)), q.OpenRequest.Status)
		a.Command = "headgate quota watch " + q.OpenRequest.Code
	}
	return a, true
}

// binding is the limit that most calls wait for.
func (s *situation) binding() (*Quota, bool) {
	for i := range s.limits {
		if q := &s.limits[i]; q.Waiting > 0 && q.Status == StatusBinding {
			return q, true
		}
	}
	return nil, false
}

func throttledNow(s *situation) (NextAction, bool) {
	if s.Throttles.LastMinute == 0 {
		return NextAction{}, false
	}
	a := NextAction{
		Severity: SeverityWarn, Text: "AWS throttled " + counted(s.Throttles.LastMinute, "request") + " in the last minute.",
		Why:     "Headgate sends them again, and learns. Somebody else may be using the account's quotas.",
		Command: "headgate quota recommend --from-cloudwatch 24h", Page: "quotas",
	}
	for i := range s.limits {
		if q := &s.limits[i]; q.Effective < q.Applied && q.Applied > 0 {
			a.Why = fmt.Sprintf("Less than what AWS applies is enforced: %s go by %s of %s %s.", subject(q), grouped(q.Effective), grouped(q.Applied), words(q))
			a.Command = "headgate quota show " + named(q)
			break
		}
	}
	return a, true
}

func quotasOld(s *situation) (NextAction, bool) {
	if !s.asked || s.stale <= 0 {
		return NextAction{}, false
	}
	since := s.Started
	text := "What AWS grants is not known: it has not answered yet."
	if s.AsOf != nil {
		since = *s.AsOf
		text = "What AWS grants is known from " + since.UTC().Format("2006-01-02 15:04") + " UTC alone."
	}
	if s.now.Sub(since) <= s.stale {
		return NextAction{}, false
	}
	return NextAction{
		Severity: SeverityWarn, Text: text, Why: "It is asked regularly and gives no answer. The doctor finds out whether a permission or the network is missing.",
		Command: "headgate doctor", Page: "doctor",
	}, true
}

func nothingCalled(s *situation) (NextAction, bool) {
	if s.Calls.Today > 0 || s.Ledger.Recorded > 0 || len(s.Activity) > 0 || s.endpoint == "" {
		return NextAction{}, false
	}
	return NextAction{
		Severity: SeverityInfo, Text: "No call has come today: point an AWS SDK here.",
		Why:     "Every AWS SDK and Claude Code read the variable; nothing else in your code changes.",
		Command: "export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + s.endpoint, Page: "",
	}, true
}

func nearLimit(s *situation) (NextAction, bool) {
	for i := range s.limits {
		q := &s.limits[i]
		if (q.Status != StatusTight && q.Status != StatusBinding) || q.UsedShare == nil {
			continue
		}
		return NextAction{
			Severity: SeverityInfo, Text: fmt.Sprintf("The %s of %s are used to %.0f %%.", words(q), subject(q), 100**q.UsedShare),
			Why:     "When they are used up, calls wait their turn. A request for more may take days.",
			Command: "headgate quota recommend --from-ledger 24h" + place(q), Page: "quotas",
		}, true
	}
	return NextAction{}, false
}

// subject is whose limit it is.
func subject(q *Quota) string {
	if q.Pool.Model == "" {
		return "account " + string(q.Pool.Account) + " in " + string(q.Pool.Region)
	}
	return string(q.Pool.Model) + " (" + string(q.Pool.Path) + ")"
}

// named is how a command names a limit.
func named(q *Quota) string {
	switch {
	case q.Code != "":
		return q.Code
	case q.Pool.Model != "":
		return string(q.Pool.Model)
	}
	return q.Limit
}

// place is the flags that name a pool.
func place(q *Quota) string {
	if q.Pool.Model == "" {
		return ""
	}
	return " --model " + string(q.Pool.Model) + " --path " + string(q.Pool.Path)
}

// words is a limit in words.
func words(q *Quota) string { return strings.ReplaceAll(q.Limit, "_", " ") }

// wait says that so many calls do.
func wait(calls int) string {
	if calls == 1 {
		return "1 call waits"
	}
	return counted(int64(calls), "call") + " wait"
}
