package cli

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// codeReport is all that is known of one quota of Service Quotas.
type codeReport struct {
	limitRow

	// DrawsOn are the ids whose calls draw on it; empty for those of every model,
	// and for what is no limit of calls.
	DrawsOn []string `json:"draws_on"`
	// PacedBy is what calls are paced by: applied, default, configured, learned or
	// nothing.
	PacedBy  string            `json:"paced_by"`
	Requests []account.Request `json:"requests"` // newest first, closed ones too
	Events   []codeEvent       `json:"events"`   // oldest first
	// Refusals are why Service Quotas would not take a request for a little more
	// now, with what to do instead; empty when it would.
	Refusals []increase.Refusal `json:"refusals"`
	Raise    string             `json:"raise"` // the command, or what to do
	Traps    []string           `json:"traps"`
}

// codeEvent is a line of its history.
type codeEvent struct {
	Time time.Time        `json:"time"`
	Kind ledger.EventKind `json:"kind"`
	Text string           `json:"text"`
}

// isCode reports whether a name is a code of Service Quotas.
func isCode(name string) bool { return regexp.MustCompile(`^(?i)L-[0-9A-F]{8}$`).MatchString(name) }

// explain finds what is known of a code, once for each account and Region.
func (q *quotaQuery) explain(ctx context.Context, a *app, code string) ([]codeReport, error) {
	code = strings.ToUpper(code)
	l := &quotaList{quotaQuery: q, all: true}
	if err := l.find(ctx, a); err != nil {
		return nil, err
	}
	for _, err := range l.failed {
		printError(a.err, err)
	}
	cat, err := q.set.catalog(a)
	if err != nil {
		return nil, err
	}
	kept, err := daemon.Remember(ctx, l.cfg, console.Filter{}, false)
	if err != nil {
		return nil, err
	}
	var out []codeReport
	for i := range l.rows {
		row := &l.rows[i]
		if row.Code != code {
			continue
		}
		snap := account.Snapshot{Account: row.Pool.Account, Region: row.Pool.Region}
		for _, s := range kept.Snapshots {
			if s.Region == row.Pool.Region && (row.Pool.Account == "" || s.Account == row.Pool.Account) {
				snap = s
			}
		}
		events, err := daemon.History(ctx, l.cfg, ledger.EventQuery{Account: snap.Account, Region: snap.Region, Code: code})
		if err != nil {
			return nil, err
		}
		out = append(out, newCodeReport(cat, row, &snap, events))
	}
	if len(out) == 0 {
		return nil, withHint(fault.New(fault.NotFound, "Bedrock has no quota %s in %s, as far as is known", code, strings.Join(regionsOf(kept.Snapshots, q.set.region(a)), ", ")),
			"`headgate quota list --all` shows the codes that there are; --region names another Region")
	}
	return out, nil
}

// regionsOf are those that AWS was asked about; else the usual one.
func regionsOf(all []account.Snapshot, usual llm.Region) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, string(s.Region)) {
			out = append(out, string(s.Region))
		}
	}
	if len(out) == 0 {
		return []string{string(usual)}
	}
	return out
}

func newCodeReport(cat *catalog.Catalog, row *limitRow, snap *account.Snapshot, events []ledger.Event) codeReport {
	r := codeReport{
		limitRow: *row, PacedBy: pacedBy(row), DrawsOn: []string{}, Requests: []account.Request{}, Events: []codeEvent{},
		Refusals: []increase.Refusal{},
	}
	if row.matched() && row.Pool.Model != "" {
		r.DrawsOn = append(r.DrawsOn, cat.IDsOn(row.Pool)...)
	}
	for _, request := range snap.Requests {
		if request.Code == row.Code {
			r.Requests = append(r.Requests, request)
		}
	}
	for _, e := range events {
		r.Events = append(r.Events, codeEvent{e.Time, e.Kind, e.Text})
	}
	q, listed := snap.Quota(row.Code)
	if !listed { // AWS was not asked: what is published says the most
		q = account.Quota{Code: row.Code, Name: row.Name, Applied: row.Applied, Default: row.Default, Adjustable: row.Adjustable == nil || *row.Adjustable}
		snap.Quotas = append(slices.Clone(snap.Quotas), q)
	}
	value, _ := q.Value()
	r.Refusals = append(r.Refusals, increase.Check(*snap, increase.Ask{Code: row.Code, Value: value + 1}, time.Now())...)
	r.Raise = raise(&q, r.Refusals)
	r.Traps = traps(snap, &q, row)
	return r
}

// pacedBy is what calls are paced by, in a word.
func pacedBy(r *limitRow) string {
	switch {
	case !r.matched() || r.Variant != "":
		return "nothing"
	case r.Applied != nil && r.Effective != nil && *r.Effective < *r.Applied:
		return "learned"
	case r.Source == limit.Discovered:
		return "applied"
	case r.Source == limit.Default:
		return "default"
	}
	return string(r.Source)
}

