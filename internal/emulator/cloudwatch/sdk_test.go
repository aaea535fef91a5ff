package cloudwatch_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator/cloudwatch"
)

// bench is a service on a loopback port with the SDK's client for it, and a
// clock that stands still.
type bench struct {
	*sdk.Client

	service *cloudwatch.Service
	url     string

	// mu guards now.
	mu  sync.Mutex
	now time.Time
}

var owner = cloudwatch.Owner{Account: "111122223333", Region: "us-east-1"}

func setup(t *testing.T, c cloudwatch.Config) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 11, 25, 6, 0, 0, 0, time.UTC)}
	c.Now = b.clock
	b.service = cloudwatch.New(c)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Amzn-Requestid", "0-0-0")
		b.service.Serve(w, r, body, owner, func(string) error { return nil })
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	b.Client = sdk.New(sdk.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDANY", "any", ""),
	})
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) add(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// put puts one value at the clock's instant.
func (b *bench) put(t *testing.T, name string, values ...float64) {
	t.Helper()
	for _, v := range values {
		_, err := b.PutMetricData(t.Context(), &sdk.PutMetricDataInput{Namespace: new("App"), MetricData: []types.MetricDatum{{MetricName: &name, Value: &v}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestPutAndGetStatistics(t *testing.T) {
	t.Parallel()
	b := setup(t, cloudwatch.Config{NoRateLimits: true})
	start := b.clock()
	b.put(t, "Size", 1, 2, 3, 4, 100)
	b.add(time.Minute)
	_, err := b.PutMetricData(t.Context(), &sdk.PutMetricDataInput{Namespace: new("App"), MetricData: []types.MetricDatum{
		{MetricName: new("Size"), Values: []float64{10, 20}, Counts: []float64{3, 1}},
		{MetricName: new("Set"), StatisticValues: &types.StatisticSet{SampleCount: new(4.0), Sum: new(20.0), Minimum: new(2.0), Maximum: new(9.0)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	get := func(name string, period int32) []types.Datapoint {
		out, err := b.GetMetricStatistics(t.Context(), &sdk.GetMetricStatisticsInput{
			Namespace: new("App"), MetricName: &name, StartTime: &start, EndTime: new(start.Add(time.Hour)), Period: &period,
			Statistics:         []types.Statistic{types.StatisticSampleCount, types.StatisticAverage, types.StatisticSum, types.StatisticMinimum, types.StatisticMaximum},
			ExtendedStatistics: []string{"p50", "p99"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.Datapoints
	}
	point := func(minute int, count, average, sum, least, most, p50, p99 float64) types.Datapoint {
		return types.Datapoint{
			Timestamp: new(start.Add(time.Duration(minute) * time.Minute)), SampleCount: &count, Average: &average, Sum: &sum,
			Minimum: &least, Maximum: &most, ExtendedStatistics: map[string]float64{"p50": p50, "p99": p99},
		}
	}
	for _, tt := range []struct {
		name   string
		period int32
		want   []types.Datapoint
	}{
		{"Size", 60, []types.Datapoint{point(0, 5, 22, 110, 1, 100, 3, 100), point(1, 4, 12.5, 50, 10, 20, 10, 20)}},
		{"Size", 300, []types.Datapoint{point(0, 9, 160.0/9, 160, 1, 100, 10, 100)}},
		{"Set", 60, []types.Datapoint{point(1, 4, 5, 20, 2, 9, 2, 2)}},
		{"None", 60, nil},
	} {
		if diff := cmp.Diff(tt.want, get(tt.name, tt.period), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore()),
			cmp.Comparer(func(x, y []types.Datapoint) bool {
				return len(x) == 0 && len(y) == 0 || fmt.Sprint(flat(x)) == fmt.Sprint(flat(y))
			})); diff != "" {
			t.Errorf("%s/%d: %s", tt.name, tt.period, diff)
		}
	}
}

// flat is data points without their pointers.
func flat(list []types.Datapoint) []string {
	var out []string
	for _, p := range list {
		out = append(out, fmt.Sprint(p.Timestamp.Unix(), *p.SampleCount, *p.Average, *p.Sum, *p.Minimum, *p.Maximum, p.ExtendedStatistics))
	}
	return out
}

// TestPages reads data and a list in pages, and finds each item once.
func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t, cloudwatch.Config{NoRateLimits: true})
	start := b.clock()
	for i := range 7 {
		b.put(t, "A", float64(i))
		b.put(t, "B", float64(10*i))
		b.add(time.Minute)
	}
	query := func(id, name string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: new("App"), MetricName: &name}, Period: new(int32(60)), Stat: new("Sum"),
		}}
	}
	got := map[string][]float64{}
	pages := sdk.NewGetMetricDataPaginator(b, &sdk.GetMetricDataInput{
		StartTime: &start, EndTime: new(b.clock()), MaxDatapoints: new(int32(4)),
		MetricDataQueries: []types.MetricDataQuery{
			query("a", "A"), query("b", "B"),
			{Id: new("e"), Expression: new("a + b"), Label: new("both")},
		},
	})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n++
		for _, r := range page.MetricDataResults {
			got[*r.Label] = append(got[*r.Label], r.Values...)
		}
	}
	want := map[string][]float64{"A": {6, 5, 4, 3, 2, 1, 0}, "B": {60, 50, 40, 30, 20, 10, 0}, "both": {66, 55, 44, 33, 22, 11, 0}}
	if diff := cmp.Diff(want, got); n != 6 || diff != "" {
		t.Errorf("%d pages: %s", n, diff)
	}
	for i := range 600 {
		b.put(t, fmt.Sprintf("M%03d", i), 1)
	}
	seen := map[string]bool{}
	lists := sdk.NewListMetricsPaginator(b, &sdk.ListMetricsInput{Namespace: new("App")})
	for lists.HasMorePages() {
		page, err := lists.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Metrics {
			seen[*m.MetricName] = true
		}
	}
	if len(seen) != 602 {
		t.Errorf("listed %d metrics, want 602", len(seen))
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, cloudwatch.Config{NoRateLimits: true})
	start, end := b.clock(), b.clock().Add(time.Hour)
	data := func(change func(*sdk.GetMetricDataInput)) error {
		in := &sdk.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: []types.MetricDataQuery{{
			Id: new("m1"), MetricStat: &types.MetricStat{Metric: &types.Metric{Namespace: new("N"), MetricName: new("M")}, Period: new(int32(60)), Stat: new("Sum")},
		}}}
		change(in)
		_, err := b.GetMetricData(t.Context(), in)
		return err
	}
	alarm := func(change func(*sdk.PutMetricAlarmInput)) error {
		in := throttleAlarm()
		change(in)
		_, err := b.PutMetricAlarm(t.Context(), in)
		return err
	}
	_, unknown := b.SetAlarmState(t.Context(), &sdk.SetAlarmStateInput{AlarmName: new("none"), StateValue: "OK", StateReason: new("x")})
	_, deleted := b.DeleteAlarms(t.Context(), &sdk.DeleteAlarmsInput{AlarmNames: []string{"none"}})
	_, tags := b.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceARN: new("arn:aws:cloudwatch:us-east-1:1:alarm:none")})
	_, reserved := b.PutMetricData(t.Context(), &sdk.PutMetricDataInput{Namespace: new("AWS/Bedrock"), MetricData: []types.MetricDatum{{MetricName: new("X"), Value: new(1.0)}}})
	_, old := b.PutMetricData(t.Context(), &sdk.PutMetricDataInput{Namespace: new("N"), MetricData: []types.MetricDatum{{MetricName: new("X"), Value: new(1.0), Timestamp: new(start.Add(-15 * 24 * time.Hour))}}})
	_, dashboards := b.ListDashboards(t.Context(), &sdk.ListDashboardsInput{})
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"fine", data(func(*sdk.GetMetricDataInput) {}), "<nil>"},
		{"end before start", data(func(in *sdk.GetMetricDataInput) { in.EndTime = &start }), "InvalidParameterValue"},
		{"period", data(func(in *sdk.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Period = new(int32(61)) }), "InvalidParameterValue"},
		{"id", data(func(in *sdk.GetMetricDataInput) { in.MetricDataQueries[0].Id = new("M1") }), "ValidationError"},
		{"twice", data(func(in *sdk.GetMetricDataInput) {
			in.MetricDataQueries = append(in.MetricDataQueries, in.MetricDataQueries[0])
		}), "ValidationError"},
		{"statistic", data(func(in *sdk.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Stat = new("p101") }), "ValidationError"},
		{"expression", data(func(in *sdk.GetMetricDataInput) {
			in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{Id: new("e"), Expression: new("m1 +")})
		}), "ValidationError"},
		{"circle", data(func(in *sdk.GetMetricDataInput) {
			in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{Id: new("e"), Expression: new("e + m1")})
		}), "ValidationError"},
		{"token", data(func(in *sdk.GetMetricDataInput) { in.NextToken = new("x") }), "InvalidNextToken"},
		{"no such alarm", unknown, "ResourceNotFound"},
		{"nothing to delete", deleted, "ResourceNotFound"},
		{"no tags", tags, "ResourceNotFoundException"},
		{"reserved namespace", reserved, "InvalidParameterValue"},
		{"too old", old, "InvalidParameterValue"},
		{"unknown operation", dashboards, "InvalidAction"},
		{"alarm", alarm(func(*sdk.PutMetricAlarmInput) {}), "<nil>"},
		{"no metric", alarm(func(in *sdk.PutMetricAlarmInput) { in.MetricName = nil }), "MissingParameter"},
		{"no threshold", alarm(func(in *sdk.PutMetricAlarmInput) { in.Threshold = nil }), "MissingParameter"},
		{"two statistics", alarm(func(in *sdk.PutMetricAlarmInput) { in.ExtendedStatistic = new("p99") }), "InvalidParameterCombination"},
		{"comparison", alarm(func(in *sdk.PutMetricAlarmInput) { in.ComparisonOperator = "Above" }), "ValidationError"},
		{"datapoints", alarm(func(in *sdk.PutMetricAlarmInput) { in.DatapointsToAlarm = new(int32(2)) }), "ValidationError"},
		{"no periods", alarm(func(in *sdk.PutMetricAlarmInput) { in.EvaluationPeriods = new(int32(0)) }), "ValidationError"},
		{"too long", alarm(func(in *sdk.PutMetricAlarmInput) { in.EvaluationPeriods = new(int32(289)) }), "ValidationError"},
		{"missing data", alarm(func(in *sdk.PutMetricAlarmInput) { in.TreatMissingData = new("good") }), "ValidationError"},
		{"action", alarm(func(in *sdk.PutMetricAlarmInput) { in.AlarmActions = []string{"topic"} }), "ValidationError"},
		{"both", alarm(func(in *sdk.PutMetricAlarmInput) {
			in.Metrics = []types.MetricDataQuery{{Id: new("e"), Expression: new("1")}}
		}), "InvalidParameterCombination"},
	} {
		if got := code(tt.err); got != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.name, got, tt.want, tt.err)
		}
	}
}

