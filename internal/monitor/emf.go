package monitor

import (
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/headgate/headgate/internal/alarm"
)

// EMF writes data as lines of CloudWatch's Embedded Metric Format, of which
// CloudWatch Logs makes metrics: one for each pool and minute. It is the Sink for
// where the standard output or a file is shipped there. It must not be used by two
// goroutines at once.
type EMF struct{ To io.Writer }

// mostSamples is how many values a metric of a line may have (Embedded metric
// format specification, "Root node target members").
const mostSamples = 100

type emfMetric struct {
	Name string `json:"Name"` //nolint:tagliatelle // as the format spells it
	Unit string `json:"Unit"` //nolint:tagliatelle // as the format spells it
}

type emfDirective struct {
	Namespace  string      `json:"Namespace"`  //nolint:tagliatelle // as the format spells it
	Dimensions [][]string  `json:"Dimensions"` //nolint:tagliatelle // as the format spells it
	Metrics    []emfMetric `json:"Metrics"`    //nolint:tagliatelle // as the format spells it
}

// Publish writes all of data, or what it could before an error. Values of a
// metric that were seen more than a hundred times in all are told by a hundred at
// equal distances of their order: percentiles stay, their number does not.
func (e EMF) Publish(_ context.Context, data []Datum) (taken int, err error) {
	for taken < len(data) {
		first := &data[taken]
		n := 1
		for taken+n < len(data) && slices.Equal(data[taken+n].Dimensions, first.Dimensions) && data[taken+n].At.Equal(first.At) {
			n++
		}
		line, err := emfLine(data[taken : taken+n])
		if err != nil {
			return taken, err
		}
		if _, err := e.To.Write(append(line, '\n')); err != nil {
			return taken, err
		}
		taken += n
	}
	return taken, nil
}

// emfLine is of data with the same dimensions and instant.
func emfLine(data []Datum) ([]byte, error) {
	directive := emfDirective{Namespace: alarm.OwnNamespace}
	line := map[string]any{}
	var names []string
	for _, d := range data[0].Dimensions {
		names = append(names, d.Name)
		line[d.Name] = d.Value
	}
	directive.Dimensions = [][]string{names}
	for i := range data {
		d := &data[i]
		directive.Metrics = append(directive.Metrics, emfMetric{d.Metric, d.Unit})
		if len(d.Values) > 0 {
			line[d.Metric] = samples(d)
			continue
		}
		line[d.Metric] = d.Value
	}
	line["_aws"] = map[string]any{"Timestamp": data[0].At.UnixMilli(), "CloudWatchMetrics": []emfDirective{directive}}
	return json.Marshal(line)
}

// samples are values, each as often as it was seen, or a hundred in their place.
func samples(d *Datum) []float64 {
	all := 0.0
	for _, n := range d.Counts {
		all += n
	}
	most := min(int(all), mostSamples)
	out := make([]float64, 0, most)
	i, seen := 0, d.Counts[0]
	for k := range most {
		for at := (float64(k) + 0.5) / float64(most) * all; at >= seen && i < len(d.Values)-1; {
			i++
			seen += d.Counts[i]
		}
		out = append(out, d.Values[i])
	}
	return out
}
