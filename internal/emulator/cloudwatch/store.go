package cloudwatch

import (
	"math"
	"slices"
	"time"
)

const (
	retention = 14 * 24 * 60 // minutes that data is kept
	maxSeries = 2_000        // metrics of an account and Region
	maxSlots  = 1 << 20      // minutes with data of all of them
	// recently is how long ago a metric had data that ListMetrics takes for
	// active, in minutes.
	recently = 3 * 60
)

// store holds the metrics of one account and Region. It is guarded by its
// scope's lock.
type store struct {
	minute int64 // nanoseconds that a minute lasts
	series map[string]*series
	slots  int
}

func newStore(minute time.Duration) *store {
	return &store{minute: int64(minute), series: map[string]*series{}}
}

// slot is the minute that an instant is in, counted since 1970.
func (s *store) slot(t time.Time) int64 { return t.UnixNano() / s.minute }

// instant is when a minute begins.
func (s *store) instant(slot int64) time.Time {
	if slot > math.MaxInt64/s.minute {
		slot = math.MaxInt64 / s.minute
	}
	return time.Unix(0, slot*s.minute).UTC()
}

// find is the series of a metric, nil when it has no data. An empty unit is any.
func (s *store) find(m metric, unit string) *series {
	found := s.series[m.key()]
	if found == nil || unit != "" && unit != found.unit {
		return nil
	}
	return found
}

// open is the series of a metric, made if need be. When there are too many, the
// one that was without data for longest goes.
func (s *store) open(m metric, unit string) *series {
	key := m.key()
	if found := s.series[key]; found != nil {
		return found
	}
	if len(s.series) >= maxSeries {
		s.evict()
	}
	fresh := &series{metric: m, unit: unit}
	s.series[key] = fresh
	return fresh
}

func (s *store) evict() {
	var oldest string
	last := int64(math.MaxInt64)
	for key, x := range s.series {
		at := int64(0)
		if n := len(x.slots); n > 0 {
			at = x.slots[n-1].at
		}
		if at < last || at == last && key < oldest {
			oldest, last = key, at
		}
	}
	gone := s.series[oldest]
	gone.gone = true
	s.slots -= len(gone.slots)
	delete(s.series, oldest)
}

// add puts a value into a series, and sees to it that all stays within bounds.
func (s *store) add(x *series, at int64, value, weight float64) {
	s.grown(x.add(at, value, weight), at)
}

// grown counts new slots. Of too many, the older half of all time is forgotten.
func (s *store) grown(slots int, now int64) {
	s.slots += slots
	if s.slots <= maxSlots {
		return
	}
	for keep := int64(retention); s.slots > maxSlots/2 && keep > 0; keep /= 2 {
		s.forget(now - keep)
	}
}

// forget drops what is older than a minute, and metrics of which nothing is
// left.
func (s *store) forget(before int64) {
	for key, x := range s.series {
		s.slots -= x.forget(before)
		if len(x.slots) == 0 {
			x.gone = true
			delete(s.series, key)
		}
	}
}

// list are the metrics that fit a filter, in order.
func (s *store) list(fits func(*series) bool) []metric {
	var out []metric
	for _, x := range s.series {
		if fits(x) {
			out = append(out, x.metric)
		}
	}
	slices.SortFunc(out, metric.compare)
	return out
}
