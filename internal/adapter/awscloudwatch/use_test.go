package awscloudwatch_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/awscloudwatch"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/monitor"
)

// namespace stands for Bedrock's, into which nobody but AWS can put anything.
const namespace = "Test/Bedrock"

// publish puts metrics as Bedrock would have them into the namespace of a test.
func publish(t *testing.T, c *awscloudwatch.Client, at time.Time, id string, values map[string]float64) {
	t.Helper()
	var data []monitor.Datum
	for name, v := range values {
		data = append(data, monitor.Datum{Metric: name, Dimensions: []alarm.Dimension{{Name: "ModelId", Value: id}}, At: at, Unit: "Count", Value: v})
	}
	if _, err := c.Publish(t.Context(), "", namespace, data); err != nil {
		t.Fatal(err)
	}
}

func query(now time.Time) monitor.UseQuery {
	return monitor.UseQuery{
		Region: "us-east-1", Namespace: namespace, From: now.Add(-time.Hour), To: now.Add(time.Minute), Burndown: 5, Known: []string{"us.m"},
		Mine: func(id string) bool { return id == "us.m" || id == "app" },
	}
}

// Both spellings of the cache metrics count, and once where an account has both;
// ids of other pools do not.
func TestTheUseOfEveryone(t *testing.T) {
	t.Parallel()
	c := client(t, offline(t))
	now := time.Now()
	first, second := now.Add(-10*time.Minute).Truncate(time.Minute), now.Add(-5*time.Minute).Truncate(time.Minute)
	publish(t, c, first, "us.m", map[string]float64{
		"Invocations": 3, "InvocationThrottles": 2, "InputTokenCount": 300, "OutputTokenCount": 30, "EstimatedTPMQuotaUsage": 490, "InvocationLatency": 2000,
		"CacheReadInputTokenCount": 70, "CacheReadInputTokens": 70, "CacheWriteInputTokens": 40,
	})
	publish(t, c, first, "app", map[string]float64{"Invocations": 1, "InputTokenCount": 100, "OutputTokenCount": 10, "CacheWriteInputTokenCount": 5, "InvocationLatency": 6000})
	publish(t, c, second, "app", map[string]float64{"InvocationThrottles": 4})
	publish(t, c, first, "somebody-elses", map[string]float64{"Invocations": 100})
	u, err := monitor.Everyone(t.Context(), c, query(now))
	if err != nil || len(u.Missing) != 0 || len(u.IDs) != 2 || len(u.Minutes) != 2 {
		t.Fatalf("%+v, %v", u, err)
	}
	got := u.Minutes[0]
	// The application profile has no estimate: 100 + 5 + 5 × 10 are reckoned.
	want := monitor.Minute{Start: first, Calls: 4, Throttles: 2, Input: 400, Output: 40, CacheRead: 70, CacheWrite: 45, Charged: 490 + 155}
	if !got.Start.Equal(want.Start) || got.Requests() != 6 {
		t.Errorf("%+v", got)
	}
	if got.Start = want.Start; got != want || !u.Computed || u.Latency != 3*time.Second { // (3 × 2 s + 1 × 6 s) / 4
		t.Errorf("%+v, computed %t, latency %v; want %+v", got, u.Computed, u.Latency, want)
	}
	if m := u.Minutes[1]; m.Throttles != 4 || m.Calls != 0 {
		t.Errorf("%+v", m)
	}
}

// deny refuses one operation.
func deny(operation string, next http.Handler) http.Handler {
	refused := refuse(1<<30, "AccessDeniedException", nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/"+operation) {
			refused.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	next := offline(t)
	now := time.Now()
	publish(t, client(t, next), now.Add(-5*time.Minute), "us.m", map[string]float64{"Invocations": 3})
	u, err := monitor.Everyone(t.Context(), client(t, deny("ListMetrics", next)), query(now))
	if err != nil || len(u.Minutes) != 1 || u.Minutes[0].Calls != 3 || len(u.Missing) != 1 || !strings.Contains(u.Missing[0], "cloudwatch:ListMetrics") {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := monitor.Everyone(t.Context(), client(t, deny("GetMetricData", next)), query(now)); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), "cloudwatch:GetMetricData") {
		t.Errorf("nothing can be read: %v", err)
	}
}
