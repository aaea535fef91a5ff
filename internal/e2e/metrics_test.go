package e2e

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/awscloudwatch"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

// sum adds up a metric of the last hour.
func sum(t *testing.T, c *awscloudwatch.Client, namespace, metric string, of []alarm.Dimension) (total float64) {
	t.Helper()
	now := time.Now()
	got, err := c.Series(t.Context(), "", []monitor.Query{{Namespace: namespace, Metric: metric, Statistic: "Sum", Dimensions: of, Period: time.Minute}}, now.Add(-time.Hour), now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got[0].Points {
		total += p.Value
	}
	return total
}

// TestOthersAreToldFromHeadgate: what goes through the gateway is published as
// Bedrock counts it, so that the alarm on the use by others is silent however much
// that is, and rings when somebody goes past the gateway.
func TestOthersAreToldFromHeadgate(t *testing.T) {
	t.Parallel()
	const scale = 120 // ten minutes are five seconds
	s := setup(t, options{scale: scale, config: func(c *config.Config) { c.Metrics.CloudWatch = config.MetricsPut }})
	watch, err := awscloudwatch.NewStatic(awscloudwatch.Static{AccessKeyID: daemon.EmulatorKey, SecretAccessKey: daemon.EmulatorSecret, Region: region, EndpointURL: s.upstream})
	if err != nil {
		t.Fatal(err)
	}
	pool := llm.Pool{Region: region, Model: haiku, Path: llm.PathGeo}
	var name string
	for _, a := range alarm.Plan(alarm.Input{Region: region, Published: true, Others: 20, Targets: []alarm.Target{{Pool: pool, Profiles: []string{usHaiku}, TokensPerMinute: 100}}}) {
		if a.Minus != nil {
			name = a.Name
			if err := watch.Put(t.Context(), "", a.Setting()); err != nil {
				t.Fatal(err)
			}
		}
	}
	state := func() alarm.State {
		found, err := watch.Alarms(t.Context(), "", name)
		if err != nil || len(found) != 1 {
			t.Fatalf("%d alarms, %v", len(found), err)
		}
		return found[0].State
	}
	through, past := runtime(t, s.gateway), runtime(t, s.upstream)
	for begun := time.Now(); time.Since(begun) < 11*time.Minute/scale; {
		if _, err := through.Converse(t.Context(), question("hello"), outputTokens(20)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute / scale / 4) // the traffic lasts, whatever the machine's speed
	}
	if got := state(); got != alarm.StateOK {
		t.Errorf("the alarm on others is %s while all goes through Headgate", got)
	}
	deadline := time.Now().Add(patience)
	own, all := 0.0, 1.0
	for own != all && time.Now().Before(deadline) {
		own = sum(t, watch, alarm.OwnNamespace, "TokensCharged", alarm.PoolDimensions(pool))
		all = sum(t, watch, alarm.Namespace, "EstimatedTPMQuotaUsage", []alarm.Dimension{{Name: "ModelId", Value: usHaiku}})
		time.Sleep(time.Minute / scale / 4)
	}
	if own != all || own < 1000 {
		t.Errorf("published %v tokens, and Bedrock counted %v", own, all)
	}
	for state() != alarm.StateAlarm {
		if time.Now().After(deadline) {
			t.Fatal("the alarm on others never rang")
		}
		if _, err := past.Converse(t.Context(), question("hello"), outputTokens(20)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute / scale / 4)
	}
}
