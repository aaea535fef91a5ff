package awscloudwatch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/headgate/headgate/internal/adapter/awscloudwatch"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

func client(t *testing.T, h http.Handler) *awscloudwatch.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := awscloudwatch.NewStatic(awscloudwatch.Static{AccessKeyID: "AKIDANY", SecretAccessKey: "any", Region: "us-east-1", EndpointURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func offline(t *testing.T) http.Handler {
	t.Helper()
	e, err := emulator.New(emulator.Config{Latency: emulator.NoLatency(), CloudWatch: emulator.CloudWatch{NoRateLimits: true}})
	if err != nil {
		t.Fatal(err)
	}
	return e.Handler()
}

func planned() []alarm.Alarm {
	return alarm.Plan(alarm.Input{
		Region: "us-east-1", Topic: "arn:aws:sns:us-east-1:111122223333:alerts", Tags: map[string]string{alarm.TagKey: alarm.TagValue},
		Latency: 60_000, FirstToken: 10_000, Published: true, Others: 20,
		Targets: []alarm.Target{{
			Pool:     llm.Pool{Region: "us-east-1", Model: "m.one-v1:0", Path: llm.PathGeo},
			Profiles: []string{"us.m.one-v1:0", "app"}, TokensPerMinute: 500_000, TokensPerDay: 54_000_000,
		}},
	})
}

// Each kind of alarm comes back as it was put, so that a second time changes
// nothing.
func TestAlarmsComeBackAsTheyWerePut(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, offline(t)), t.Context()
	plan := planned()
	made, err := monitor.Apply(ctx, c, "", alarm.Compare(plan, nil, false))
	if err != nil || len(made) != 12 {
		t.Fatalf("%d made, %v", len(made), err)
	}
	found, missing, err := monitor.Find(ctx, c, "us-east-1")
	if err != nil || missing != nil || len(found) != len(plan) {
		t.Fatalf("%d found, %v, %v", len(found), missing, err)
	}
	for i, f := range found {
		if d := cmp.Diff(plan[i].Setting(), f.Setting, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", f.Name, d)
		}
		if f.ARN == "" || f.State == "" || f.Since.IsZero() || f.Reason == "" {
			t.Errorf("%s: %+v", f.Name, f)
		}
	}
	for _, x := range alarm.Compare(plan, found, true) {
		if x.Do != alarm.Leave {
			t.Errorf("%s: %s %v", x.Name, x.Do, x.Differs)
		}
	}
}

// What somebody set by hand beside what is planned is kept by an update.
func TestAnUpdateKeepsWhatIsSetByHand(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, offline(t)), t.Context()
	plan := planned()[:1]
	by := plan[0].Setting()
	by.OK, by.Muted, by.Threshold = []string{"arn:aws:sns:us-east-1:111122223333:fine"}, true, 99
	by.Tags = map[string]string{alarm.TagKey: alarm.TagValue, "mine": "too"}
	if err := c.Put(ctx, "", by); err != nil {
		t.Fatal(err)
	}
	found, _, err := monitor.Find(ctx, c, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	changes := alarm.Compare(plan, found, false)
	if d := cmp.Diff([]string{"Threshold"}, changes[0].Differs); d != "" {
		t.Fatal(d)
	}
	if _, err := monitor.Apply(ctx, c, "", changes); err != nil {
		t.Fatal(err)
	}
	found, _, _ = monitor.Find(ctx, c, "us-east-1")
	got := found[0]
	if got.Threshold != plan[0].Threshold || !got.Muted || len(got.OK) != 1 || got.Tags["mine"] != "too" {
		t.Errorf("%+v", got)
	}
}

// More queries than one request takes, more data than one page has, and more data
// than one request publishes.
func TestMetricsArePublishedAndReadInBatches(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, offline(t)), t.Context()
	begin := time.Now().Add(-3 * time.Minute).Truncate(time.Minute)
	var data []monitor.Datum
	var queries []monitor.Query
	for i := range 1200 {
		of := []alarm.Dimension{{Name: "Pool", Value: fmt.Sprint(i)}}
		data = append(data, monitor.Datum{Metric: "Size", Dimensions: of, At: begin, Unit: "Count", Value: float64(i)})
		if i%2 == 0 {
			queries = append(queries, monitor.Query{Namespace: "Test", Metric: "Size", Statistic: "Sum", Dimensions: of, Period: time.Minute})
		}
	}
	data = append(data, monitor.Datum{Metric: "Wait", At: begin, Unit: "Milliseconds", Values: []float64{10, 20}, Counts: []float64{99, 1}})
	taken, err := c.Publish(ctx, "", "Test", data)
	if err != nil || taken != len(data) {
		t.Fatalf("%d published, %v", taken, err)
	}
	queries = append(queries, monitor.Query{Namespace: "Test", Metric: "Wait", Statistic: "p50", Period: time.Minute})
	got, err := c.Series(ctx, "", queries, begin, begin.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range got {
		want := float64(2 * i)
		if s.Query.Metric == "Wait" {
			want = 10
		}
		if !s.Complete || len(s.Points) != 1 || s.Points[0].Value != want || !s.Points[0].Start.Equal(begin) {
			t.Fatalf("%d: %+v", i, s)
		}
	}
	ids, err := c.Values(ctx, "", "Test", "Size", "Pool")
	if err != nil || len(ids) != 1200 || !slices.IsSorted(ids) {
		t.Errorf("%d values, %v", len(ids), err)
	}
}

// refuse answers each request with an error of CloudWatch until it has done so
// often enough.
func refuse(times int64, shape string, next http.Handler) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > times {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		w.WriteHeader(http.StatusBadRequest)
		// {"__type": shape}: a map of one, of two short texts.
		name := "com.amazonaws.cloudwatch#" + shape
		_, _ = w.Write(append(append([]byte{0xa1, 0x66}, "__type"...), append([]byte{0x78, byte(len(name))}, name...)...))
	})
}

