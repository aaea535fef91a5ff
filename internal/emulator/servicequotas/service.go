package servicequotas

import (
	"encoding/json"
	"net/http"
	"strings"
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
}

// Service is Service Quotas for any number of accounts and Regions. It is safe
// for concurrent use, and keeps nothing that would have to be closed.
type Service struct {
	config Config
	// load makes the rows when they are first asked for.
	load func() (*table, error)

	// mu guards what follows. It is held for moments, and never across I/O.
	mu    sync.Mutex
	rates map[meterKey]bucket
}

// New makes a Service in which nothing was asked for.
func New(c Config) *Service {
	if c.Minute <= 0 {
		c.Minute = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{config: c, load: sync.OnceValues(loadTable)}
	s.Reset()
	return s
}

// Reset forgets what was asked for.
func (s *Service) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates = map[meterKey]bucket{}
}

// SigningName is the service for which requests are signed.
const SigningName = "servicequotas"

const target = "ServiceQuotasV20190624."

// Claims reports whether a request is for Service Quotas by its target.
func Claims(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("X-Amz-Target"), target) }

// Serve answers a request whose body has been read.
func (s *Service) Serve(w http.ResponseWriter, r *http.Request, body []byte, from Caller) {
	answer, err := s.answer(r, body, from)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	send(w, http.StatusOK, answer)
}

func (s *Service) answer(r *http.Request, body []byte, from Caller) (any, error) {
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
	do, ok := find(name)
	if !ok || r.Method != http.MethodPost {
		return nil, refuse("UnknownOperationException", "The requested operation is not recognized by the service.")
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, refuse("SerializationException", "The request body is not what the operation takes.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	if !s.takeLocked(meterKey{from.ID, from.Region, name}, now) {
		return nil, refuse("TooManyRequestsException", "Rate exceeded")
	}
	t, err := s.load()
	if err != nil {
		return nil, err
	}
	return do(&call{s, t, now, from, in})
}

// call is one request under way; the service's lock is held.
type call struct {
	*Service

	table *table
	now   time.Time
	from  Caller
	in    input
}

// input has the members of all operations.
type input struct {
	paging

	ServiceCode, QuotaCode string
	QuotaAppliedAtLevel    string
}

func find(name string) (func(*call) (any, error), bool) {
	switch name {
	case "ListServiceQuotas":
		return (*call).listApplied, true
	case "ListAWSDefaultServiceQuotas":
		return (*call).listDefaults, true
	case "GetServiceQuota":
		return (*call).getApplied, true
	case "GetAWSDefaultServiceQuota":
		return (*call).getDefault, true
	}
	return nil, false
}
