package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// watcher is a client for the emulator's CloudWatch. It does not retry.
func (b *bench) watcher() *cloudwatch.Client { return b.watcherOf("AKIDANY", "any", "us-east-1") }

func (b *bench) watcherOf(key, secret, region string) *cloudwatch.Client {
	return cloudwatch.New(cloudwatch.Options{
		BaseEndpoint: &b.url, Region: region, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// TestMetricsBelongToTheSigner: each account and Region has its own, and who may
// not sign is told so in the protocol of the service.
func TestMetricsBelongToTheSigner(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: keyed()})
	if _, err := b.runtime("AKIDONE", "secret-one", "eu-west-1").Converse(t.Context(), converse("eu."+haiku, "x", 5)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key, secret, region string
		metrics             bool
		want                string
	}{
		{"AKIDONE", "secret-one", "eu-west-1", true, ""},
		{"AKIDONE", "secret-one", "us-east-1", false, ""},
		{"AKIDTWO", "secret-two", "eu-west-1", false, ""},
		{"AKIDANY", "unchecked", "eu-west-1", false, ""},
		{"AKIDONE", "wrong", "eu-west-1", false, "SignatureDoesNotMatch: The request signature we calculated does not match"},
		{"AKIDNONE", "x", "eu-west-1", false, "InvalidClientTokenId: The security token included in the request is invalid."},
	} {
		out, err := b.watcherOf(tt.key, tt.secret, tt.region).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
		if got := code(err); !strings.HasPrefix(got, tt.want) || (err == nil) != (tt.want == "") {
			t.Errorf("%s in %s: %v, want %q", tt.key, tt.region, err, tt.want)
		}
		if err == nil && (len(out.Metrics) > 0) != tt.metrics {
			t.Errorf("%s in %s sees %d metrics", tt.key, tt.region, len(out.Metrics))
		}
	}
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

// TestAlarmFollowsTraffic is the alarm of a user's guide: more than ten
// throttles in five minutes.
func TestAlarmFollowsTraffic(t *testing.T) {
	t.Parallel()
	clock := newClock()
	from := clock.Now()
	b := setup(t, emulator.Config{Now: clock.Now, Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(2))})})
	w := b.watcher()
	_, err := w.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: new("throttles"), Namespace: new("AWS/Bedrock"), MetricName: new("InvocationThrottles"), Statistic: types.StatisticSum,
		Period: new(int32(300)), EvaluationPeriods: new(int32(1)), Threshold: new(10.0),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, TreatMissingData: new("notBreaching"),
		Tags: []types.Tag{{Key: new("by"), Value: new("headgate")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	state := func() types.MetricAlarm {
		t.Helper()
		out, err := w.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: new("thr")})
		if err != nil || len(out.MetricAlarms) != 1 {
			t.Fatal(out, err)
		}
		return out.MetricAlarms[0]
	}
	check := func(want types.StateValue, since time.Duration) {
		t.Helper()
		if a := state(); a.StateValue != want || !a.StateUpdatedTimestamp.Equal(from.Add(since)) {
			t.Errorf("after %s: %s since %s (%s), want %s since %s", clock.Now().Sub(from), a.StateValue, a.StateUpdatedTimestamp, *a.StateReason, want, from.Add(since))
		}
	}
	check(types.StateValueInsufficientData, 0)
	clock.add(90 * time.Second)
	check(types.StateValueOk, time.Minute)
	for range 13 { // two pass
		_, _ = b.client.Converse(t.Context(), converse(usHaiku, "x", 5))
	}
	check(types.StateValueOk, time.Minute)
	clock.add(40 * time.Second)
	check(types.StateValueAlarm, 2*time.Minute)
	if reason := *state().StateReason; !strings.HasPrefix(reason, "Threshold Crossed: 1 out of the last 1 datapoints [11.0 (") {
		t.Error(reason)
	}
	arn := state().AlarmArn
	tags, err := w.ListTagsForResource(t.Context(), &cloudwatch.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil || *arn != "arn:aws:cloudwatch:us-east-1:"+accountID+":alarm:throttles" || len(tags.Tags) != 1 || *tags.Tags[0].Value != "headgate" {
		t.Error(*arn, tags, err)
	}
	// The throttles were in the minute from 1 to 2. With two periods of grace for
	// late data, they are out of sight at 17.
	clock.add(time.Hour)
	check(types.StateValueOk, 17*time.Minute)
	_, err = w.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: new("throttles"), StateValue: types.StateValueAlarm, StateReason: new("test")})
	if a := state(); err != nil || a.StateValue != types.StateValueAlarm || *a.StateReason != "test" {
		t.Error(a.StateValue, err)
	}
	clock.add(time.Minute)
	if a := state(); a.StateValue != types.StateValueOk {
		t.Error(a.StateValue, *a.StateReason)
	}
	b.Reset()
	out, err := w.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	if err != nil || len(out.MetricAlarms) != 0 {
		t.Error("alarms outlive a reset:", out, err)
	}
	list, err := w.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
	if err != nil || len(list.Metrics) != 0 {
		t.Error("metrics outlive a reset:", list, err)
	}
}

