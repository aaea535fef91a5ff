package cloudwatch

import (
	"cmp"
	"slices"
	"strings"
)

// dimension is a name and a value that tell metrics of one name apart.
type dimension struct{ name, value string }

// metric is what a series of data is of. Its dimensions are in order of name.
type metric struct {
	namespace, name string
	dimensions      []dimension
}

// key tells metrics apart.
func (m metric) key() string {
	var b strings.Builder
	b.WriteString(m.namespace)
	b.WriteByte(0)
	b.WriteString(m.name)
	for _, d := range m.dimensions {
		b.WriteByte(0)
		b.WriteString(d.name)
		b.WriteByte(0)
		b.WriteString(d.value)
	}
	return b.String()
}

// compare orders metrics for listings.
func (m metric) compare(o metric) int { return cmp.Compare(m.key(), o.key()) }

func (m metric) document() object {
	return object{{"Namespace", m.namespace}, {"MetricName", m.name}, {"Dimensions", dimensionList(m.dimensions)}}
}

func dimensionList(dimensions []dimension) []any {
	list := []any{}
	for _, d := range dimensions {
		list = append(list, object{{"Name", d.name}, {"Value", d.value}})
	}
	return list
}

// Bounds of the service model.
const (
	maxDimensions = 30
	maxName       = 255
	maxValue      = 1024
)

// readMetric reads a metric's namespace, name and dimensions; which of the
// first two must be there is the caller's to say.
func readMetric(r reader) metric {
	m := metric{namespace: r.text("Namespace"), name: r.text("MetricName"), dimensions: readDimensions(r)}
	for name, v := range map[string]string{"Namespace": m.namespace, "MetricName": m.name} {
		if len(v) > maxName {
			r.fail(constraint(v, r.path+name, "have length less than or equal to 255"))
		}
	}
	return m
}

func readDimensions(r reader) []dimension {
	var list []dimension
	for _, item := range r.items("Dimensions", maxDimensions) {
		d := dimension{item.need("Name"), item.need("Value")}
		if len(d.name) > maxName || len(d.value) > maxValue {
			r.fail(invalidValue("A name or value of %sDimensions is too long.", r.path))
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y dimension) int { return cmp.Compare(x.name, y.name) })
	for i := 1; i < len(list); i++ {
		if list[i].name == list[i-1].name {
			r.fail(invalidValue("The dimension %s is named more than once.", list[i].name))
		}
	}
	return list
}
