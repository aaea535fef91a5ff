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
//	POST /emulator/reset   forget everything
func (v *visit) control() error {
	switch v.r.Method + " " + v.route.id {
	case "GET stats":
		return v.respondJSON(v.e.Stats())
	case "PUT quotas":
		return v.changeQuotas()
	case "PUT faults":
		return v.changeFaults()
	case "POST reset":
		v.e.Reset()
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return refusal.UnknownOperation()
}

// quotaChange replaces an account's quota of the same model, path and Region,
// limits that it does not name included: they fall away. With
// account_tokens_per_day alone, it changes the quota over all models (0 takes
// it away).
type quotaChange struct {
	Account             string `json:"account"`
	AccountTokensPerDay *int64 `json:"account_tokens_per_day"`
	Quota
}

// bare reports whether the change names no quota but the account's day.
func (q quotaChange) bare() bool { return q.AccountTokensPerDay != nil && q.Quota == Quota{} }

func (v *visit) changeQuotas() error {
	var changes []quotaChange
	if err := v.readList(&changes); err != nil {
		return err
	}
	var errs []error
	for _, c := range changes {
		if c.AccountTokensPerDay != nil {
			errs = append(errs, v.e.SetTokensPerDay(c.Account, *c.AccountTokensPerDay))
		}
		if !c.bare() {
			errs = append(errs, v.e.SetQuota(c.Account, c.Quota))
		}
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
