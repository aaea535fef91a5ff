package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/llm"
)

// credentials checks that AWS knows who asks, from where, and that it is whom the
// configuration means.
func credentials(f *Facts) []Finding {
	var out []Finding
	if f.Region == "" {
		out = append(out, Finding{
			Severity: Error, ID: "credentials.no_region",
			Evidence: "neither upstream.region, AWS_REGION nor the AWS profile names a Region",
			Why:      "quotas, models and calls all belong to a Region, so nothing can be asked or sent",
			Mend:     "export AWS_REGION=us-east-1",
		})
	}
	if c, ok := callerFinding(f); ok {
		out = append(out, c)
	}
	return append(out, otherAccounts(f)...)
}

func callerFinding(f *Facts) (Finding, bool) {
	profile := ""
	if f.Profile != "" {
		profile = " --profile " + quoted(f.Profile)
	}
	out := Finding{Severity: Error, About: f.Caller.Source, Evidence: f.Caller.Reason}
	switch f.Caller.Problem {
	case NoCredentials:
		out.ID, out.Mend = "credentials.none", "aws configure sso"+profile
		out.Why = "a gateway signs calls with these; without any every call is refused"
	case Expired:
		out.ID, out.Mend = "credentials.expired", "aws sso login"+profile
		out.Why = "AWS refuses every call that they sign; take new ones where these came from"
	case Rejected:
		out.ID, out.Mend = "credentials.rejected", "aws sts get-caller-identity"+profile
		out.Why = "AWS does not know these, or their secret does not fit; take new ones where these came from"
	default:
		return out, false
	}
	return out, true
}

// otherAccounts compares the configured pools with the account of the credentials.
func otherAccounts(f *Facts) []Finding {
	if f.Caller.Account == "" {
		return nil
	}
	var seen []llm.AccountID
	var out []Finding
	for _, p := range f.Configured {
		if p.Account == "" || p.Account == f.Caller.Account || slices.Contains(seen, p.Account) {
			continue
		}
		seen = append(seen, p.Account)
		out = append(out, Finding{
			Severity: Warning, ID: "credentials.other_account", About: string(p.Account),
			Evidence: fmt.Sprintf("quotas.pools names account %s, and the credentials are those of %s", p.Account, f.Caller.Account),
			Why:      "calls go to the account of the credentials: the amounts of the other one do not pace them",
			Mend:     "headgate config show",
		})
	}
	return out
}

// permissions lists the actions that AWS refused when they were used.
func permissions(f *Facts) []Finding {
	var out []Finding
	for _, m := range f.Snapshot.Missing {
		if m.Denied && f.Caller.Problem == "" {
			out = append(out, missingPermission(f, m))
		}
	}
	for _, d := range f.Denials {
		action := "bedrock:InvokeModel"
		switch {
		case d.Operation == llm.OpCountTokens:
			action = "bedrock:CountTokens"
		case d.Operation.Streams():
			action = "bedrock:InvokeModelWithResponseStream"
		}
		out = append(out, Finding{
			Severity: Error, ID: "permission.missing", About: action + " on " + d.ModelID,
			Evidence: fmt.Sprintf("Bedrock denied %s, the last %s ago: %s", plural(int64(d.Calls), "call"), span(f.Now.Sub(d.Last)), d.Message),
			Why:      "the gateway's role may not call this model, or the account has no access to it yet",
			Mend:     "headgate iam print --for serve --model " + quoted(d.ModelID),
		})
	}
	return out
}

func missingPermission(f *Facts, m account.Missing) Finding {
	var purposes []account.Purpose
	why := ""
	for _, p := range []account.Purpose{account.ForServe, account.ForQuota, account.ForRequest, account.ForAlarm} {
		for _, needed := range account.Permissions([]account.Purpose{p}, account.Scope{}) {
			if needed.Action == m.Action {
				purposes, why = append(purposes, p), needed.Why
			}
		}
	}
	out := Finding{
		Severity: Warning, ID: "permission.missing", About: m.Action,
		Evidence: m.Reason,
		Why:      fmt.Sprintf("it tells %s", why),
		Mend:     "headgate iam print --for quota",
	}
	if len(purposes) > 0 {
		out.Mend = "headgate iam print --for " + string(purposes[0])
		out.Why += "; it is part of the policy for " + list(purposes)
	}
	if m.Action == "servicequotas:ListServiceQuotas" && f.Refresh > 0 {
		out.Severity = Error
		out.Why += ". Without it a gateway paces by AWS's defaults, which may be far above what the account has"
	}
	return out
}

// list writes purposes as a sentence has them.
func list(purposes []account.Purpose) string {
	words := make([]string, len(purposes))
	for i, p := range purposes {
		words[i] = string(p)
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return strings.Join(words, "")
}
