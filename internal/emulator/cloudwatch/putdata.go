package cloudwatch

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Bounds of PutMetricData.
const (
	maxMetrics = 1000 // of one request
	maxValues  = 150  // of one metric
)

// datum is what PutMetricData says of one metric at one instant.
type datum struct {
	metric         metric
	unit           string
	at             time.Time
	values, counts []float64
	set            *slot // of a summary; nil: there are values
}

// putMetricData answers PutMetricData: it takes all of a request or nothing.
func (s *scope) putMetricData(r reader, now time.Time) (object, error) {
	namespace := r.need("Namespace")
	if strings.HasPrefix(namespace, "AWS/") {
		r.fail(invalidValue("The value AWS/ for parameter Namespace is invalid."))
	}
	items := r.items("MetricData", maxMetrics)
	if len(items) == 0 {
		r.fail(missing("MetricData"))
	}
	var list []datum
	for _, item := range items {
		d := readDatum(item, now)
		d.metric.namespace = namespace
		list = append(list, d)
	}
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.store.slot(now)
	for i := range list {
		s.putLocked(&list[i], last)
	}
	return nil, nil //nolint:nilnil // the operation has no output
}

func (s *scope) putLocked(d *datum, now int64) {
	x, at := s.store.open(d.metric, d.unit), s.store.slot(d.at)
	if d.set != nil {
		s.store.grown(x.addSet(at, d.set.count, d.set.sum, d.set.min, d.set.max), now)
		return
	}
	for i, v := range d.values {
		weight := 1.0
		if i < len(d.counts) {
			weight = d.counts[i]
		}
		if weight > 0 {
			s.store.grown(x.add(at, v, weight), now)
		}
	}
}

// The ages that data may have.
const (
	oldest = 14 * 24 * time.Hour
	newest = 2 * time.Hour
)

func readDatum(r reader, now time.Time) datum {
	d := datum{metric: readMetric(r), unit: r.text("Unit"), at: r.instant("Timestamp")}
	d.metric.name = r.need("MetricName")
	if d.at.IsZero() {
		d.at = now
	}
	if age := now.Sub(d.at); age > oldest || age < -newest {
		r.fail(invalidValue("The parameter %sTimestamp must specify a time within the past two weeks and no more than two hours in the future.", r.path))
	}
	d.values = r.numbers("Values", maxValues)
	d.counts = r.numbers("Counts", maxValues)
	given := 0
	if v, ok := r.number("Value"); ok {
		d.values = []float64{v}
		given++
	}
	if r.has("Values") {
		given++
	}
	if set, ok := r.part("StatisticValues"); ok {
		d.set = readSet(set)
		given++
	}
	switch {
	case given == 0:
		r.fail(missing(r.path + "Value"))
	case given > 1:
		r.fail(invalidCombination("The parameters %sValue, Values and StatisticValues are mutually exclusive.", r.path))
	case len(d.counts) > 0 && len(d.counts) != len(d.values):
		r.fail(invalidValue("The parameters %sValues and %sCounts must have the same number of members.", r.path, r.path))
	case slices.ContainsFunc(d.values, unfit) || slices.ContainsFunc(d.counts, func(v float64) bool { return unfit(v) || v < 0 }):
		r.fail(invalidValue("A value of %s is not a number that metrics have.", r.path))
	}
	return d
}

func readSet(r reader) *slot {
	var x slot
	for _, p := range []struct {
		name string
		to   *float64
	}{{"SampleCount", &x.count}, {"Sum", &x.sum}, {"Minimum", &x.min}, {"Maximum", &x.max}} {
		v, ok := r.number(p.name)
		if !ok {
			r.fail(missing(r.path + p.name))
		}
		if unfit(v) {
			r.fail(invalidValue("The value of %s%s is not a number that metrics have.", r.path, p.name))
		}
		*p.to = v
	}
	if x.min > x.max || x.count <= 0 {
		r.fail(invalidValue("The values of %s contradict each other.", r.path))
	}
	return &x
}

// unfit reports whether a number is none that the service takes: it says from
// -2^360 to 2^360.
func unfit(v float64) bool { return math.IsNaN(v) || math.Abs(v) > math.Ldexp(1, 360) }
