package daemon_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/console/desk"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/monitor"
)

// TestQuotasAreRequestedByTheAPI: what would be asked is shown, nothing is asked
// without a yes, and AWS has a request once.
func TestQuotasAreRequestedByTheAPI(t *testing.T) {
	t.Parallel()
	base := running(t, guide(t))
	at := base + desk.RequestsPath
	const good = `"code":"l-cca5df70","value":126`
	dry := answered[filing.Report](t, "POST", at, `{`+good+`,"dry_run":true,"use_case":"tickets","workload":{"preset":"heavy"}}`)
	if len(dry.Requests) != 1 || !dry.DryRun || dry.Requests[0].State != filing.WouldFile || dry.Requests[0].Justification == nil || !strings.Contains(*dry.Requests[0].Justification, "tickets") {
		t.Fatalf("the preview is %+v", dry)
	}
	if list := answered[desk.Requests](t, "GET", at+"?open=true", ""); len(list.Requests) != 0 || list.Stale != "" {
		t.Errorf("after a preview AWS has %+v", list)
	}
	for _, tt := range []struct {
		status      int
		body, words string
	}{
		{409, `{` + good + `}`, `"confirm": true`},
		{400, `{` + good + `,"dry_run":true,"confirm":true}`, "exclude each other"},
		{409, `{"code":"L-CCA5DF70","value":1,"confirm":true}`, "is not more than"},
		{409, `{"code":"L-00000000","value":126,"confirm":true}`, "no quota L-00000000"},
		{422, `{"code":"L-CCA5DF70","value":-1,"dry_run":true}`, "value: The key must be more than 0"},
		{422, `{"code":"rm -rf","value":1,"dry_run":true}`, "code"},
		{422, `{"code":"L-CCA5DF70","dry_run":true}`, "value"},
	} {
		refused(t, tt.status, "POST", at, tt.body, tt.words)
	}
	status, answer := ask(t, "POST", at, `{`+good+`,"confirm":true}`)
	if status != 201 || !strings.Contains(string(answer), `"state":"filed"`) {
		t.Fatalf("it is filed by %d %s", status, answer)
	}
	list := answered[desk.Requests](t, "GET", at+"?open=true", "")
	if len(list.Requests) != 1 || list.Requests[0].Code != "L-CCA5DF70" || list.Requests[0].Desired != 126 || list.Requests[0].Source != "aws" {
		t.Errorf("AWS has %+v", list)
	}
	refused(t, 409, "POST", at, `{`+good+`,"confirm":true}`, "AWS would refuse")
}

// TestAlarmsAreMadeByTheAPI, and a second time changes nothing.
func TestAlarmsAreMadeByTheAPI(t *testing.T) {
	t.Parallel()
	base := running(t, guide(t))
	at := base + desk.AlarmsPath
	const models = `"models":["us.anthropic.claude-haiku-4-5-20251001-v1:0"],"tokens_per_minute":500000`
	dry := answered[monitor.Report](t, "POST", at, `{`+models+`,"dry_run":true}`)
	if len(dry.Alarms) == 0 || !dry.DryRun || dry.Alarms[0].Do != "create" || dry.Alarms[0].Done {
		t.Fatalf("the preview is %+v", dry)
	}
	for _, tt := range []struct {
		status      int
		body, words string
	}{
		{409, `{` + models + `}`, `"confirm": true`},
		{422, `{"others":101,"dry_run":true}`, "others: The key must be at most 100"},
		{400, `{"topic":"nowhere","dry_run":true}`, "SNS topic"},
		{400, `{"tokens_per_minute":5,"dry_run":true}`, "models"},
		{422, `{"colour":"red","dry_run":true}`, "colour: The key is not known"},
	} {
		refused(t, tt.status, "POST", at, tt.body, tt.words)
	}
	done := answered[monitor.Report](t, "POST", at, `{`+models+`,"confirm":true}`)
	if len(done.Alarms) != len(dry.Alarms) || !done.Alarms[0].Done || done.DryRun {
		t.Errorf("made are %+v", done)
	}
	for _, a := range answered[monitor.Report](t, "POST", at, `{`+models+`,"confirm":true}`).Alarms {
		if a.Do != "leave" || a.Done {
			t.Errorf("a second time: %+v", a)
		}
	}
	there := answered[desk.Alarms](t, "GET", at, "")
	if len(there.Alarms) != len(done.Alarms) || there.Ringing == nil || !there.Plan.DryRun || len(there.Planned) == 0 || there.Planned[0].Why == "" {
		t.Errorf("there are %+v", there)
	}
}