func TestThrottlesAreWaitedOut(t *testing.T) {
	t.Parallel()
	c := client(t, refuse(2, "ThrottlingException", offline(t)))
	if _, err := c.Alarms(t.Context(), "", "headgate-"); err != nil {
		t.Error(err)
	}
}

func TestARefusalNamesThePermission(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, refuse(1<<30, "AccessDeniedException", nil)), t.Context()
	for action, try := range map[string]func() error{
		"cloudwatch:DescribeAlarms": func() error { _, err := c.Alarms(ctx, "", ""); return err },
		"cloudwatch:PutMetricAlarm": func() error { return c.Put(ctx, "", planned()[0].Setting()) },
		"cloudwatch:GetMetricData": func() error {
			_, err := c.Series(ctx, "", []monitor.Query{{Namespace: "A", Metric: "B", Statistic: "Sum", Period: time.Minute}}, time.Now().Add(-time.Hour), time.Now())
			return err
		},
		"cloudwatch:PutMetricData": func() error {
			_, err := c.Publish(ctx, "", "A", []monitor.Datum{{Metric: "B", At: time.Now(), Unit: "Count"}})
			return err
		},
	} {
		if err := try(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), action) {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// One that cannot be made does not keep the others from it, and is named.
func TestOneAlarmThatIsRefused(t *testing.T) {
	t.Parallel()
	next := offline(t)
	var puts atomic.Int64
	bad := refuse(1<<30, "InvalidParameterValueException", nil)
	c, ctx := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/PutMetricAlarm") && puts.Add(1) == 2 {
			bad.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})), t.Context()
	plan := planned()[:3]
	made, err := monitor.Apply(ctx, c, "", alarm.Compare(plan, nil, false))
	if fault.KindOf(err) != fault.Invalid || len(made) != 3 || !made[0].Done || made[1].Done || made[1].Error == "" || !made[2].Done {
		t.Errorf("%+v, %v", made, err)
	}
	found, _, err := monitor.Find(ctx, c, "us-east-1")
	if err != nil || len(found) != 2 {
		t.Errorf("%d found, %v", len(found), err)
	}
}
