package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/emulator/servicequotas"
	"github.com/headgate/headgate/internal/llm"
)

// caseWanted is a case that somebody opens at AWS Support. It asks for AWS's
// default of each code, and for each of the values. An empty account means the
// only one, an empty Region that of requests that name none.
type caseWanted struct {
	Account string             `json:"account"`
	Region  llm.Region         `json:"region"`
	Codes   []string           `json:"codes"`
	Values  map[string]float64 `json:"values"`
}

// caseResolved is how a case ends; an empty outcome is approve. Values take the
// place of what was asked for, and are all that a case gives whose outcome is
// case-closed.
type caseResolved struct {
	Outcome Outcome            `json:"outcome"`
	Values  map[string]float64 `json:"values"`
}

// cases answers the control paths of cases.
func (v *visit) cases() error {
	rest, ok := strings.CutPrefix(v.route.id, "cases")
	get, post := v.r.Method == http.MethodGet, v.r.Method == http.MethodPost
	switch {
	case !ok:
	case rest == "" && get:
		return v.respondJSON(v.e.asked.Cases())
	case rest == "" && post:
		return v.openCase()
	case post:
		id, end := strings.CutSuffix(strings.TrimPrefix(rest, "/"), "/resolve")
		if end && !strings.Contains(id, "/") {
			return v.resolveCase(id)
		}
	}
	return refusal.UnknownOperation()
}

func (v *visit) openCase() error {
	var list []caseWanted
	if err := v.readList(&list); err != nil {
		return err
	}
	if len(list) != 1 {
		return refusal.Validation("Open one case at a time.")
	}
	want := list[0]
	acct, err := v.e.account(want.Account)
	if err != nil {
		return refusal.Validation("%s", err)
	}
	if want.Region == "" {
		want.Region = v.e.config.Region
	}
	k, err := v.e.asked.OpenCase(acct.caller(want.Region), want.Codes, want.Values)
	if err != nil {
		return refusal.Validation("%s", err)
	}
	return v.respondJSON(k)
}

func (v *visit) resolveCase(id string) error {
	list := []caseResolved{{}}
	if v.r.ContentLength != 0 {
		if err := v.readList(&list); err != nil {
			return err
		}
	}
	if len(list) != 1 {
		return refusal.Validation("Give one outcome.")
	}
	how := list[0]
	if how.Outcome == "" {
		how.Outcome = Approve
	}
	if !how.Outcome.Ends() {
		return refusal.Validation("%s", fmt.Sprintf("outcome: %q is none of approve, deny, not-approved, case-closed", how.Outcome))
	}
	k, err := v.e.asked.ResolveCase(id, how.Outcome, how.Values)
	if errors.Is(err, servicequotas.ErrNoCase) {
		return refusal.NotFound(err.Error())
	}
	if err != nil {
		return refusal.Validation("%s", err)
	}
	return v.respondJSON(k)
}
