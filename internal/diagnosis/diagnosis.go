// Package diagnosis says what is wrong with an account, with the programs that
// call it and with the gateway between them, why that matters, and which command
// mends it.
//
// It holds values and the functions over them: Facts in, a Report out. It asks
// nobody and reads no file. What could not be asked for is named in the Facts, and
// in the Report, so that silence never looks like health. Nothing in a Finding is
// a secret: of a file of environment variables only names, line numbers and what
// is no secret by its kind are kept.
package diagnosis

import (
	"cmp"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Severity is how much a finding matters.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // calls fail, or will
	Warning Severity = "warning" // calls are slower, dearer or fewer than they need be
	Info    Severity = "info"    // worth knowing
)

func (s Severity) rank() int {
	return slices.Index([]Severity{Error, Warning, Info}, s)
}

// Finding is one thing that is wrong.
type Finding struct {
	Severity Severity `json:"severity"`
	// ID is stable, such as "quota.zero": scripts may branch on it.
	ID string `json:"id"`
	// About is what it was found at: a pool, an action, a file and line. May be
	// empty.
	About    string `json:"about"`
	Evidence string `json:"evidence"` // what was seen
	Why      string `json:"why"`      // why that matters, and what to do
	Mend     string `json:"mend"`     // a command to paste
}

// Unchecked is a check that could not be made, or not wholly.
type Unchecked struct {
	Check  Check  `json:"check"`
	Reason string `json:"reason"`
}

// Report is what was found.
type Report struct {
	Account llm.AccountID `json:"account"` // empty: it could not be asked for
	Region  llm.Region    `json:"region"`
	At      time.Time     `json:"at"`
	// Findings are sorted: the gravest first, then by id and what they are about.
	// Never nil.
	Findings []Finding `json:"findings"`
	// Checked are the checks that were made wholly, Unchecked the others. Neither
	// is nil.
	Checked   []Check     `json:"checked"`
	Unchecked []Unchecked `json:"not_checked"`
}

// Count is how many findings have a severity.
func (r Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Check is a family of things that are looked for.
type Check string

// The checks, in the order in which a report names them.
const (
	Credentials Check = "credentials"
	Permissions Check = "permissions"
	Models      Check = "models"
	Quotas      Check = "quotas"
	Requests    Check = "requests"
	MaxTokens   Check = "max_tokens"
	Retries     Check = "retries"
	Clocks      Check = "clock"
	Repeats     Check = "repeats"
	Others      Check = "others"
	Throttles   Check = "throttles"
	Loop        Check = "loop"
	Discovery   Check = "discovery"
	Server      Check = "gateway"
	Storage     Check = "data_folder"
	EnvFile     Check = "env_file"
)

// examination is a check with what makes it.
type examination struct {
	check Check
	find  func(*Facts) []Finding
}

func examinations() []examination {
	return []examination{
		{Credentials, credentials},
		{Permissions, permissions},
		{Models, models},
		{Quotas, quotas},
		{Requests, requests},
		{MaxTokens, maxTokens},
		{Retries, retries},
		{Clocks, clocks},
		{Repeats, repeats},
		{Others, others},
		{Throttles, throttles},
		{Loop, loop},
		{Discovery, stale},
		{Server, server},
		{Storage, storage},
		{EnvFile, envFile},
	}
}

// Examine makes every check. One that the facts name as unchecked is made with
// what there is of it.
func Examine(f Facts) Report {
	r := Report{
		Account: f.Caller.Account, Region: f.Region, At: f.Now,
		Findings: []Finding{}, Checked: []Check{}, Unchecked: []Unchecked{},
	}
	for _, e := range examinations() {
		r.Findings = append(r.Findings, e.find(&f)...)
		missing := false
		for _, u := range f.Unchecked {
			if u.Check == e.check && !slices.Contains(r.Unchecked, u) {
				r.Unchecked = append(r.Unchecked, u)
				missing = true
			}
		}
		if !missing && (e.check != EnvFile || f.Env != nil) {
			r.Checked = append(r.Checked, e.check)
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(a.ID, b.ID), cmp.Compare(a.About, b.About))
	})
	return r
}
