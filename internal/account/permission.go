package account

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// Purpose is a job that a role is for.
type Purpose string

// The purposes.
const (
	ForServe   Purpose = "serve"   // forwards calls to Bedrock
	ForQuota   Purpose = "quota"   // reads quotas, models and metrics
	ForRequest Purpose = "request" // asks for more, and reads what that takes
	ForAlarm   Purpose = "alarm"   // makes alarms
	ForMetrics Purpose = "metrics" // publishes what Headgate does
)

// Permission is an IAM action that a purpose takes.
type Permission struct {
	Action string `json:"action"`
	// Resources are what it is allowed on: ARNs, or "*" where IAM knows no
	// narrower resource for the action.
	Resources []string `json:"resources"`
	Why       string   `json:"why"`
	// Free says that AWS answers without any permission: a policy leaves it out.
	Free bool `json:"free"`
}

// Policy is an IAM policy document.
type Policy struct {
	Version   string      `json:"Version"`   //nolint:tagliatelle // as IAM spells it
	Statement []Statement `json:"Statement"` //nolint:tagliatelle // as IAM spells it
}

// Statement is one statement of a policy document.
type Statement struct {
	Sid      string   `json:"Sid"`      //nolint:tagliatelle // as IAM spells it
	Effect   string   `json:"Effect"`   //nolint:tagliatelle // as IAM spells it
	Action   []string `json:"Action"`   //nolint:tagliatelle // as IAM spells it
	Resource []string `json:"Resource"` //nolint:tagliatelle // as IAM spells it
}

// Scope is what a policy is narrowed to. What is empty stays open.
type Scope struct {
	Account llm.AccountID
	Region  llm.Region // the source Region
	// Models are the models' own ids, Profiles the ids of inference profiles, or
	// their ARNs.
	Models, Profiles []string
}

// set names the resources of a permission; see Scope.resources.
type set uint8

const (
	anything set = iota
	models
	requests
	alarms
)

type grant struct {
	purposes []Purpose
	action   string
	on       set
	why      string
	free     bool
}

//nolint:gochecknoglobals // a constant table
var grants = []grant{
	{[]Purpose{ForServe}, "bedrock:CountTokens", models, "CountTokens", false},
	{[]Purpose{ForServe}, "bedrock:InvokeModel", models, "InvokeModel and Converse: Converse has no action of its own. A profile takes its own ARN and the model's in each Region that it routes to", false},
	{[]Purpose{ForServe}, "bedrock:InvokeModelWithResponseStream", models, "the same, streamed: ConverseStream has no action of its own either", false},
	{[]Purpose{ForQuota, ForRequest}, "bedrock:ListFoundationModels", anything, "which models the Region offers, and which end", false},
	{[]Purpose{ForQuota, ForRequest}, "bedrock:ListInferenceProfiles", anything, "which profiles the account can call, and which models they route to", false},
	{[]Purpose{ForQuota, ForRequest}, "cloudwatch:GetMetricData", anything, "how much was used and throttled: the evidence", false},
	{[]Purpose{ForQuota, ForRequest}, "cloudwatch:ListMetrics", anything, "which models have metrics", false},
	{[]Purpose{ForQuota, ForRequest}, "servicequotas:ListAWSDefaultServiceQuotas", anything, "AWS's defaults, which an applied value is compared with", false},
	{[]Purpose{ForQuota, ForRequest}, "servicequotas:ListRequestedServiceQuotaChangeHistory", anything, "which requests are open, so that none is made twice", false},
	{[]Purpose{ForQuota, ForRequest}, "servicequotas:ListServiceQuotas", anything, "the applied quotas", false},
	{[]Purpose{ForRequest}, "servicequotas:RequestServiceQuotaIncrease", requests, "asks for a higher quota of Bedrock; it is the only one that changes a quota", false},
	{[]Purpose{ForAlarm}, "cloudwatch:DescribeAlarms", anything, "which alarms are there already", false},
	{[]Purpose{ForAlarm}, "cloudwatch:DeleteAlarms", alarms, "deletes alarms that are not planned any more, with `headgate alarm apply --prune` alone", false},
	{[]Purpose{ForAlarm}, "cloudwatch:ListTagsForResource", alarms, "which alarms have Headgate's tag", false},
	{[]Purpose{ForAlarm}, "cloudwatch:PutMetricAlarm", alarms, "makes and changes alarms whose names begin with headgate-, and no other", false},
	{[]Purpose{ForAlarm}, "cloudwatch:TagResource", alarms, "tags an alarm as it is made, and later", false},
	{[]Purpose{ForMetrics}, "cloudwatch:PutMetricData", anything, "publishes Headgate's own metrics, with metrics.cloudwatch: put alone", false},
	{[]Purpose{ForServe, ForQuota, ForRequest, ForAlarm}, "sts:GetCallerIdentity", anything, "whose credentials these are; it takes no permission", true},
}

