package servicequotas

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/emulator/refusal"
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
	// Course is how increase requests go, and Courses those of quotas by code that
	// go otherwise. Both in real time.
	Course  Course
	Courses map[string]Course
	// Rates are how many calls a second operations take that do not have AWS's
	// rate; "*" is for all others.
	Rates map[string]float64
}

// Service is Service Quotas for any number of accounts and Regions. It is safe
// for concurrent use, and keeps nothing that would have to be closed.
type Service struct {
	config Config
	// load makes the rows when they are first asked for.
	load func() (*table, error)

	// next is when the next step of a request is due, in nanoseconds since 1970.
	next atomic.Int64

	// mu guards what follows. It is held for moments, and never across I/O.
	mu        sync.Mutex
	rates     map[meterKey]bucket
	changes   []*change      // all, in the order in which they were made
	undecided []*change      // of these, those that are not decided
	byHand    []*supportCase // cases without a request
	cases     int64          // how many have a number
	courses   map[string]Course
	perSecond map[string]float64
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

// Reset forgets what was asked for, and goes back to the courses and rates of New.
func (s *Service) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates = map[meterKey]bucket{}
	s.changes, s.undecided, s.byHand, s.cases = nil, nil, nil, 0
	s.courses, s.perSecond = s.config.Courses, s.config.Rates
	s.next.Store(never)
}

// SetCourses replaces the courses of quotas by code, for open requests too. The
// map must not change any more.
func (s *Service) SetCourses(courses map[string]Course) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.advanceLocked(now) // what is due already goes its former way
	s.courses = courses
	s.advanceLocked(now)
}

// courseLocked is how a request for a code goes.
func (s *Service) courseLocked(code string) Course {
	if c, ok := s.courses[code]; ok {
		return c
	}
	return s.config.Course
}

// SigningName is the service for which requests are signed.
const SigningName = "servicequotas"

const target = "ServiceQuotasV20190624."

// Claims reports whether a request is for Service Quotas by its target.
func Claims(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("X-Amz-Target"), target) }

// Serve answers a request whose body has been read, unless permit has an error
// for its operation, a *refusal.Error. That may take its time.
func (s *Service) Serve(w http.ResponseWriter, r *http.Request, body []byte, from Caller, permit func(operation string) error) {
	w.Header().Set(RateHeader, s.told(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)))
	answer, err := s.answer(r, body, from, permit)
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		Refuse(w, refused)
		return
	}
	if err != nil {
		problemOf(err).write(w)
		return
	}
	send(w, http.StatusOK, answer)
}

func (s *Service) answer(r *http.Request, body []byte, from Caller, permit func(operation string) error) (any, error) {
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
	do, ok := find(name)
	if !ok || r.Method != http.MethodPost {
		return nil, refuse("UnknownOperationException", "The requested operation is not recognized by the service.")
	}
	if err := permit(name); err != nil {
		return nil, err
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, refuse("SerializationException", "The request body is not what the operation takes.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	s.advanceLocked(now)
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
	QuotaRequestedAtLevel  string
	DesiredValue           *float64
	SupportCaseAllowed     *bool
	RequestID              string `json:"RequestId"`
	Status                 status
}

// Has reports whether there is an operation of that name.
func Has(operation string) bool {
	_, ok := find(operation)
	return ok
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
	case "RequestServiceQuotaIncrease":
		return (*call).requestIncrease, true
	case "GetRequestedServiceQuotaChange":
		return (*call).getChange, true
	case "ListRequestedServiceQuotaChangeHistory":
		return (*call).listHistory, true
	case "ListRequestedServiceQuotaChangeHistoryByQuota":
		return (*call).listHistoryByQuota, true
	}
	return nil, false
}
