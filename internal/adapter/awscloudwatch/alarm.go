package awscloudwatch

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/llm"
)

// Alarms lists the metric alarms whose names begin with prefix, in the order of
// their names. It does not ask for their tags.
func (c *Client) Alarms(ctx context.Context, in llm.Region, prefix string) ([]alarm.Found, error) {
	const op, action = "list the alarms", "cloudwatch:DescribeAlarms"
	r := c.in(in)
	all := []alarm.Found{}
	for p := cloudwatch.NewDescribeAlarmsPaginator(r.Client, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: &prefix, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(100),
	}); p.HasMorePages(); {
		err := r.describe.wait(ctx)
		var out *cloudwatch.DescribeAlarmsOutput
		if err == nil {
			out, err = p.NextPage(ctx)
		}
		if err != nil {
			return nil, failed(op, action, err)
		}
		for i := range out.MetricAlarms {
			all = append(all, found(&out.MetricAlarms[i]))
		}
	}
	slices.SortFunc(all, func(a, b alarm.Found) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// Tags are those of an alarm; not nil.
func (c *Client) Tags(ctx context.Context, in llm.Region, arn string) (map[string]string, error) {
	const op, action = "read an alarm's tags", "cloudwatch:ListTagsForResource"
	r := c.in(in)
	if err := r.tag.wait(ctx); err != nil {
		return nil, failed(op, action, err)
	}
	out, err := r.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: &arn})
	if err != nil {
		return nil, failed(op, action, err)
	}
	tags := map[string]string{}
	for _, t := range out.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

// Put makes an alarm, with its tags, or replaces all of the one of its name but
// the tags. It writes to the account.
func (c *Client) Put(ctx context.Context, in llm.Region, s alarm.Setting) error {
	const op, action = "put an alarm", "cloudwatch:PutMetricAlarm and cloudwatch:TagResource"
	r := c.in(in)
	if err := r.change.wait(ctx); err != nil {
		return failed(op, action, err)
	}
	if _, err := r.PutMetricAlarm(ctx, input(s)); err != nil {
		return failed(op, action, err)
	}
	return nil
}

// Tag adds tags to an alarm, or changes those of the same keys.
func (c *Client) Tag(ctx context.Context, in llm.Region, arn string, tags map[string]string) error {
	const op, action = "tag an alarm", "cloudwatch:TagResource"
	r := c.in(in)
	if err := r.tag.wait(ctx); err != nil {
		return failed(op, action, err)
	}
	if _, err := r.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: &arn, Tags: tagList(tags)}); err != nil {
		return failed(op, action, err)
	}
	return nil
}

// Delete takes an alarm away.
func (c *Client) Delete(ctx context.Context, in llm.Region, name string) error {
	const op, action = "delete an alarm", "cloudwatch:DeleteAlarms"
	r := c.in(in)
	if err := r.change.wait(ctx); err != nil {
		return failed(op, action, err)
	}
	if _, err := r.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{name}}); err != nil {
		return failed(op, action, err)
	}
	return nil
}

func input(s alarm.Setting) *cloudwatch.PutMetricAlarmInput {
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &s.Name, AlarmDescription: &s.Why, ActionsEnabled: aws.Bool(!s.Muted),
		AlarmActions: s.Actions, OKActions: s.OK, InsufficientDataActions: s.NoData,
		ComparisonOperator: types.ComparisonOperator(s.Comparison), TreatMissingData: &s.Missing,
		EvaluationPeriods: aws.Int32(int32(s.Periods)), Threshold: &s.Threshold, Tags: tagList(s.Tags), //nolint:gosec // a few periods
	}
	if s.Datapoints > 0 {
		in.DatapointsToAlarm = aws.Int32(int32(s.Datapoints)) //nolint:gosec // at most the periods
	}
	if len(s.Queries) == 1 && s.Queries[0].ID == "" {
		q := s.Queries[0]
		in.Namespace, in.MetricName, in.Period, in.Dimensions = &q.Namespace, &q.Metric, aws.Int32(int32(q.Period)), dimensions(q.Dimensions) //nolint:gosec // at most a day
		if slices.Contains(types.Statistic("").Values(), types.Statistic(q.Statistic)) {
			in.Statistic = types.Statistic(q.Statistic)
		} else {
			in.ExtendedStatistic = &q.Statistic
		}
		return in
	}
	for i := range s.Queries {
		q := &s.Queries[i]
		one := types.MetricDataQuery{Id: &q.ID, Label: &q.Label, ReturnData: aws.Bool(q.Expression != "")}
		if q.Expression != "" {
			one.Expression = &q.Expression
		} else {
			one.MetricStat = &types.MetricStat{
				Metric: &types.Metric{Namespace: &q.Namespace, MetricName: &q.Metric, Dimensions: dimensions(q.Dimensions)},
				Period: aws.Int32(int32(q.Period)), Stat: &q.Statistic, //nolint:gosec // at most a day
			}
		}
		in.Metrics = append(in.Metrics, one)
	}
	return in
}

func found(m *types.MetricAlarm) alarm.Found {
	f := alarm.Found{
		ARN: aws.ToString(m.AlarmArn), State: alarm.State(m.StateValue), Reason: aws.ToString(m.StateReason), Since: aws.ToTime(m.StateTransitionedTimestamp),
		Setting: alarm.Setting{
			Name: aws.ToString(m.AlarmName), Why: aws.ToString(m.AlarmDescription),
			Actions: m.AlarmActions, OK: m.OKActions, NoData: m.InsufficientDataActions, Muted: !aws.ToBool(m.ActionsEnabled),
			Comparison: string(m.ComparisonOperator), Missing: aws.ToString(m.TreatMissingData),
			Periods: int64(aws.ToInt32(m.EvaluationPeriods)), Datapoints: int64(aws.ToInt32(m.DatapointsToAlarm)), Threshold: aws.ToFloat64(m.Threshold),
		},
	}
	if f.Since.IsZero() {
		f.Since = aws.ToTime(m.StateUpdatedTimestamp)
	}
	if len(m.Metrics) == 0 {
		f.Queries = []alarm.Query{{
			Namespace: aws.ToString(m.Namespace), Metric: aws.ToString(m.MetricName), Period: int64(aws.ToInt32(m.Period)),
			Statistic: cmp.Or(string(m.Statistic), aws.ToString(m.ExtendedStatistic)), Dimensions: named(m.Dimensions),
		}}
	}
	for _, q := range m.Metrics {
		one := alarm.Query{ID: aws.ToString(q.Id), Label: aws.ToString(q.Label), Expression: aws.ToString(q.Expression), Period: int64(aws.ToInt32(q.Period))}
		if s := q.MetricStat; s != nil && s.Metric != nil {
			one.Namespace, one.Metric, one.Statistic = aws.ToString(s.Metric.Namespace), aws.ToString(s.Metric.MetricName), aws.ToString(s.Stat)
			one.Dimensions, one.Period = named(s.Metric.Dimensions), int64(aws.ToInt32(s.Period))
		}
		f.Queries = append(f.Queries, one)
	}
	return f
}

func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func dimensions(list []alarm.Dimension) []types.Dimension {
	var out []types.Dimension
	for _, d := range list {
		out = append(out, types.Dimension{Name: aws.String(d.Name), Value: aws.String(d.Value)})
	}
	return out
}

func named(list []types.Dimension) []alarm.Dimension {
	var out []alarm.Dimension
	for _, d := range list {
		out = append(out, alarm.Dimension{Name: aws.ToString(d.Name), Value: aws.ToString(d.Value)})
	}
	slices.SortFunc(out, func(a, b alarm.Dimension) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
