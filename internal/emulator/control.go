package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// maxControl is the largest body of a control request, in bytes.
const maxControl = 1 << 20

// control answers the paths below /emulator/, which are no part of AWS:
//
//	GET  /emulator/stats   what happened: Stats
//	PUT  /emulator/quotas  one quota or a list of them: quotaChange
//	PUT  /emulator/faults  the list of faults that replaces those in force
//	PUT  /emulator/increases  how increase requests go, by quota code: an object
//	       such as {"L-CCA5DF70":"deny:30s"} that replaces the one in force
//	PUT  /emulator/rates      requests a second of operations of Service Quotas: an
//	       object such as {"ListServiceQuotas":2,"*":0.5}
//	POST /emulator/reset   forget everything
//	GET  /emulator/cases   the cases at AWS Support
//	POST /emulator/cases   open a case: caseWanted
//	POST /emulator/cases/{id}/resolve  end one: caseResolved
func (v *visit) control() error {
	switch v.r.Method + " " + v.route.id {
	case "GET stats":
		return v.respondJSON(v.e.Stats())
	case "PUT quotas":
		return v.changeQuotas()
	case "PUT faults":
		return v.changeFaults()
	case "PUT increases":
		return changeNamed(v, v.e.SetIncreases)
	case "PUT rates":
		return changeNamed(v, v.e.SetRates)
	case "POST reset":
		v.e.Reset()
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return v.cases()
}

// quotaChange replaces an account's quota of the same model, path and Region,
// limits that it does not name included: they fall away. With
// account_tokens_per_day or account_day_law alone, it changes the quota over all
// models (null takes it away, 0 refuses every call), and how that counts.
type quotaChange struct {
	Account             string   `json:"account"`
	AccountTokensPerDay named    `json:"account_tokens_per_day"`
	AccountDayLaw       *DayLaw  `json:"account_day_law"`
	AccountDayWeights   *Weights `json:"account_day_weights"` // of account_day_law
	Quota
}

// named is an amount, or null, that a body may name.
type named struct {
	amount *int64
	is     bool
}

// UnmarshalJSON is called for null as well.
func (n *named) UnmarshalJSON(text []byte) error {
	n.is = true
	return json.Unmarshal(text, &n.amount)
}

// bare reports whether the change names no quota but the account's day.
func (q quotaChange) bare() bool {
	return (q.AccountTokensPerDay.is || q.AccountDayLaw != nil) && q.Quota == Quota{}
}

// apply makes the change.
func (q quotaChange) apply(e *Emulator) error {
	var errs []error
	if q.AccountTokensPerDay.is {
		errs = append(errs, e.SetTokensPerDay(q.Account, q.AccountTokensPerDay.amount))
	}
	switch {
	case q.AccountDayLaw != nil:
		errs = append(errs, e.SetDayLaw(q.Account, *q.AccountDayLaw, q.AccountDayWeights))
	case q.AccountDayWeights != nil:
		errs = append(errs, errors.New("account_day_weights: name an account_day_law as well"))
	}
	if !q.bare() {
		errs = append(errs, e.SetQuota(q.Account, q.Quota))
	}
	return errors.Join(errs...)
}

func (v *visit) changeQuotas() error {
	var changes []quotaChange
	if err := v.readList(&changes); err != nil {
		return err
	}
	var errs []error
	for _, c := range changes {
		errs = append(errs, c.apply(v.e))
	}
	return v.done(errors.Join(errs...))
}

func (v *visit) changeFaults() error {
	var list []Fault
	if err := v.readList(&list); err != nil {
		return err
	}
	return v.done(v.e.SetFaults(list))
}

// changeNamed hands an object of values by name to set.
func changeNamed[T any](v *visit, set func(map[string]T) error) error {
	var list []map[string]T
	if err := v.readList(&list); err != nil {
		return err
	}
	if len(list) != 1 {
		return refusal.Validation("Give one object of values by their names.")
	}
	return v.done(set(list[0]))
}

func (v *visit) done(err error) error {
	if err != nil {
		return refusal.Validation("%s", err)
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// readList reads a JSON list, or one object as a list of one. Unknown members
// are errors.
func (v *visit) readList(list any) error {
	body, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, maxControl))
	if err != nil {
		return refusal.Validation("The request body is larger than %d bytes, or could not be read.", maxControl)
	}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		body = append(append([]byte{'['}, body...), ']')
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(list); err != nil {
		return refusal.Validation("The request body is not what is wanted here: %s", err)
	}
	if d.More() {
		return refusal.Validation("The request body has something after its end.")
	}
	return nil
}