// Permissions are what the purposes take together, each action once, sorted by
// action.
func Permissions(of []Purpose, scope Scope) []Permission {
	var out []Permission
	for _, g := range grants {
		if slices.ContainsFunc(g.purposes, func(p Purpose) bool { return slices.Contains(of, p) }) {
			out = append(out, Permission{Action: g.action, Resources: scope.resources(g.on), Why: g.why, Free: g.free})
		}
	}
	slices.SortFunc(out, func(a, b Permission) int { return strings.Compare(a.Action, b.Action) })
	return out
}

// NewPolicy allows the permissions, and nothing else: a statement for each set
// of resources. What is free is left out.
func NewPolicy(permissions []Permission) Policy {
	p := Policy{Version: "2012-10-17", Statement: []Statement{}}
	for _, of := range permissions {
		if of.Free {
			continue
		}
		i := slices.IndexFunc(p.Statement, func(s Statement) bool { return slices.Equal(s.Resource, of.Resources) })
		if i < 0 {
			i = len(p.Statement)
			p.Statement = append(p.Statement, Statement{Effect: "Allow", Resource: of.Resources, Sid: sid(of.Action)})
		}
		p.Statement[i].Action = append(p.Statement[i].Action, of.Action)
	}
	return p
}

// sid names a statement after its first action: letters and digits alone.
func sid(action string) string {
	return "Headgate" + action[strings.IndexByte(action, ':')+1:]
}

// resources are the ARNs of a set in the scope.
func (s Scope) resources(of set) []string {
	region, owner := cmp.Or(string(s.Region), "*"), cmp.Or(string(s.Account), "*")
	switch of {
	case models:
		return s.models(region, owner)
	case requests:
		return []string{"arn:aws:servicequotas:" + region + ":" + owner + ":bedrock/*"}
	case alarms:
		return []string{"arn:aws:cloudwatch:" + region + ":" + owner + ":alarm:headgate-*"}
	case anything:
	}
	return []string{"*"}
}

// models are the ARNs that a call needs. A model's Region is open even where the
// source Region is given: a profile routes to others, and the ARN of a global one
// has no Region at all.
func (s Scope) models(region, owner string) []string {
	var arns []string
	for _, id := range s.Models {
		arns = append(arns, "arn:aws:bedrock:*::foundation-model/"+id)
	}
	for _, id := range s.Profiles {
		if strings.HasPrefix(id, "arn:") {
			arns = append(arns, id)
			continue
		}
		arns = append(arns, "arn:aws:bedrock:"+region+":"+owner+":inference-profile/"+id)
	}
	if arns == nil {
		arns = []string{
			"arn:aws:bedrock:*::foundation-model/*",
			"arn:aws:bedrock:" + region + ":" + owner + ":application-inference-profile/*",
			"arn:aws:bedrock:" + region + ":" + owner + ":inference-profile/*",
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}
