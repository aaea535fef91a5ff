package cli

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
)

// trouble is the flags that say how the account of an emulator is treated: what
// becomes of its requests for more, and what it may not do or must wait for.
type trouble struct {
	outcome           choice
	caseAfter, decide time.Duration
	increases         map[string]string
	denied            []string
	throttled, late   map[string]string
	rates             map[string]string
}

func (t *trouble) add(cmd *cobra.Command) {
	t.outcome = choice{value: string(emulator.Approve)}
	for _, o := range emulator.Outcomes() {
		t.outcome.allowed = append(t.outcome.allowed, string(o))
	}
	addChoice(cmd, &t.outcome, "increase-outcome", "", "how requests for higher quotas end, where hold waits\nfor POST /emulator/cases/{id}/resolve:\n"+wrap(list(t.outcome.allowed)))
	f := cmd.Flags()
	f.DurationVar(&t.caseAfter, "case-after", emulator.DefaultCaseAfter, "time until a request for a higher quota has a case;\n0 is none")
	f.DurationVar(&t.decide, "decide-after", emulator.DefaultDecideAfter, "time for which such a case is open; 0 is none")
	f.StringToStringVar(&t.increases, "increase", nil, "how requests for one quota go that go otherwise:\nCODE=OUTCOME[:DECIDE-AFTER[:CASE-AFTER]], such as\nL-CCA5DF70=deny:30s or L-CCA5DF70=approve:1m:0s")
	f.StringSliceVar(&t.denied, "deny", nil, "permissions that the account lacks, such as\nservicequotas:ListServiceQuotas or cloudwatch:*;\nthose of bedrock, cloudwatch, servicequotas and sts")
	f.StringToStringVar(&t.throttled, "throttle", nil, "share of the requests that is throttled, by\npermission, such as servicequotas:*=0.3")
	f.StringToStringVar(&t.late, "delay", nil, "time by which answers are late, by permission, such\nas cloudwatch:GetMetricData=2s")
	f.StringToStringVar(&t.rates, "rate", nil, "requests a second that Service Quotas takes, in place\nof AWS's rates, by permission, such as\nservicequotas:ListServiceQuotas=1")
}

// serviceQuotas is how the account's quotas are shown and raised.
func (t *trouble) serviceQuotas() (emulator.ServiceQuotas, error) {
	q := emulator.ServiceQuotas{
		CaseAfter: none(t.caseAfter), DecideAfter: none(t.decide), Outcome: emulator.Outcome(t.outcome.value),
		Increases: map[string]emulator.Increase{}, Rates: map[string]float64{},
	}
	for code, text := range t.increases {
		var i emulator.Increase
		if err := i.UnmarshalText([]byte(text)); err != nil {
			return q, fault.Wrap(fault.Invalid, "read --increase", err)
		}
		q.Increases[code] = i
	}
	for action, text := range t.rates {
		operation, ok := strings.CutPrefix(action, "servicequotas:")
		rate, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || !(rate > 0) {
			return q, fault.New(fault.Invalid, "--rate: %s=%s is no number above 0 of requests a second to Service Quotas, such as servicequotas:ListServiceQuotas=1.", action, text)
		}
		q.Rates[operation] = rate
	}
	return q, nil
}

// faults are what goes wrong with requests that need a permission.
func (t *trouble) faults() ([]emulator.Fault, error) {
	var list []emulator.Fault
	for _, action := range t.denied {
		list = append(list, emulator.Fault{Action: action, Kind: emulator.FaultDenied, Probability: 1})
	}
	for _, action := range slices.Sorted(maps.Keys(t.throttled)) {
		share, err := strconv.ParseFloat(t.throttled[action], 64)
		if err != nil || !(share > 0 && share <= 1) {
			return nil, fault.New(fault.Invalid, "--throttle: %s=%s is no share above 0 and up to 1, such as %s=0.3.", action, t.throttled[action], action)
		}
		list = append(list, emulator.Fault{Action: action, Kind: emulator.FaultThrottled, Probability: share})
	}
	for _, action := range slices.Sorted(maps.Keys(t.late)) {
		d, err := time.ParseDuration(t.late[action])
		if err != nil || d < time.Millisecond {
			return nil, fault.New(fault.Invalid, "--delay: %s=%s is no duration of a millisecond or more, such as %s=2s.", action, t.late[action], action)
		}
		list = append(list, emulator.Fault{Action: action, Kind: emulator.FaultLate, Probability: 1, DelayMS: d.Milliseconds()})
	}
	for _, f := range list {
		if !strings.Contains(f.Action, ":") && f.Action != "*" {
			return nil, fault.New(fault.Invalid, "%q is no permission, such as servicequotas:ListServiceQuotas.", f.Action)
		}
	}
	return list, nil
}
