package awscloudwatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

const (
	mostQueries = 500  // of one GetMetricData
	mostData    = 1000 // of one PutMetricData
	mostValues  = 150  // of one datum
)

// Series asks for metrics, 500 at once. What CloudWatch says it cannot give is
// incomplete; where some of the requests fail, the series of the others are
// returned with the error.
func (c *Client) Series(ctx context.Context, in llm.Region, queries []monitor.Query, from, to time.Time) ([]monitor.Series, error) {
	out := make([]monitor.Series, len(queries))
	for i, q := range queries {
		out[i].Query = q
	}
	var errs []error
	for at := 0; at < len(queries); at += mostQueries {
		if err := c.read(ctx, in, out[at:min(at+mostQueries, len(queries))], from, to); err != nil {
			errs = append(errs, err)
			if ctx.Err() != nil {
				break
			}
		}
	}
	if len(errs) > 0 { // the first tells: the others fail alike
		return out, errs[0]
	}
	return out, nil
}

// read fills in series, page by page. On an error they stay incomplete.
func (c *Client) read(ctx context.Context, in llm.Region, series []monitor.Series, from, to time.Time) error {
	r := c.in(in)
	ids := map[string]*monitor.Series{}
	ask := &cloudwatch.GetMetricDataInput{StartTime: &from, EndTime: &to, ScanBy: types.ScanByTimestampAscending}
	for i := range series {
		s := &series[i]
		id := fmt.Sprintf("q%d", i)
		ids[id] = s
		q := &s.Query
		ask.MetricDataQueries = append(ask.MetricDataQueries, types.MetricDataQuery{
			Id: &id, ReturnData: aws.Bool(true), MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: &q.Namespace, MetricName: &q.Metric, Dimensions: dimensions(q.Dimensions)},
				Period: aws.Int32(int32(q.Period.Seconds())), Stat: &q.Statistic,
			},
		})
	}
	status := map[string]types.StatusCode{}
	for p := cloudwatch.NewGetMetricDataPaginator(r.Client, ask); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return failed("read metrics", "cloudwatch:GetMetricData", err)
		}
		for _, result := range page.MetricDataResults {
			id := aws.ToString(result.Id)
			s := ids[id]
			if s == nil || len(result.Timestamps) != len(result.Values) {
				continue
			}
			status[id] = result.StatusCode // the last page's holds: PartialData goes on
			for i, at := range result.Timestamps {
				s.Points = append(s.Points, monitor.Point{Start: at, Value: result.Values[i]})
			}
		}
	}
	for id, s := range ids {
		s.Complete = status[id] == types.StatusCodeComplete
	}
	return nil
}

// Values lists those of a dimension that a metric has with no other dimension,
// sorted.
func (c *Client) Values(ctx context.Context, in llm.Region, namespace, metric, dimension string) ([]string, error) {
	r := c.in(in)
	var out []string
	for p := cloudwatch.NewListMetricsPaginator(r.Client, &cloudwatch.ListMetricsInput{
		Namespace: &namespace, MetricName: &metric, Dimensions: []types.DimensionFilter{{Name: &dimension}},
	}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, failed("list metrics", "cloudwatch:ListMetrics", err)
		}
		for _, m := range page.Metrics {
			if len(m.Dimensions) == 1 && aws.ToString(m.Dimensions[0].Name) == dimension {
				out = append(out, aws.ToString(m.Dimensions[0].Value))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Publish puts data into a namespace. It returns how many of them, from the
// first, CloudWatch has taken.
func (c *Client) Publish(ctx context.Context, in llm.Region, namespace string, data []monitor.Datum) (taken int, err error) {
	r := c.in(in)
	for batch := range slices.Chunk(data, mostData) {
		put := &cloudwatch.PutMetricDataInput{Namespace: &namespace}
		for i := range batch {
			d, err := datum(&batch[i])
			if err != nil {
				return taken, failed("publish metrics", "", err)
			}
			put.MetricData = append(put.MetricData, d)
		}
		if _, err := r.PutMetricData(ctx, put); err != nil {
			return taken, failed("publish metrics", "cloudwatch:PutMetricData", err)
		}
		taken += len(batch)
	}
	return taken, nil
}

func datum(d *monitor.Datum) (types.MetricDatum, error) {
	out := types.MetricDatum{MetricName: &d.Metric, Dimensions: dimensions(d.Dimensions), Timestamp: &d.At, Unit: types.StandardUnit(d.Unit)}
	if len(d.Values) == 0 {
		out.Value = &d.Value
		return out, nil
	}
	if len(d.Values) > mostValues || len(d.Values) != len(d.Counts) {
		return out, errors.New("a datum has at most 150 values, each with its count")
	}
	out.Values, out.Counts = d.Values, d.Counts
	return out, nil
}

var _ monitor.Source = (*Client)(nil)
