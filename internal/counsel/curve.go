package counsel

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/quota"
)

// Curve is runs a minute over something that can be changed, to be drawn.
type Curve struct {
	// X is what is changed: requests_per_minute (the quota) or max_tokens.
	X string `json:"x"`
	// From and To are its width; Log says that it is drawn on logarithmic axes. Top is
	// the height, and Bottom is above 0 on logarithmic axes.
	From   float64 `json:"from"`
	To     float64 `json:"to"`
	Log    bool    `json:"log"`
	Bottom float64 `json:"bottom"`
	Top    float64 `json:"top"`
	// Formula is worked out, by rising X; Simulated was tried; neither is nil.
	Formula   []Point `json:"formula"`
	Simulated []Point `json:"simulated"`
	Marks     []Mark  `json:"marks"`

	flat, calls float64 // of requests: runs a minute from the knee on, and calls of a run
}

// Point is a value of X and the runs a minute there.
type Point struct {
	X             float64 `json:"x"`
	RunsPerMinute float64 `json:"runs_per_minute"`
}

// Mark is a value to be seen: of X where it is Vertical, else of runs a minute.
type Mark struct {
	Label    string  `json:"label"`
	At       float64 `json:"at"`
	Vertical bool    `json:"vertical"`
}

// chartPoints is about how many points of the curve are simulated, and linePoints
// how many the formula's line has.
const (
	chartPoints = 10
	linePoints  = 200
)

// Requests is what a quota of requests gives, by the formula; r is the matter's
// plan.
func (m *Matter) Requests(r PlanReport) Curve {
	w := m.Workload
	c := Curve{X: quota.RequestsPerMinute.String(), Simulated: []Point{}, calls: w.CallsPerRun, flat: math.Inf(1)}
	now, usual, limit := -1., 0., ""
	for _, b := range r.Bounds {
		if b.Limit != quota.RequestsPerMinute.String() && b.RunsPerMinute < c.flat {
			c.flat, limit = b.RunsPerMinute, b.Limit
		}
	}
	for _, l := range m.limits {
		if l.Kind == quota.RequestsPerMinute {
			now, usual = float64(l.Amount), float64(l.Default*max(l.Factor, 1))
		}
	}
	c.width(c.knee(), now, usual, w.RunsPerMinute*c.calls)
	line := append(c.places(linePoints), c.From, c.To)
	if k := c.knee(); !math.IsInf(k, 0) {
		line = append(line, k)
	}
	slices.Sort(line)
	for _, v := range line {
		c.Formula = append(c.Formula, Point{v, c.runs(v)})
	}
	top := c.runs(c.To)
	c.Top = max(1.3*top, 1.3*w.RunsPerMinute)
	if c.Log {
		c.Bottom, c.Top = c.runs(c.From), 4*max(top, w.RunsPerMinute)
	}
	c.mark(limit, now, usual, w.RunsPerMinute)
	return c
}

// width makes room for what is to be seen.
func (c *Curve) width(seen ...float64) {
	seen = slices.DeleteFunc(seen, func(v float64) bool { return v < 1 || math.IsInf(v, 0) })
	if len(seen) == 0 {
		seen = []float64{1}
	}
	least, most := slices.Min(seen), slices.Max(seen)
	c.To = 1.5 * most
	if c.Log = most > 25*least; c.Log {
		c.From, c.To = math.Max(least/3, 1), 2*most
	}
}

// knee is the requests a minute from which on more give nothing.
func (c *Curve) knee() float64 { return c.flat * c.calls }

// runs are the runs a minute that so many requests give.
func (c *Curve) runs(requests float64) float64 { return min(requests/c.calls, c.flat) }

// places are n values within the width of the curve.
func (c *Curve) places(n int) []float64 {
	var all []float64
	for i := range n {
		part := (float64(i) + 0.5) / float64(n)
		at := c.To * part
		if c.Log {
			at = c.From * math.Pow(c.To/c.From, part)
		}
		all = append(all, at)
	}
	return all
}

