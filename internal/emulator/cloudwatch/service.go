package cloudwatch

import (
	"sync"
	"time"
)

// Config is what a Service is made of.
type Config struct {
	// Minute is how long a nominal minute lasts in real time. 0 means a minute.
	Minute time.Duration
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// NoRateLimits answers however often it is asked. Else there are those that
	// AWS documents, for nominal seconds.
	NoRateLimits bool
	// OlderCacheNames records CacheReadInputTokens and CacheWriteInputTokens, as
	// older pages of the documentation have them, in place of
	// CacheReadInputTokenCount and CacheWriteInputTokenCount.
	OlderCacheNames bool
}

// Service is CloudWatch for any number of accounts and Regions. It is safe for
// concurrent use, and keeps nothing that would have to be closed.
type Service struct {
	config Config

	// mu guards the map.
	mu     sync.Mutex
	scopes map[Owner]*scope
}

// Owner is whose metrics and alarms they are.
type Owner struct{ Account, Region string }

// scope is what one owner has.
type scope struct {
	owner   Owner
	limits  *limits
	traffic *Traffic

	// mu guards what follows. It is held for moments, and never across I/O.
	mu     sync.Mutex
	store  *store // the pointer never changes
	alarms map[string]*alarm
}

// New makes a Service without metrics.
func New(c Config) *Service {
	if c.Minute <= 0 {
		c.Minute = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{config: c, scopes: map[Owner]*scope{}}
}

// Reset forgets all metrics and alarms.
func (s *Service) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = map[Owner]*scope{}
}

// Traffic is where the calls of an owner are recorded. After a Reset there is
// another one.
func (s *Service) Traffic(o Owner) *Traffic { return s.scope(o).traffic }

func (s *Service) scope(o Owner) *scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.scopes[o]
	if found == nil {
		found = &scope{owner: o, store: newStore(s.config.Minute), alarms: map[string]*alarm{}}
		if !s.config.NoRateLimits {
			found.limits = newLimits(s.config.Minute / 60)
		}
		found.traffic = &Traffic{scope: found, older: s.config.OlderCacheNames, feeds: map[string]*feed{}}
		s.scopes[o] = found
	}
	return found
}

// operation answers one operation; the object is the output of the service
// model, nil when it has none.
type operation func(*scope, reader, time.Time) (object, error)

func find(name string) (operation, bool) {
	switch name {
	case "GetMetricData":
		return (*scope).getMetricData, true
	case "GetMetricStatistics":
		return (*scope).getMetricStatistics, true
	case "PutMetricData":
		return (*scope).putMetricData, true
	case "ListMetrics":
		return (*scope).listMetrics, true
	case "PutMetricAlarm":
		return (*scope).putMetricAlarm, true
	case "DescribeAlarms":
		return (*scope).describeAlarms, true
	case "DeleteAlarms":
		return (*scope).deleteAlarms, true
	case "SetAlarmState":
		return (*scope).setAlarmState, true
	case "ListTagsForResource":
		return (*scope).listTags, true
	case "TagResource":
		return (*scope).tagResource, true
	case "UntagResource":
		return (*scope).untagResource, true
	}
	return nil, false
}
