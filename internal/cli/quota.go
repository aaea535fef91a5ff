package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

func newQuotaCommand(a *app) *cobra.Command {
	return newGroup("quota", "The limits: applied, believed, used, and why",
		newQuotaListCommand(a), newQuotaShowCommand(a), newQuotaRecommendCommand(a),
		newQuotaRequestCommand(a), newQuotaRequestsCommand(a), newQuotaWatchCommand(a))
}

// quotaQuery is the flags that select limits, and where they are asked for.
type quotaQuery struct {
	model, path       string
	regions, profiles []string
	set               *settings
	server            *server
}

func newQuotaQuery(cmd *cobra.Command) *quotaQuery {
	q := &quotaQuery{set: newSettings(cmd)}
	q.server = newServer(cmd, q.set)
	f := cmd.Flags()
	f.StringVar(&q.model, "model", "", "only limits of this model, or of a profile's\nmodel and path")
	f.StringSliceVar(&q.regions, "region", nil, "only limits of this source Region, or of these:\nonce each, or with commas between them")
	f.StringSliceVar(&q.profiles, "profile", nil, "of the accounts of these profiles of the AWS\nconfiguration, in the same way, without a gateway")
	f.StringVar(&q.path, "path", "", "only limits of this path: on-demand, geo,\nglobal or mantle")
	return q
}

// filter is what the flags select. An id that stands for a model and a path, such
// as a profile's, selects both.
func (q *quotaQuery) filter(a *app) (console.Filter, error) {
	f := console.Filter{Model: llm.ModelID(q.model), Path: llm.Path(q.path)}
	if len(q.regions) == 1 {
		f.Region = llm.Region(q.regions[0])
	}
	if f.Path != "" && !f.Path.Valid() {
		return f, usageError("for example --path geo", "--path must be on-demand, geo, global or mantle, not %q", q.path)
	}
	if q.model == "" {
		return f, nil
	}
	c, err := q.set.catalog(a)
	if err != nil {
		return f, err
	}
	// A gateway may know ids that this catalog does not.
	t, err := c.Resolve(q.model, q.set.region(a))
	if err != nil {
		a.warn(errorText(err))
	}
	if err == nil && t.Model != f.Model {
		if f.Path != "" && f.Path != t.Path {
			return f, usageError("leave one of them out", "--model %s is of the path %s, and --path says %s", q.model, t.Path, f.Path)
		}
		f.Model, f.Path = t.Model, t.Path
	}
	return f, nil
}

// from are the Regions that are asked for; none: those that are known.
func (q *quotaQuery) from() []llm.Region {
	var out []llm.Region
	for _, r := range q.regions {
		if !slices.Contains(out, llm.Region(r)) {
			out = append(out, llm.Region(r))
		}
	}
	return out
}

// standsFor is the model that an id stands for, such as a profile's, when no other
// was selected.
func (q *quotaQuery) standsFor(a *app, id string) (model string, ok bool) {
	c, err := q.set.catalog(a)
	if q.model != "" || err != nil {
		return "", false
	}
	t, err := c.Resolve(id, q.set.region(a))
	return string(t.Model), err == nil && t.Known && string(t.Model) != id
}

// ask asks the gateway for what the flags select.
func (q *quotaQuery) ask(ctx context.Context, a *app) (console.Quotas, error) {
	var out console.Quotas
	f, err := q.filter(a)
	if err != nil {
		return out, err
	}
	at, err := q.server.remote(a)
	if err != nil {
		return out, err
	}
	return readQuotas(ctx, at, f)
}

// source names where a configuration is from.
func source(s *settings) string {
	if s.file == "" {
		return "the configuration"
	}
	return s.file
}

// sayQuotas says beside a table what it does not show.
func (a *app) sayQuotas(q console.Quotas) {
	if q.TimeScale > 1 {
		fmt.Fprintf(a.err, "headgate: the gateway runs %g times faster than real time; durations and ages are shown times %g\n", q.TimeScale, q.TimeScale)
	}
	for _, p := range q.Unpaced {
		a.warn(p.String() + " has no known limits: its calls are not paced (set quotas.pools)")
	}
}