// throttleAlarm is ready to put: more than ten in five minutes.
func throttleAlarm() *sdk.PutMetricAlarmInput {
	return &sdk.PutMetricAlarmInput{
		AlarmName: new("throttles"), Namespace: new("App"), MetricName: new("Throttles"), Statistic: types.StatisticSum, Period: new(int32(300)),
		EvaluationPeriods: new(int32(1)), Threshold: new(10.0), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
		TreatMissingData: new("notBreaching"), AlarmActions: []string{"arn:aws:sns:us-east-1:111122223333:ops"},
		Tags: []types.Tag{{Key: new("by"), Value: new("test")}},
	}
}

func TestRatesAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, cloudwatch.Config{})
	put := func() string {
		_, err := b.PutMetricAlarm(t.Context(), throttleAlarm())
		return code(err)
	}
	var got []string
	for range 4 {
		got = append(got, put())
	}
	b.add(time.Second)
	got = append(got, put())
	if want := "<nil> <nil> <nil> ThrottlingException <nil>"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestManyMetricsStayWithinBounds(t *testing.T) {
	t.Parallel()
	b := setup(t, cloudwatch.Config{NoRateLimits: true})
	in := &sdk.PutMetricDataInput{Namespace: new("App")}
	for page := range 3 {
		in.MetricData = nil
		for i := range 1000 { // more than 10 kB: the SDK compresses it
			in.MetricData = append(in.MetricData, types.MetricDatum{MetricName: new(fmt.Sprintf("M%d-%d", page, i)), Value: new(1.0)})
		}
		if _, err := b.PutMetricData(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		b.add(time.Minute)
	}
	seen := map[string]int{}
	lists := sdk.NewListMetricsPaginator(b, &sdk.ListMetricsInput{})
	for lists.HasMorePages() {
		page, err := lists.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Metrics {
			seen[(*m.MetricName)[:2]]++
		}
	}
	if diff := cmp.Diff(map[string]int{"M1": 1000, "M2": 1000}, seen); diff != "" {
		t.Error(diff)
	}
}
