package cloudwatch

import "time"

// maxListed is how many metrics one answer of ListMetrics has.
const maxListed = 500

// listMetrics answers ListMetrics.
func (s *scope) listMetrics(r reader, now time.Time) (object, error) {
	namespace, name := r.text("Namespace"), r.text("MetricName")
	var filters []dimension
	for _, item := range r.items("Dimensions", 10) {
		filters = append(filters, dimension{item.need("Name"), item.text("Value")})
	}
	active := r.text("RecentlyActive")
	if active != "" && active != "PT3H" {
		r.fail(constraint(active, "recentlyActive", "satisfy enum value set: [PT3H]"))
	}
	skip := readToken(r, "metrics")
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	since := s.store.slot(now) - recently
	all := s.store.list(func(x *series) bool {
		return (namespace == "" || namespace == x.metric.namespace) && (name == "" || name == x.metric.name) &&
			(active == "" || x.slots[len(x.slots)-1].at >= since) && x.metric.has(filters)
	})
	s.mu.Unlock()
	part, next := page(all, "metrics", skip, maxListed)
	list := []any{}
	for _, m := range part {
		list = append(list, m.document())
	}
	return object{{"Metrics", list}}.text("NextToken", next), nil
}

// has reports whether the metric has every one of some dimensions; one without
// a value stands for any.
func (m metric) has(filters []dimension) bool {
filter:
	for _, f := range filters {
		for _, d := range m.dimensions {
			if d.name == f.name && (f.value == "" || d.value == f.value) {
				continue filter
			}
		}
		return false
	}
	return true
}
