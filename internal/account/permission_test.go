package account_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
)

func TestPolicyOfAModelAllowsNoOther(t *testing.T) {
	t.Parallel()
	scope := account.Scope{Account: "123456789012", Region: "us-east-1", Models: []string{"m.one"}, Profiles: []string{"us.m.one", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"}}
	got := account.NewPolicy(account.Permissions([]account.Purpose{account.ForServe}, scope))
	want := account.Policy{Version: "2012-10-17", Statement: []account.Statement{{
		Sid: "HeadgateCountTokens", Effect: "Allow",
		Action: []string{"bedrock:CountTokens", "bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"},
		Resource: []string{
			"arn:aws:bedrock:*::foundation-model/m.one",
			"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
			"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.m.one",
		},
	}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestOnlyAskingChangesAQuota holds the purposes apart: what reads cannot write,
// and no policy has an action twice or one that takes no permission.
func TestOnlyAskingChangesAQuota(t *testing.T) {
	t.Parallel()
	writes := map[account.Purpose]string{account.ForRequest: "servicequotas:RequestServiceQuotaIncrease", account.ForAlarm: "cloudwatch:DeleteAlarms cloudwatch:PutMetricAlarm cloudwatch:TagResource", account.ForMetrics: "cloudwatch:PutMetricData"}
	all := []account.Purpose{account.ForServe, account.ForQuota, account.ForRequest, account.ForAlarm, account.ForMetrics}
	for _, purpose := range all {
		var wrote []string
		for _, p := range account.Permissions([]account.Purpose{purpose}, account.Scope{}) {
			_, verb, _ := strings.Cut(p.Action, ":")
			if strings.HasPrefix(verb, "Put") || strings.HasPrefix(verb, "Delete") || strings.HasPrefix(verb, "Request") || strings.HasPrefix(verb, "Tag") {
				wrote = append(wrote, p.Action)
			}
		}
		if got := strings.Join(wrote, " "); got != writes[purpose] {
			t.Errorf("%s may write %q, want %q", purpose, got, writes[purpose])
		}
	}
	seen := map[string]bool{}
	for _, s := range account.NewPolicy(account.Permissions(all, account.Scope{})).Statement {
		for _, action := range s.Action {
			if seen[action] || action == "sts:GetCallerIdentity" {
				t.Errorf("%s is in the policy again, or needs no permission", action)
			}
			seen[action] = true
		}
	}
}
