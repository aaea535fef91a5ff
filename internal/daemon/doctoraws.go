package daemon

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// answers are what AWS said, by part.
type answers struct {
	applied, defaults []account.Listed
	requests          []account.Request
	profiles          []account.Profile
	models            []account.Model
	asked             map[string]error // by part; nil where it answered
	metrics           *account.Missing // nil: CloudWatch may be read

	behind        *time.Duration // this machine's clock, to AWS's
	gatewayBehind *time.Duration // the gateway's clock, to this machine's
}

// part is a part of a snapshot, with the action that asking for it takes.
type part struct {
	name, action string
	check        diagnosis.Check
}

// parts are named as discovery names them.
func parts() []part {
	return []part{
		{"quotas", "servicequotas:ListServiceQuotas", diagnosis.Quotas},
		{"defaults", "servicequotas:ListAWSDefaultServiceQuotas", diagnosis.Quotas},
		{"requests", "servicequotas:ListRequestedServiceQuotaChangeHistory", diagnosis.Requests},
		{"profiles", "bedrock:ListInferenceProfiles", diagnosis.Models},
		{"models", "bedrock:ListFoundationModels", diagnosis.Models},
	}
}

// awsQuestions are the calls that discovery makes, and who makes them.
func (d *doctor) awsQuestions(region llm.Region) []question {
	d.got.asked = map[string]error{}
	for _, p := range parts() {
		d.got.asked[p.name] = context.DeadlineExceeded // until it answers
	}
	all := []question{{"AWS STS", []diagnosis.Check{diagnosis.Credentials, diagnosis.Clocks}, func(ctx context.Context) (func(), error) { return d.caller(ctx, region) }}}
	add := func(what, part string, ask func(ctx context.Context) (func(), error)) {
		all = append(all, question{what: what, ask: func(ctx context.Context) (func(), error) {
			note, err := ask(ctx)
			return func() {
				d.got.asked[part] = err
				note()
			}, nil
		}})
	}
	add("the quotas", "quotas", func(ctx context.Context) (func(), error) {
		rows, err := d.aws.Applied(ctx, region)
		return func() { d.got.applied = rows }, err
	})
	add("AWS's default quotas", "defaults", func(ctx context.Context) (func(), error) {
		rows, err := d.aws.Defaults(ctx, region)
		return func() { d.got.defaults = rows }, err
	})
	add("the requests for more", "requests", func(ctx context.Context) (func(), error) {
		rows, err := d.aws.Requests(ctx, region)
		return func() { d.got.requests = rows }, err
	})
	add("the inference profiles", "profiles", func(ctx context.Context) (func(), error) {
		rows, err := d.aws.Profiles(ctx, region)
		return func() { d.got.profiles = rows }, err
	})
	add("the models", "models", func(ctx context.Context) (func(), error) {
		rows, err := d.aws.Models(ctx, region)
		return func() { d.got.models = rows }, err
	})
	return all
}

// caller finds the credentials, and asks whose they are.
func (d *doctor) caller(ctx context.Context, region llm.Region) (func(), error) {
	source, err := d.aws.Credentials(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return func() {
			d.facts.Caller = diagnosis.Caller{Problem: diagnosis.NoCredentials, Reason: "no credentials were found: " + firstLine(err.Error())}
			d.facts.Unchecked = append(d.facts.Unchecked, diagnosis.Unchecked{Check: diagnosis.Clocks, Reason: "AWS, whose time it is, could not be asked"})
		}, nil
	}
	who, err := d.aws.Caller(ctx, region)
	c := diagnosis.Caller{Account: who.Account, ARN: who.ARN, Source: source}
	note := func() {
		d.facts.Caller = c
		if who.Dated {
			d.got.behind = &who.Skew
		}
	}
	if err == nil {
		return note, nil
	}
	switch code := awsquotas.Code(err); code {
	case "":
		return note, err
	case "ExpiredToken", "ExpiredTokenException":
		c.Problem, c.Reason = diagnosis.Expired, "AWS says "+code
	default:
		if fault.KindOf(err) != fault.Denied && code != "SignatureDoesNotMatch" && code != "IncompleteSignature" {
			return note, err
		}
		c.Problem, c.Reason = diagnosis.Rejected, "AWS says "+code
	}
	return note, nil
}