// raise is how to get more: the command, or what to do instead.
func raise(q *account.Quota, refused []increase.Refusal) string {
	command := "headgate quota request " + q.Code
	switch {
	case len(refused) == 0:
		least, _ := q.Value()
		if q.Default != nil {
			least = max(least, *q.Default)
		}
		return fmt.Sprintf("%s VALUE, with a value above %s", command, figure(&least))
	case refused[0].Reason == increase.AlreadyOpen:
		return "headgate quota watch: a request is open, and AWS takes one at a time"
	case refused[0].Reason == increase.BelowDefault && q.Default != nil:
		return fmt.Sprintf("%s VALUE --dry-run: for up to %s it writes the text of a Support case, which is free (\"Account and billing\"); more than that is taken as a request", command, figure(q.Default))
	case refused[0].NeedsCase():
		return command + " VALUE --dry-run: writes the text of a Support case, which is free (\"Account and billing\")"
	}
	return refused[0].Cure
}

// traps are what is easily got wrong about a quota.
func traps(snap *account.Snapshot, q *account.Quota, row *limitRow) []string {
	out := []string{}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if q.Default != nil {
		add("the %s that the console shows as maximum is AWS's default: it is no maximum, and not what the account has", figure(q.Default))
	}
	if v, told := q.Value(); told && v == 0 {
		add("it is zero: \"Too many tokens per day\" or a throttle then comes whatever is used")
	}
	if row.limitName() == "requests_per_minute" || row.limitName() == "tokens_per_minute" {
		add("requests and tokens a minute are two quotas: raising one alone helps only where that one binds")
	}
	other, name := map[llm.Path]llm.Path{llm.PathGeo: llm.PathGlobal, llm.PathGlobal: llm.PathGeo, llm.PathOnDemand: llm.PathGeo}[row.Pool.Path], ""
	for _, o := range snap.Quotas {
		if other != "" && o.Limit != "" && o.Limit == q.Limit && o.Variant == q.Variant && o.Pool.Model == row.Pool.Model && o.Pool.Path == other {
			name = o.Code
		}
	}
	if name != "" {
		add("%s and %s are separate pools: this gives nothing to the calls along %s, which are limited by %s", row.Pool.Path, other, other, name)
	}
	if row.Pool.Model != "" {
		add("it is of %s alone: other versions and families of the model have their own", row.Pool.Model)
	}
	return out
}

// codeFields explains a quota.
func codeFields(s *screen, r *codeReport) {
	drawsOn := strings.Join(r.DrawsOn, ", ")
	switch {
	case drawsOn != "":
		drawsOn = "calls of " + drawsOn + ", and of application profiles made from them"
	case r.matched():
		drawsOn = "calls of every model along every path in the Region"
	default:
		drawsOn = "not known: " + r.Why
	}
	fields := [][2]string{
		{"code", r.Code},
		{"name", r.Name},
		{"pool", poolName(r.Pool)},
		{"limit", spoken(r.limitName())},
		{"drawn on by", drawsOn},
		{"applied", figure(r.Applied)},
		{"aws default", figure(r.Default)},
		{"adjustable", told(r.Adjustable)},
		{"paced by", pacedWords(r)},
		{"used now", percentage(r.UsedShare)},
		{"last day", "p95 " + percentage(r.UsedShareP95) + ", peak " + percentage(r.UsedSharePeak) + " of what is in force"},
		{"status", string(r.Status)},
		{"as of", asOf(s, &r.limitRow)},
		{"to raise it", r.Raise},
	}
	for _, refusal := range r.Refusals {
		fields = append(fields, [2]string{"why not", refusal.Text})
	}
	for i := range r.Requests {
		q := &r.Requests[i]
		fields = append(fields, [2]string{"request", fmt.Sprintf("%s  %s  %s", instant(q.Created), figure(&q.Desired), requestStatus(q))})
	}
	for _, e := range r.Events {
		fields = append(fields, [2]string{"history", instant(e.Time) + "  " + e.Text})
	}
	for _, trap := range r.Traps {
		fields = append(fields, [2]string{"mind", trap})
	}
	s.fields(fields...)
}

func pacedWords(r *codeReport) string {
	effective := figure(r.Effective)
	switch r.PacedBy {
	case "applied":
		return effective + ", what AWS applies"
	case "default":
		return effective + ", AWS's default, as AWS does not tell what it applies"
	case "learned":
		return effective + ", learned from throttles: less is enforced than is applied"
	case "nothing":
		return "nothing is paced by it"
	}
	return effective + ", as configured"
}

func asOf(s *screen, r *limitRow) string {
	if r.AsOf == nil {
		return string(r.Source) + "; AWS was not asked"
	}
	return fmt.Sprintf("%s, %s ago (%s)", s.instant(*r.AsOf), age(s.today, r.AsOf, 1), r.Source)
}