// TestAlarmOnMath watches the use of a quota, in per cent, over all paths.
func TestAlarmOnMath(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now})
	w := b.watcher()
	us, global := bedrockMetric("m1", "EstimatedTPMQuotaUsage", "Sum", usHaiku), bedrockMetric("m2", "EstimatedTPMQuotaUsage", "Sum", "global."+haiku)
	us.ReturnData, global.ReturnData = new(false), new(false)
	_, err := w.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: new("use"), EvaluationPeriods: new(int32(3)), DatapointsToAlarm: new(int32(2)), Threshold: new(80.0),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
		Metrics:            []types.MetricDataQuery{us, global, {Id: new("use"), Expression: new("100 * SUM(METRICS()) / 1000"), Label: new("use of 1,000")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var states []types.StateValue
	for range 5 {
		for _, id := range []string{usHaiku, "global." + haiku} { // each 1 + 5 × 100
			if _, err := b.client.Converse(t.Context(), converse(id, "[[output_tokens=100]]", 500)); err != nil {
				t.Fatal(err)
			}
		}
		clock.add(time.Minute)
		out, err := w.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"use"}})
		if err != nil {
			t.Fatal(err)
		}
		a := out.MetricAlarms[0]
		states = append(states, a.StateValue)
		if len(a.Metrics) != 3 || *a.Metrics[2].Expression != "100 * SUM(METRICS()) / 1000" || a.MetricName != nil {
			t.Errorf("metrics %+v", a.Metrics)
		}
	}
	want := []types.StateValue{types.StateValueInsufficientData, types.StateValueAlarm, types.StateValueAlarm, types.StateValueAlarm, types.StateValueAlarm}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
}

// TestFailuresAndStreamsInCloudWatch: what each kind of call leaves.
func TestFailuresAndStreamsInCloudWatch(t *testing.T) {
	t.Parallel()
	clock := newClock()
	from := clock.Now()
	b := setup(t, emulator.Config{Now: clock.Now, CloudWatch: emulator.CloudWatch{OlderCacheNames: true}, Faults: []emulator.Fault{
		{Kind: emulator.FaultInternal, Next: 1},
		{Kind: emulator.FaultNotReady, Next: 1},
		{Kind: emulator.FaultStreamException, Next: 1, After: 3, Operation: llm.OpConverseStream},
	}})
	for range 2 {
		if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 5)); err == nil {
			t.Fatal("no error")
		}
	}
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1_000_000)); err == nil {
		t.Fatal("no error")
	}
	for range 2 {
		out, err := b.client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: new(usHaiku), Messages: userMessage("[[output_tokens=100]]")})
		if err != nil {
			t.Fatal(err)
		}
		for range out.GetStream().Events() {
		}
		out.GetStream().Close()
	}
	got := read(t, b.watcher(), from, from.Add(time.Minute),
		bedrockMetric("calls", "Invocations", "Sum", ""), bedrockMetric("server", "InvocationServerErrors", "Sum", ""),
		bedrockMetric("client", "InvocationClientErrors", "Sum", ""), bedrockMetric("throttles", "InvocationThrottles", "Sum", ""),
		bedrockMetric("latencies", "InvocationLatency", "SampleCount", usHaiku), bedrockMetric("firsts", "TimeToFirstToken", "SampleCount", usHaiku),
	)
	want := map[string][]float64{"calls": {4}, "server": {2}, "client": {2}, "throttles": {}, "latencies": {1}, "firsts": {1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestOthersShowInCloudWatch: a reader sees what others take, also of the time
// in which nobody looked, and data points are a nominal minute apart.
func TestOthersShowInCloudWatch(t *testing.T) {
	t.Parallel()
	clock := newClock()
	from := clock.Now()
	b := setup(t, emulator.Config{Now: clock.Now, TimeScale: 6, Accounts: quotas(emulator.Quota{
		RequestsPerMinute: new(int64(100)), TokensPerMinute: new(int64(1e6)),
		Others: &emulator.Others{RequestsPerMinute: 60, TokensPerMinute: 6000, Arrivals: "even"},
	})})
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 5)); err != nil {
		t.Fatal(err)
	}
	clock.add(100 * time.Second) // ten nominal minutes
	got := read(t, b.watcher(), from, clock.Now(),
		bedrockMetric("calls", "Invocations", "Sum", usHaiku), bedrockMetric("usage", "EstimatedTPMQuotaUsage", "Sum", usHaiku))
	if len(got["calls"]) != 10 || got["calls"][0] < 60 || got["calls"][5] != 60 || got["usage"][5] != 6000 {
		t.Errorf("got %v", got)
	}
	clock.add(10 * time.Hour)
	sum := 0.0
	for _, v := range read(t, b.watcher(), clock.Now().Add(-20*time.Minute), clock.Now(), bedrockMetric("calls", "Invocations", "Sum", usHaiku))["calls"] {
		sum += v
	}
	if want := 120 * 60.0; sum < want-2 || sum > want+2 {
		t.Errorf("%v calls in 120 minutes nobody looked at, want %v", sum, want)
	}
}
