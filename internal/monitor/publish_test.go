package monitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

var pool = llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "m.one-v1:0", Path: llm.PathGeo}

// sink keeps what it is given, as long as err says nothing else.
type sink struct {
	mu   sync.Mutex
	err  error
	data []monitor.Datum
}

func (s *sink) Publish(_ context.Context, data []monitor.Datum) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	s.data = append(s.data, data...)
	return len(data), nil
}

func (s *sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// sum is of a metric over all that came.
func (s *sink) sum(metric string) (total float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.data {
		if d.Metric == metric {
			total += d.Value
		}
	}
	return total
}

// run runs a publisher until the test is over.
func run(t *testing.T, p *monitor.Publisher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func call(at time.Time, waited time.Duration) monitor.Call {
	return monitor.Call{Pool: pool, Ended: at, Waited: waited, Attempts: 2, Throttled: 1, Charged: 500}
}

func TestMinutesArePublishedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &sink{}
		p := monitor.NewPublisher(monitor.PublisherOptions{Sink: to, Waiting: func() map[llm.Pool]int {
			return map[llm.Pool]int{{Region: "us-east-1", Model: "m.one-v1:0", Path: llm.PathGeo}: 7}
		}})
		stop := run(t, p)
		defer stop()
		begin := time.Now().Truncate(time.Minute)
		for i := range 100 {
			c := call(time.Now(), time.Duration(i)*time.Second)
			c.Failed = i == 0
			p.Record(c)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		for metric, want := range map[string]float64{"Calls": 100, "Failures": 1, "Requests": 200, "Throttles": 100, "TokensCharged": 50_000, "Waiting": 21} {
			if got := to.sum(metric); got != want {
				t.Errorf("%s = %v, want %v", metric, got, want)
			}
		}
		first := to.data[0]
		want := []alarm.Dimension{{Name: "Model", Value: "m.one-v1:0"}, {Name: "Path", Value: "geo"}, {Name: "Region", Value: "us-east-1"}}
		if d := cmp.Diff(want, first.Dimensions); d != "" || !first.At.Equal(begin) {
			t.Errorf("%+v: %s", first, d)
		}
		for _, d := range to.data {
			if d.Metric == "Wait" {
				checkWait(t, d)
			}
		}
	})
}

// checkWait: of waits of 0 to 99 seconds half are below 50 s.
func checkWait(t *testing.T, d monitor.Datum) {
	t.Helper()
	below, all := 0.0, 0.0
	for i, v := range d.Values {
		all += d.Counts[i]
		if v < 50_000 {
			below += d.Counts[i]
		}
	}
	if all != 100 || below < 44 || below > 56 || len(d.Values) > 150 {
		t.Errorf("%v of %v waits are below 50 s: %v %v", below, all, d.Values, d.Counts)
	}
	if last := d.Values[len(d.Values)-1]; math.Abs(last-99_000) > 0.06*99_000 {
		t.Errorf("the longest wait is %v ms, want 99 s", last)
	}
}

// What cannot be published is tried again; what nobody ever takes is counted.
func TestNothingIsLostSilently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &sink{err: fault.New(fault.Throttled, "slow down")}
		p := monitor.NewPublisher(monitor.PublisherOptions{Sink: to})
		stop := run(t, p)
		defer stop()
		p.Record(call(time.Now(), 0))
		time.Sleep(5 * time.Minute)
		p.Record(call(time.Now(), 0))
		to.fail(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := to.sum("Calls"); got != 2 || p.Dropped() != 0 {
			t.Fatalf("%v calls after it came back, %d dropped", got, p.Dropped())
		}
		// One that is refused for good does not stop what follows.
		to.fail(fault.New(fault.Invalid, "no such thing"))
		p.Record(call(time.Now(), 0))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		to.fail(nil)
		p.Record(call(time.Now(), 0))
		stop() // the last minute has not ended
		if got := to.sum("Calls"); got != 3 || p.Dropped() != 1 {
			t.Errorf("%v calls, %d dropped; want 3 and 1", got, p.Dropped())
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &sink{err: errors.New("away")}
		p := monitor.NewPublisher(monitor.PublisherOptions{Sink: to})
		const calls = 12_000
		for i := range calls {
			c := call(time.Now(), 0)
			c.Pool.Model = llm.ModelID(fmt.Sprint("m", i))
			p.Record(c)
		}
		if p.Dropped() != 2_000 {
			t.Errorf("%d dropped at once", p.Dropped())
		}
		stop := run(t, p)
		time.Sleep(2 * time.Minute)
		stop()
		if p.Dropped() != calls {
			t.Errorf("%d dropped in all, want each of %d", p.Dropped(), calls)
		}
	})
}

func TestEMF(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_040_000)
	of := alarm.PoolDimensions(pool)
	data := []monitor.Datum{
		{Metric: "Calls", Dimensions: of, At: at, Unit: "Count", Value: 3},
		{Metric: "Wait", Dimensions: of, At: at, Unit: "Milliseconds", Values: []float64{1, 20}, Counts: []float64{2, 1}},
		{Metric: "Wait", Dimensions: of, At: at.Add(time.Minute), Unit: "Milliseconds", Values: []float64{1, 20}, Counts: []float64{980, 20}},
	}
	var out bytes.Buffer
	if taken, err := (monitor.EMF{To: &out}).Publish(t.Context(), data); taken != 3 || err != nil {
		t.Fatal(taken, err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := `{"Calls":3,"Model":"m.one-v1:0","Path":"geo","Region":"us-east-1","Wait":[1,1,20],"_aws":{"CloudWatchMetrics":[{"Namespace":"Headgate",` +
		`"Dimensions":[["Model","Path","Region"]],"Metrics":[{"Name":"Calls","Unit":"Count"},{"Name":"Wait","Unit":"Milliseconds"}]}],"Timestamp":1700000040000}}`
	if len(lines) != 2 || lines[0] != want {
		t.Fatalf("%d lines: %s", len(lines), lines[0])
	}
	var many struct{ Wait []float64 }
	if err := json.Unmarshal([]byte(lines[1]), &many); err != nil {
		t.Fatal(err)
	}
	if n := len(many.Wait); n != 100 || many.Wait[97] != 1 || many.Wait[98] != 20 {
		t.Errorf("%d values: %v", n, many.Wait)
	}
}
