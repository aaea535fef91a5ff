package cloudwatch

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// statistic is what is made of the values in a period.
type statistic struct {
	name       string
	percentile float64 // of one by that; else below zero
}

// statisticNames are those that are no percentiles, as they are listed.
func statisticNames() []string {
	return []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
}

// parseStatistic reads a name such as "Sum" or "p99.9".
func parseStatistic(name string) (statistic, bool) {
	if slices.Contains(statisticNames(), name) {
		return statistic{name, -1}, true
	}
	digits, ok := strings.CutPrefix(name, "p")
	if !ok || digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return statistic{}, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	return statistic{name, p}, err == nil && p >= 0 && p <= 100
}

// of computes the statistic over slots, of which there is at least one.
func (s statistic) of(slots []slot) float64 {
	all := slots[0]
	for _, x := range slots[1:] {
		all.count += x.count
		all.sum += x.sum
		all.min, all.max = min(all.min, x.min), max(all.max, x.max)
	}
	switch s.name {
	case "SampleCount":
		return all.count
	case "Average":
		return all.sum / all.count
	case "Sum":
		return all.sum
	case "Minimum":
		return all.min
	case "Maximum":
		return all.max
	}
	return s.rank(slots, all)
}

// rank is the least value that the percentile's part of all values is not above.
func (s statistic) rank(slots []slot, all slot) float64 {
	var values []weighted
	for _, x := range slots {
		if x.spread == nil {
			values = append(values, weighted{x.min, x.count})
			continue
		}
		values = append(append(values, x.spread.sorted...), x.spread.recent...)
	}
	values = coalesce(values)
	want, seen := s.percentile/100*all.count, 0.0
	for _, v := range values {
		seen += v.weight
		if seen >= want*(1-1e-12) {
			return math.Min(math.Max(v.value, all.min), all.max)
		}
	}
	return all.max
}