// mark marks the quotas and rates to be seen.
func (c *Curve) mark(limit string, now, usual, wanted float64) {
	rate := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	c.Marks = []Mark{}
	if !math.IsInf(c.flat, 0) && c.flat > 0 {
		c.Marks = append(c.Marks,
			Mark{Label: fmt.Sprintf("%s binds from here on: %s", limit, rate(c.flat)), At: c.flat},
			Mark{Label: "knee " + thousands(int64(math.Ceil(c.knee()-1e-9))), At: c.knee(), Vertical: true})
	}
	if now >= 0 {
		name := "quota now "
		if now == usual {
			name = "quota now, as AWS's default, "
		}
		c.Marks = append(c.Marks, Mark{Label: name + thousands(int64(now)), At: max(now, c.From), Vertical: true})
	}
	if usual > 0 && now != usual {
		c.Marks = append(c.Marks, Mark{Label: "AWS default " + thousands(int64(usual)), At: usual, Vertical: true})
	}
	if wanted > 0 {
		c.Marks = append(c.Marks, Mark{Label: "wanted " + rate(wanted), At: wanted})
	}
}

// Try has points of a curve of requests simulated: over all of its width, and at
// its knee and at the quota.
func (m *Matter) Try(ctx context.Context, c *Curve) error {
	t, err := m.newTrial()
	if err != nil {
		return err
	}
	at := c.places(chartPoints - 2)
	now := -1.
	for _, l := range m.limits {
		if l.Kind == quota.RequestsPerMinute {
			now = float64(l.Amount)
		}
	}
	for _, v := range []float64{c.knee(), now} {
		if v >= 1 && v <= c.To {
			at = append(at, v)
		}
	}
	var amounts []int64
	for _, v := range at {
		if n := int64(math.Round(v)); n >= 1 {
			amounts = append(amounts, n)
		}
	}
	slices.Sort(amounts)
	amounts = slices.Compact(amounts)
	questions := make([]question, len(amounts))
	for i, n := range amounts {
		limits := slices.DeleteFunc(slices.Clone(t.limits), func(l advisor.Limit) bool { return l.Kind == quota.RequestsPerMinute })
		questions[i] = question{limits: append(limits, advisor.Limit{Kind: quota.RequestsPerMinute, Amount: n})}
	}
	answers, err := t.ask(ctx, questions)
	if err != nil {
		return err
	}
	for i, n := range amounts {
		c.Simulated = append(c.Simulated, Point{float64(n), answers[i].rate})
	}
	return nil
}

// MaxTokens is what max_tokens of a call gives, by the formula: from the output that
// a call is known to have, to the most that the model takes. Its Formula is empty
// where no call asks for output.
func (m *Matter) MaxTokens() Curve {
	w := m.Workload
	each := math.Ceil(float64(w.OutputPerRun) / w.CallsPerRun)
	most := float64(m.model.MaxOutput)
	if most == 0 {
		most = 4 * max(each, float64(w.MaxTokens), 1024)
	}
	c := Curve{X: "max_tokens", From: max(each, 1), To: most, Log: true, Formula: []Point{}, Simulated: []Point{}, Marks: []Mark{}}
	if each < 1 || c.From >= c.To {
		return c
	}
	for _, v := range slices.Compact(append(append([]float64{c.From}, c.places(linePoints/4)...), c.To)) {
		w.MaxTokens = int64(math.Round(v))
		f, err := advisor.Plan(w, m.limits, m.rules())
		if err != nil {
			continue // beyond what a workload may be
		}
		c.Formula = append(c.Formula, Point{float64(w.MaxTokens), f.RunsPerMinute})
		c.Top = max(c.Top, 1.3*f.RunsPerMinute)
	}
	for _, p := range c.Formula {
		if c.Bottom == 0 || p.RunsPerMinute > 0 && p.RunsPerMinute < c.Bottom {
			c.Bottom = p.RunsPerMinute
		}
	}
	c.Marks = append(c.Marks, Mark{Label: "output of a call " + thousands(int64(each)), At: c.From, Vertical: true})
	now, name := float64(m.Workload.MaxTokens), "max_tokens now "
	if now == 0 {
		now, name = most, "max_tokens not set: the model's maximum "
	}
	c.Marks = append(c.Marks, Mark{Label: name + thousands(int64(now)), At: now, Vertical: true})
	if wanted := m.Workload.RunsPerMinute; wanted > 0 {
		c.Marks = append(c.Marks, Mark{Label: "wanted " + strconv.FormatFloat(wanted, 'f', 2, 64), At: wanted})
		c.Top = max(c.Top, 1.3*wanted)
	}
	return c
}
