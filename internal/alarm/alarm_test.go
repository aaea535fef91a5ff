package alarm_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/llm"
)

func input(profiles ...string) alarm.Input {
	return alarm.Input{
		Account: "123456789012", Region: "us-east-1", Topic: "arn:aws:sns:us-east-1:123456789012:alerts",
		Tags: map[string]string{"team": "search's", "a": "b"}, Latency: 60_000, FirstToken: 10_000,
		Targets: []alarm.Target{{
			Pool:     llm.Pool{Region: "us-east-1", Model: "m.one-v1:0", Path: llm.PathGeo},
			Profiles: profiles, TokensPerMinute: 500_000, TokensPerDay: 54_000_000,
		}},
	}
}

func TestPlanSumsTheProfilesOfAPool(t *testing.T) {
	t.Parallel()
	alarms := alarm.Plan(input("us.m.one-v1:0", "app", "app"))
	byName := map[string]alarm.Alarm{}
	for _, a := range alarms {
		byName[a.Name] = a
	}
	if len(byName) != 11 { // one of the account, four of each profile, two of the pool
		t.Fatalf("%d alarms: %v", len(byName), byName)
	}
	for name, want := range map[string]string{
		"headgate-us-east-1-m-one-v1-0-geo-tokens-per-minute": "100*SUM([FILL(m1,0),FILL(m2,0)])/500000",
		"headgate-us-east-1-m-one-v1-0-geo-tokens-per-day":    "2400*SUM([FILL(m1,0),FILL(m2,0)])/54000000",
	} {
		queries := byName[name].Queries()
		if len(queries) != 3 || queries[0].Label != "app" || queries[1].Dimensions[0].Value != "us.m.one-v1:0" || queries[2].Expression != want {
			t.Errorf("%s: %+v", name, queries)
		}
	}
	account := byName["headgate-us-east-1-account-throttles"]
	if account.Metric != "InvocationThrottles" || account.Period != 300 || account.Threshold != 10 || len(account.Models) != 0 {
		t.Errorf("%+v", account)
	}
}

func TestUnknownQuotasGetNoAlarm(t *testing.T) {
	t.Parallel()
	in := input("us.m.one-v1:0")
	in.Targets[0].TokensPerMinute, in.Targets[0].TokensPerDay = 0, 0
	for _, a := range alarm.Plan(in) {
		if a.Metric == "EstimatedTPMQuotaUsage" {
			t.Errorf("%s is of a quota that is not known", a.Name)
		}
	}
}

func TestTemplatesHaveDocumentedPropertiesOnly(t *testing.T) {
	t.Parallel()
	var table struct{ CloudFormation, Terraform map[string]string }
	data, err := os.ReadFile("testdata/properties.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	alarms := alarm.Plan(input("app", "us.m.one-v1:0"))

	var cf struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	decode(t, alarm.CloudFormation, alarms, &cf)
	for id, r := range cf.Resources {
		if !regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`).MatchString(id) || r.Type != "AWS::CloudWatch::Alarm" {
			t.Errorf("%s: %s", id, r.Type)
		}
		check(t, id, r.Properties, table.CloudFormation)
	}
	var tf struct {
		Resource map[string]map[string]map[string]any
	}
	decode(t, alarm.Terraform, alarms, &tf)
	for id, args := range tf.Resource["aws_cloudwatch_metric_alarm"] {
		if !regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`).MatchString(id) {
			t.Errorf("terraform does not take %q as a name", id)
		}
		check(t, id, args, table.Terraform)
	}
	if n, m := len(cf.Resources), len(tf.Resource["aws_cloudwatch_metric_alarm"]); n != len(alarms) || m != len(alarms) {
		t.Errorf("%d and %d resources of %d alarms", n, m, len(alarms))
	}
}

func check(t *testing.T, id string, have map[string]any, types map[string]string) {
	t.Helper()
	for key, value := range have {
		kind := "string"
		switch value.(type) {
		case float64:
			kind = "number"
		case []any:
			kind = "array"
		case map[string]any:
			kind = "object"
		}
		if types[key] != kind {
			t.Errorf("%s: %s is a %s, want %q", id, key, kind, types[key])
		}
	}
}

func decode(t *testing.T, write func([]alarm.Alarm, string) ([]byte, error), alarms []alarm.Alarm, v any) {
	t.Helper()
	text, err := write(alarms, "note")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := write(alarms, "note")
	if d := cmp.Diff(string(text), string(again)); d != "" {
		t.Errorf("it is another document each time: %s", d)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// TestCommandsAreWhatTheSDKTakes reads each command's JSON into the SDK's own
// type: a name that PutMetricAlarm does not have is an error.
func TestCommandsAreWhatTheSDKTakes(t *testing.T) {
	t.Parallel()
	alarms := alarm.Plan(input("app", "us.m.one-v1:0"))
	text, err := alarm.CLI(alarms, "note")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		body, ok := strings.CutPrefix(line, "aws cloudwatch put-metric-alarm --cli-input-json '")
		if !ok {
			continue
		}
		body = strings.ReplaceAll(strings.TrimSuffix(body, "'\n"), `'\''`, "'")
		var in cloudwatch.PutMetricAlarmInput
		dec := json.NewDecoder(bytes.NewReader([]byte(body)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if *in.AlarmName != alarms[n].Name || *in.Tags[1].Value != "search's" || in.AlarmActions[0] == "" {
			t.Errorf("%s", body)
		}
		n++
	}
	if n != len(alarms) {
		t.Errorf("%d commands for %d alarms", n, len(alarms))
	}
}
