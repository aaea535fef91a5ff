package cloudwatch

import (
	"sync"
	"time"
)

// limits are the rates of an account and Region. It is safe for concurrent use.
type limits struct {
	second time.Duration

	// mu guards the buckets.
	mu      sync.Mutex
	buckets map[string]bucket
}

// bucket is what is left of one operation's rate.
type bucket struct {
	left float64
	at   time.Time
}

func newLimits(second time.Duration) *limits {
	return &limits{second: max(second, 1), buckets: map[string]bucket{}}
}

// rate is how many calls a second an operation takes: docs.aws.amazon.com,
// AmazonCloudWatch, cloudwatch_limits. How many may come at once is not
// documented; here it is those of a second.
func rate(operation string) float64 {
	switch operation {
	case "GetMetricData":
		return 50
	case "ListMetrics":
		return 25
	case "GetMetricStatistics":
		return 400
	case "PutMetricData":
		return 500
	case "DescribeAlarms":
		return 9
	case "PutMetricAlarm", "DeleteAlarms", "SetAlarmState":
		return 3
	}
	return 20
}

// take reports whether one more call fits. A nil limits has room for all.
func (l *limits) take(operation string, now time.Time) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	most := rate(operation)
	b, known := l.buckets[operation]
	if !known {
		b = bucket{most, now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(most, b.left+float64(passed)/float64(l.second)*most)
		b.at = now
	}
	ok := b.left >= 1
	if ok {
		b.left--
	}
	l.buckets[operation] = b
	return ok
}