// assemble makes a snapshot of the answers, as discovery does. What was not
// answered is what a gateway heard last.
func (d *doctor) assemble() {
	f := d.facts
	d.clocks()
	if d.aws == nil {
		return
	}
	for i, u := range f.Unchecked {
		if u.Check == diagnosis.Others && f.Caller.Problem != "" {
			f.Unchecked[i].Reason = noCredentials
		}
	}
	before := f.Kept
	if f.Caller.Account != "" && before.Account != f.Caller.Account {
		before = account.Snapshot{}
	}
	snap := account.Snapshot{
		Account: f.Caller.Account, Region: f.Region,
		Requests: d.got.requests, Profiles: d.got.profiles, Models: d.got.models,
	}
	snap.Quotas = account.Merge(llm.Pool{Account: snap.Account, Region: f.Region}, d.got.applied, d.got.defaults, f.Catalog)
	if d.got.asked["quotas"] != nil {
		snap.Quotas = before.Quotas
	}
	if d.got.asked["requests"] != nil {
		snap.Requests = before.Requests
	}
	if d.got.asked["profiles"] != nil {
		snap.Profiles = before.Profiles
	}
	if d.got.asked["models"] != nil {
		snap.Models = before.Models
	}
	for _, p := range parts() {
		err := d.got.asked[p.name]
		if err == nil {
			snap.At = f.Now
			continue
		}
		m := account.Missing{Part: p.name, Action: p.action, Denied: fault.KindOf(err) == fault.Denied, Reason: d.reason(err), AsOf: before.At}
		if i := slices.IndexFunc(before.Missing, func(o account.Missing) bool { return o.Part == p.name }); i >= 0 {
			m.AsOf = before.Missing[i].AsOf
		}
		snap.Missing = append(snap.Missing, m)
		d.unanswered(p, m)
	}
	if snap.At.IsZero() {
		snap.At = before.At
	}
	if d.got.metrics != nil {
		snap.Missing = append(snap.Missing, *d.got.metrics)
	}
	f.Snapshot = snap
}

// noCredentials is why nothing is told to whom AWS does not know.
const noCredentials = "AWS does not take the credentials" //nolint:gosec // words, no key

// unanswered names what a part that is missing leaves unchecked.
func (d *doctor) unanswered(p part, m account.Missing) {
	reason := m.Reason
	if d.facts.Caller.Problem != "" {
		reason = noCredentials
	}
	if !m.AsOf.IsZero() {
		reason += "; what it said at " + m.AsOf.UTC().Format(time.DateTime) + " was looked at"
	}
	d.facts.Unchecked = append(d.facts.Unchecked, diagnosis.Unchecked{Check: p.check, Reason: reason})
	if (!m.Denied || d.facts.Caller.Problem != "") && !slices.ContainsFunc(d.facts.Unchecked, func(u diagnosis.Unchecked) bool { return u.Check == diagnosis.Permissions }) {
		d.facts.Unchecked = append(d.facts.Unchecked, diagnosis.Unchecked{Check: diagnosis.Permissions, Reason: reason})
	}
}

func (d *doctor) reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "AWS did not answer within " + d.opts.Patience.String()
	}
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return cmp.Or(e.Message, firstLine(e.Error()))
	}
	return firstLine(err.Error())
}

// clocks are those that AWS's time is known for.
func (d *doctor) clocks() {
	if d.got.behind == nil {
		return
	}
	d.facts.Clocks = []diagnosis.Clock{{Of: "this machine", Skew: *d.got.behind}}
	if d.got.gatewayBehind != nil {
		if skew := *d.got.behind + *d.got.gatewayBehind; (skew - *d.got.behind).Abs() >= time.Minute {
			d.facts.Clocks = append(d.facts.Clocks, diagnosis.Clock{Of: "the gateway", Skew: skew})
		}
	}
}
