package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator"
)

// watcher is a client for the emulator's CloudWatch. It does not retry.
func (b *bench) watcher() *cloudwatch.Client {
	return cloudwatch.New(cloudwatch.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDANY", "any", ""),
	})
}

// bedrockMetric is a query for a metric of the runtime by the minute, of all
// models when model is empty.
func bedrockMetric(id, name, stat, model string) types.MetricDataQuery {
	m := &types.Metric{Namespace: new("AWS/Bedrock"), MetricName: &name}
	if model != "" {
		m.Dimensions = []types.Dimension{{Name: new("ModelId"), Value: &model}}
	}
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{Metric: m, Period: new(int32(60)), Stat: &stat}}
}

// read reads the queries' values, oldest first, over a stretch of time.
func read(t *testing.T, c *cloudwatch.Client, from, to time.Time, queries ...types.MetricDataQuery) map[string][]float64 {
	t.Helper()
	out, err := c.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: &from, EndTime: &to, MetricDataQueries: queries, ScanBy: types.ScanByTimestampAscending,
	})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]float64{}
	for _, r := range out.MetricDataResults {
		if r.StatusCode != types.StatusCodeComplete || len(r.Timestamps) != len(r.Values) {
			t.Errorf("%s: %s, %d timestamps of %d values", *r.Id, r.StatusCode, len(r.Timestamps), len(r.Values))
		}
		values[*r.Id] = r.Values
	}
	return values
}

func TestTrafficShowsInCloudWatch(t *testing.T) {
	t.Parallel()
	clock := newClock()
	from := clock.Now()
	clock.add(10 * time.Second)
	b := setup(t, emulator.Config{Now: clock.Now, Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(2)), Law: emulator.Law{Kind: emulator.Fixed}})})
	for i := range 3 {
		_, err := b.client.Converse(t.Context(), converse(usHaiku, "Hello there. [[output_tokens=100]]", 500))
		if throttled := throttle(err) != ""; throttled != (i == 2) {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	clock.add(time.Minute)
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "Hello there. [[output_tokens=10]]", 500)); err != nil {
		t.Fatal(err)
	}
	got := read(t, b.watcher(), from, from.Add(5*time.Minute),
		bedrockMetric("calls", "Invocations", "Sum", usHaiku), bedrockMetric("throttles", "InvocationThrottles", "Sum", ""),
		bedrockMetric("out", "OutputTokenCount", "Sum", ""), bedrockMetric("usage", "EstimatedTPMQuotaUsage", "Sum", usHaiku),
		bedrockMetric("none", "Invocations", "Sum", haiku),
	)
	in := read(t, b.watcher(), from, from.Add(time.Minute), bedrockMetric("in", "InputTokenCount", "Average", usHaiku))["in"][0]
	want := map[string][]float64{
		"calls": {2, 1}, "throttles": {1}, "out": {200, 10}, "usage": {2*in + 5*200, in + 5*10}, "none": {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	list, err := b.watcher().ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: new("AWS/Bedrock"), MetricName: new("Invocations")})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Metrics) != 2 || len(list.Metrics[0].Dimensions) != 0 || *list.Metrics[1].Dimensions[0].Value != usHaiku {
		t.Errorf("ListMetrics = %v", list.Metrics)
	}
}
