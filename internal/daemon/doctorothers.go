package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

// What Bedrock counts, by the id that was called.
const (
	bedrockMetrics = "AWS/Bedrock"
	byModel        = "ModelId"
)

// everyone sums up what the whole account used of each pool, as CloudWatch counts
// it by model.
func (d *doctor) everyone(ctx context.Context) (func(), error) {
	from, err := metricSource(ctx, d.cfg, d.facts.Region)
	if err != nil {
		return nil, err
	}
	used, action, err := d.used(ctx, from)
	return func() {
		d.facts.Everyone = used
		if fault.KindOf(err) == fault.Denied {
			d.got.metrics = &account.Missing{Part: "metrics", Action: action, Denied: true, Reason: d.reason(err)}
		}
	}, err
}

// used asks CloudWatch. With an error, action is the permission that the question
// takes.
func (d *doctor) used(ctx context.Context, from monitor.Source) (_ []diagnosis.Everyone, action string, err error) {
	ids, err := from.Values(ctx, d.facts.Region, bedrockMetrics, "Invocations", byModel)
	if err != nil || len(ids) == 0 {
		return nil, "cloudwatch:ListMetrics", err
	}
	period := 5 * time.Minute // kept for 63 days; shorter ones for 15
	if d.opts.Window > 48*time.Hour {
		period = time.Hour
	}
	var queries []monitor.Query
	for _, id := range ids {
		for _, metric := range []string{"Invocations", "InputTokenCount", "OutputTokenCount"} {
			queries = append(queries, monitor.Query{
				Namespace: bedrockMetrics, Metric: metric, Statistic: "Sum", Period: period, Dimensions: []alarm.Dimension{{Name: byModel, Value: id}},
			})
		}
	}
	series, err := from.Series(ctx, d.facts.Region, queries, d.facts.Now.Add(-d.opts.Window).Truncate(period), d.facts.Now)
	if err != nil {
		return nil, "cloudwatch:GetMetricData", err
	}
	return d.summed(series), "", nil
}

// summed adds the series of a pool up.
func (d *doctor) summed(series []monitor.Series) []diagnosis.Everyone {
	var out []diagnosis.Everyone
	for _, s := range series {
		pool, ok := d.poolOf(s.Query.Dimensions[0].Value)
		if !ok {
			continue
		}
		i := slices.IndexFunc(out, func(e diagnosis.Everyone) bool { return e.Pool == pool })
		if i < 0 {
			i = len(out)
			out = append(out, diagnosis.Everyone{Pool: pool})
		}
		for _, p := range s.Points {
			if s.Query.Metric == "Invocations" {
				out[i].Calls += int64(p.Value)
			} else {
				out[i].Tokens += int64(p.Value)
			}
		}
	}
	return slices.DeleteFunc(out, func(e diagnosis.Everyone) bool { return e.Calls == 0 && e.Tokens == 0 })
}

// poolOf is the pool of an id as CloudWatch names it.
func (d *doctor) poolOf(id string) (llm.Pool, bool) {
	t, err := d.facts.Catalog.Resolve(id, d.facts.Region)
	return t.Pool(""), err == nil
}
