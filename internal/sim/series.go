package sim

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Series is what happened in each step of time: a minute.
type Series struct {
	// Step is the length of a step.
	Step time.Duration `json:"step_ns"`
	// Limits are the amounts that each limit grants in one step.
	Limits []SeriesLimit `json:"limits"`
	// Requests were admitted in the step; Held and Settled are their tokens.
	Requests []int64 `json:"requests"`
	Held     []int64 `json:"held"`
	Settled  []int64 `json:"settled"`
	// Throttled attempts in the step.
	Throttled []int64 `json:"throttled"`
	// Wait is the mean wait of the calls admitted in the step, in seconds, for
	// each class by name; zero when there was none.
	Wait map[string][]float64 `json:"wait_s"`
	// InProgress and Finished runs at the end of the step.
	InProgress []int64 `json:"runs_in_progress"`
	Finished   []int64 `json:"runs_finished"`

	waits  [llm.Classes][]float64
	counts [llm.Classes][]int64
}

// SeriesLimit is a limit in a series' units.
type SeriesLimit struct {
	Kind    string  `json:"kind"`
	PerStep float64 `json:"per_step"`
}

func newSeries(sc *Scenario) *Series {
	s := &Series{Step: time.Minute}
	for _, l := range sc.Limits {
		kind, _ := kindOf(l.Kind)
		s.Limits = append(s.Limits, SeriesLimit{kind.String(), l.granted() * float64(s.Step) / float64(kind.Window())})
	}
	return s
}

// at makes room for the step of an instant. What lasts goes on from step to step.
func (s *Series) at(now int64) int {
	i := int(now / int64(s.Step))
	for len(s.Requests) <= i {
		s.Requests = append(s.Requests, 0)
		s.Held, s.Settled, s.Throttled = append(s.Held, 0), append(s.Settled, 0), append(s.Throttled, 0)
		s.InProgress, s.Finished = append(s.InProgress, last(s.InProgress)), append(s.Finished, last(s.Finished))
		for k := range s.waits {
			s.waits[k], s.counts[k] = append(s.waits[k], 0), append(s.counts[k], 0)
		}
	}
	return i
}

func last(list []int64) int64 {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1]
}

func (s *Series) admitted(now, hold, charge int64, class llm.Class, wait time.Duration) {
	i := s.at(now)
	s.Requests[i]++
	s.Held[i] += hold
	s.Settled[i] += charge
	s.waits[class][i] += wait.Seconds()
	s.counts[class][i]++
}

func (s *Series) throttled(now int64) { s.Throttled[s.at(now)]++ }

func (s *Series) runs(now, inProgress, finished int64) {
	i := s.at(now)
	s.InProgress[i], s.Finished[i] = inProgress, finished
}

// close turns sums into means, for the classes that had calls.
func (s *Series) close() {
	s.Wait = map[string][]float64{}
	for k := range s.waits {
		var calls int64
		for i, n := range s.counts[k] {
			calls += n
			if n > 0 {
				s.waits[k][i] /= float64(n)
			}
		}
		if calls > 0 {
			s.Wait[llm.Class(k).String()] = s.waits[k]
		}
	}
}

// Of is the part of the step's amount that was admitted, for a kind of limit: of
// requests, or of tokens by settlement.
func (s *Series) Of(kind string) []int64 {
	if kind == quota.RequestsPerMinute.String() {
		return s.Requests
	}
	return s.Settled
}
