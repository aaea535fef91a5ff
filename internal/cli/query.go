package cli

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// query is the flags that select calls or runs.
type query struct {
	since, until                string
	tenant, run, outcome, model string
	limit                       int
	before                      string
	now                         func() time.Time
	cmd                         *cobra.Command
}

func newQuery(cmd *cobra.Command) *query {
	q := &query{now: time.Now, cmd: cmd}
	f := cmd.Flags()
	f.StringVar(&q.since, "since", "", "from this long ago (1h, 2d) on, or from this\ntime (2026-11-23T06:00:00Z)")
	f.StringVar(&q.until, "until", "", "before this long ago, or before this time")
	f.StringVar(&q.tenant, "tenant", "", "only this tenant's")
	f.StringVar(&q.outcome, "outcome", "", "only those that ended so:\n"+lipgloss.Wrap(strings.Join(outcomes(), ", "), 50, ""))
	f.StringVar(&q.model, "model", "", "only those to this model")
	f.IntVar(&q.limit, "limit", 20, "at most so many, from 1 to 1000")
	f.StringVar(&q.before, "before", "", "only what is older than this call: the next page")
	_ = cmd.RegisterFlagCompletionFunc("outcome", cobra.FixedCompletions(outcomes(), cobra.ShellCompDirectiveNoFileComp))
	return q
}

// outcomes lists how a call can end.
func outcomes() []string {
	all := []ledger.Outcome{
		ledger.OK, ledger.Refused, ledger.Throttled, ledger.Invalid, ledger.Denied,
		ledger.UpstreamError, ledger.Cancelled, ledger.Broken, ledger.Internal,
	}
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = string(o)
	}
	return names
}

// read turns the flags into a query.
func (q *query) read() (ledger.Query, error) {
	out := ledger.Query{
		Tenant: llm.Tenant(q.tenant), Run: llm.RunID(q.run), Model: q.model,
		Limit: q.limit, Before: llm.CallID(q.before),
	}
	if q.limit < 1 {
		return out, usageError("", "--limit must be from 1 to 1000, not %d", q.limit)
	}
	var err error
	if out.Since, err = parseInstant(q.since, q.now()); err != nil {
		return out, usageError("for example --since 1h, or --since 2026-11-23T06:00:00Z", "--since: %s", err)
	}
	if out.Until, err = parseInstant(q.until, q.now()); err != nil {
		return out, usageError("for example --until 10m, or --until 2026-11-23T06:00:00Z", "--until: %s", err)
	}
	if q.outcome != "" {
		outcome := choice{allowed: outcomes()}
		if err := outcome.Set(q.outcome); err != nil {
			return out, usageError("", "--outcome %q %s", q.outcome, err)
		}
		out.Outcome = ledger.Outcome(q.outcome)
	}
	return out, nil
}

// parseInstant reads a time: how long ago it was, in Go's durations and whole
// days (2d), or a date or time as RFC 3339 has it. Empty is the zero time.
func parseInstant(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := parseAgo(text); err == nil {
		return now.Add(-ago), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return day, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, instantError{text}
	}
	return at, nil
}

func parseAgo(text string) (time.Duration, error) {
	ago, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok && err != nil {
		ago, err = time.ParseDuration(days + "h")
		// Bounded, so that the product cannot overflow.
		ago = min(ago, 10_000*time.Hour) * 24
	}
	if err == nil && ago < 0 {
		err = instantError{text}
	}
	return ago, err
}

// instantError is a text that names no time.
type instantError struct{ text string }

func (e instantError) Error() string {
	return "\"" + e.text + "\" is neither how long ago (1h, 2d) nor a time (2026-11-23T06:00:00Z)"
}
