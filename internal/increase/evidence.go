package increase

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/llm"
)

// Evidence is why an account should have more of a quota.
type Evidence struct {
	Account llm.AccountID
	Region  llm.Region
	Quota   account.Quota
	Value   float64 // what is asked for
	// Siblings are the other quotas of the same pool.
	Siblings []account.Quota
	// Needs are the values that are asked for of siblings, by code; nil for none.
	Needs map[string]float64
	Use   Use
	// Stated is the workload that somebody says is coming; nil when nobody did.
	Stated   *advisor.Workload
	Burndown int64 // of the model; below 1 is 1
	// UseCase is what the application does; empty when it was not said.
	UseCase string
	At      time.Time
}

// Siblings finds the other quotas of the pool that a quota is of, by code.
func Siblings(snap account.Snapshot, q account.Quota) []account.Quota {
	var out []account.Quota
	if q.Pool.Model == "" || q.Limit == "" {
		return nil
	}
	for _, o := range snap.Quotas {
		if o.Pool == q.Pool && o.Limit != "" && o.Code != q.Code && o.Variant == q.Variant {
			out = append(out, o)
		}
	}
	return out
}

// Gives is what a quota allows, before an increase and after it.
type Gives struct {
	// Per is the time that the calls are counted in: minute or day.
	Per    string  `json:"per"`
	Before float64 `json:"calls_before"`
	After  float64 `json:"calls_after"`
	// Binds is the limit that allows the fewest calls after the increase.
	Binds string `json:"binds"`
	// From is where the size of a call is from: measured, stated, or empty where
	// a call counts as one whatever its size.
	From string `json:"size_of_calls_from,omitempty"`
}

// size is what a call takes of each kind of limit.
type size struct {
	tokens, input, output float64
	from                  string
}

func (e *Evidence) size() size {
	switch {
	case e.Use.Measured():
		return size{e.Use.PerCall, e.Use.Input.Mean, e.Use.Output.Mean, "measured"}
	case e.Stated != nil && e.Stated.CallsPerRun > 0:
		n := float64(e.Stated.CallsPerRun)
		in, out := float64(e.Stated.InputPerRun)/n, float64(e.Stated.OutputPerRun)/n
		return size{in + float64(max(e.Burndown, 1))*out, in, out, "stated"}
	}
	return size{}
}

// of is what a call takes of a limit; 0 when it is not known.
func (s size) of(limit string) float64 {
	switch {
	case strings.HasPrefix(limit, "requests"):
		return 1
	case strings.HasPrefix(limit, "input"):
		return s.input
	case strings.HasPrefix(limit, "output"):
		return s.output
	case limit != "":
		return s.tokens
	}
	return 0
}

// Gives works out how many calls the quota allows with all of its pool's others,
// now and with the values asked for; nil where the size of a call is not known.
func (e *Evidence) Gives() *Gives {
	s := e.size()
	has, known := e.Quota.Value()
	each := s.of(e.Quota.Limit)
	if each == 0 || !known {
		return nil
	}
	per := func(limit string) string { return limit[strings.LastIndexByte(limit, '_')+1:] }
	g := Gives{Per: per(e.Quota.Limit), Before: has / each, After: e.Value / each, Binds: e.Quota.Limit, From: s.from}
	for _, o := range e.Siblings {
		each := s.of(o.Limit)
		v, told := o.Value()
		if each == 0 || !told || per(o.Limit) != g.Per {
			continue
		}
		g.Before = min(g.Before, v/each)
		if then := max(v, e.Needs[o.Code]) / each; then < g.After {
			g.After, g.Binds = then, o.Limit
		}
	}
	if g.Per != "minute" && g.Per != "day" {
		return nil
	}
	return &g
}

// peak is the most of the quota that was used in its window, and the middle of it;
// false when it was not measured.
func (e *Evidence) peak() (most, middle float64, ok bool) {
	u := e.Use
	if !u.Measured() {
		return 0, 0, false
	}
	switch {
	case strings.HasPrefix(e.Quota.Limit, "requests"):
		return u.Requests.Peak, u.Requests.Median, true
	case strings.HasSuffix(e.Quota.Limit, "tokens_per_day"):
		return float64(u.BusiestDay), float64(u.BusiestDay), true
	case e.Quota.Limit == "tokens_per_minute":
		return u.Tokens.Peak, u.Tokens.Median, true
	}
	return 0, 0, false
}
