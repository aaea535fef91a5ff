package console

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/llm"
)

// OverviewPath is where the Overview is.
const OverviewPath = "/api/v1/overview"

// Overview is how things are now, and since the day began. Its lists are never
// nil, and what is too long to be told is cut.
type Overview struct {
	Time      time.Time `json:"time"`
	Started   time.Time `json:"started"`
	Version   string    `json:"version"`
	TimeScale float64   `json:"time_scale"`
	// Account and Region are those that AWS is asked for, and AsOf is when it last
	// answered; empty and null where it is not asked.
	Account llm.AccountID `json:"account"`
	Region  llm.Region    `json:"region"`
	AsOf    *time.Time    `json:"quotas_as_of"`
	// Today is when the day began that is summed up: midnight where the gateway is.
	Today time.Time `json:"today_since"`
	// Limits have those first that bind, and MoreLimits are how many others there are.
	Limits     []LimitNow    `json:"limits"`
	MoreLimits int           `json:"more_limits"`
	Activity   []ActivityNow `json:"activity"`
	UnderWay   int           `json:"runs_under_way"`
	// Runs are those that began last.
	Runs      []RunNow     `json:"runs"`
	Throttles ThrottlesNow `json:"throttles"`
	Calls     CallsNow     `json:"calls"`
	Spend     SpendNow     `json:"spend"`
	Ledger    LedgerNow    `json:"ledger"`
	Next      NextAction   `json:"next_action"`
}

// LimitNow is one limit.
type LimitNow struct {
	Pool         llm.Pool   `json:"pool"`
	Limit        string     `json:"limit"`
	Code         string     `json:"code"`
	Used         *int64     `json:"used"`
	Effective    int64      `json:"effective"`
	Applied      int64      `json:"applied"`
	UsedShare    *float64   `json:"used_share"`
	Waiting      int        `json:"waiting"`
	Status       Status     `json:"status"`
	Window       float64    `json:"window_seconds"`
	BlockedUntil *time.Time `json:"blocked_until"`
	// EmptyIn is in how many nominal seconds all of it is used at the pace of the
	// history; null when it is not going to be.
	EmptyIn *float64 `json:"empty_in_seconds"`
	// History are the shares that were used, oldest first, Step nominal seconds apart
	// and at most 60.
	History []float64 `json:"history"`
	Step    float64   `json:"history_step_seconds"`
}

// ActivityNow is the calls of one pool and class that are under way.
type ActivityNow struct {
	Pool    llm.Pool `json:"pool"`
	Class   string   `json:"class"`
	Waiting int      `json:"waiting"`
	Running int      `json:"running"`
	Held    int64    `json:"held_quota_tokens"`
}

// RunNow is a run that is under way.
type RunNow struct {
	ID     llm.RunID  `json:"id"`
	Tenant llm.Tenant `json:"tenant"`
	Calls  int        `json:"calls"`
	Begun  time.Time  `json:"begun"`
	Queued int64      `json:"queued_ms"`
}

// ThrottlesNow counts refusals by AWS. Avoided are calls that waited for a limit
// and met none.
type ThrottlesNow struct {
	Avoided    int64 `json:"avoided_today"`
	Suffered   int64 `json:"suffered_today"`
	LastMinute int64 `json:"last_minute"`
}

// CallsNow counts calls that have ended. The minute and the five minutes, of which
// the percentiles are, are nominal; null without a call that was sent.
type CallsNow struct {
	Today      int64  `json:"today"`
	OK         int64  `json:"ok_today"`
	Refused    int64  `json:"refused_today"`
	Failed     int64  `json:"failed_today"`
	LastMinute int64  `json:"last_minute"`
	P50Queued  *int64 `json:"p50_queued_ms"`
	P95Queued  *int64 `json:"p95_queued_ms"`
}

// SpendNow is what calls cost; null when no part of it is known. The hour is
// nominal.
type SpendNow struct {
	Today    *int64 `json:"today_nano_usd"`
	Unpriced int64  `json:"unpriced_calls_today"`
	LastHour int64  `json:"last_hour_nano_usd"`
}

// LedgerNow is how the ledger is. Failure is empty when it is well.
type LedgerNow struct {
	Recorded uint64 `json:"recorded"`
	Written  uint64 `json:"written"`
	Dropped  uint64 `json:"dropped"`
	Pending  int    `json:"pending"`
	Failure  string `json:"failure"`
}

const (
	// mostRows and mostRuns bound what an overview tells.
	mostRows = 200
	mostRuns = 20
	// fresh is for how long an overview is told again: readers share it.
	fresh = 400 * time.Millisecond
)

type overviewAnswer struct{ Body Overview }

// overview registers the overview.
func (c *Console) overview(api *API) {
	Register(api, Operation{
		ID: "get-overview", Method: http.MethodGet, Path: OverviewPath, Role: RoleRead, Tag: "overview",
		Summary:     "How things are now, and since the day began",
		Description: "Days begin at midnight where the gateway is (today_since). " + LivePath + " sends it every second.",
	}, func(context.Context, *struct{}) (*overviewAnswer, error) {
		return &overviewAnswer{c.latest.get(c)}, nil
	})
}

// latest is the last overview, which is told for as long as it is fresh.
type latest struct {
	mu    sync.Mutex // guards what follows; one reader works, the others wait for it
	at    time.Time
	value Overview
}

func (l *latest) get(c *Console) Overview {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.at.IsZero() || now.Sub(l.at) >= fresh {
		l.at, l.value = now, c.Overview(now)
	}
	return l.value
}

// Overview is how things are at an instant.
func (c *Console) Overview(now time.Time) Overview {
	out := Overview{
		Time: now.UTC(), Started: c.opts.Started.UTC(), Version: c.opts.Version, TimeScale: c.opts.TimeScale,
		Limits: []LimitNow{}, Activity: []ActivityNow{}, Runs: []RunNow{},
	}
	if c.opts.Discovery != nil {
		snap := c.opts.Discovery.Latest()
		out.Account, out.Region, out.AsOf = snap.Account, cmp.Or(snap.Region, c.opts.Discovery.Region()), instant(snap.At)
	}
	rows, _ := c.gather(now, Filter{})
	for i := range rows {
		c.listed(&rows[i])
		rows[i].Status = Judge(&rows[i])
	}
	slices.SortStableFunc(rows, urgency)
	out.MoreLimits = max(0, len(rows)-mostRows)
	for i := range rows[:min(len(rows), mostRows)] {
		out.Limits = append(out.Limits, c.limitNow(&rows[i]))
	}
	c.underWay(&out)
	counts := c.opts.Live.Counts(now)
	out.count(counts)
	if c.opts.LedgerStats != nil {
		out.Ledger = LedgerNow(c.opts.LedgerStats())
	}
	out.Next = next(&situation{
		now: now, Overview: &out, limits: rows, unset: counts.UnsetLastHour, sent: counts.SentLastHour,
		stale: c.opts.Stale, asked: c.opts.Discovery != nil, endpoint: c.opts.Endpoint,
	})
	return out
}

// urgency puts what binds first, then what is fullest.
func urgency(a, b Quota) int {
	return cmp.Or(
		cmp.Compare(rank(a.Status), rank(b.Status)), cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(share(&b), share(&a)),
		llm.ComparePools(a.Pool, b.Pool), cmp.Compare(a.Limit, b.Limit),
	)
}

func rank(s Status) int {
	switch s {
	case StatusBinding:
		return 0
	case StatusZero:
		return 1
	case StatusTight:
		return 2
	case StatusLearned:
		return 3
	default:
		return 4
	}
}

func share(q *Quota) float64 {
	if q.UsedShare == nil {
		return 0
	}
	return *q.UsedShare
}

func (c *Console) limitNow(q *Quota) LimitNow {
	out := LimitNow{
		Pool: q.Pool, Limit: q.Limit, Code: q.Code, Used: q.Used, Effective: q.Effective, Applied: q.Applied, UsedShare: q.UsedShare, Waiting: q.Waiting,
		Status: q.Status, Window: q.Window, BlockedUntil: q.BlockedUntil, History: []float64{},
	}
	used, apart := c.opts.Live.Used(q.Pool, q.kind)
	out.Step = c.nominal(apart)
	out.EmptyIn = emptyIn(used, out.Step, q.Effective)
	for _, n := range used {
		if q.Effective > 0 {
			out.History = append(out.History, math.Round(1e4*float64(n)/float64(q.Effective))/1e4)
		}
	}
	return out
}

// leastPace is how many samples a pace is told of.
const leastPace = 5

// emptyIn is in how many seconds all of an amount is used, when it goes on as it
// did over the samples, which are so many seconds apart; nil when it does not.
func emptyIn(used []int64, apart float64, amount int64) *float64 {
	if len(used) < leastPace || amount <= 0 {
		return nil
	}
	last := used[len(used)-1]
	pace := float64(last-used[0]) / (float64(len(used)-1) * apart)
	if pace <= 0 {
		return nil
	}
	left := math.Round(10*max(0, float64(amount-last))/pace) / 10
	return &left
}

// underWay fills in what is under way.
func (c *Console) underWay(out *Overview) {
	if c.opts.Activity != nil {
		for _, a := range c.opts.Activity() {
			out.Activity = append(out.Activity, ActivityNow{Pool: a.Pool, Class: a.Class.String(), Waiting: a.Waiting, Running: a.Running, Held: a.Held})
		}
	}
	slices.SortFunc(out.Activity, func(a, b ActivityNow) int {
		return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), llm.ComparePools(a.Pool, b.Pool), cmp.Compare(a.Class, b.Class))
	})
	out.Activity = out.Activity[:min(len(out.Activity), mostRows)]
	if c.opts.Runs == nil {
		return
	}
	count, runs := c.opts.Runs(mostRuns)
	out.UnderWay = count
	for _, r := range runs {
		out.Runs = append(out.Runs, RunNow{ID: r.ID, Tenant: r.Tenant, Calls: r.Calls, Begun: r.Begun.UTC(), Queued: r.Queued.Milliseconds()})
	}
}

// count fills in what was counted.
func (o *Overview) count(n live.Counts) {
	o.Today = n.Midnight.UTC()
	o.Throttles = ThrottlesNow{Avoided: n.Today.Avoided, Suffered: n.Today.Throttles, LastMinute: n.ThrottlesLastMinute}
	o.Calls = CallsNow{
		Today: n.Today.Calls, OK: n.Today.OK, Refused: n.Today.Refused, Failed: n.Today.Failed, LastMinute: n.CallsLastMinute,
		P50Queued: milliseconds(n.P50Queued), P95Queued: milliseconds(n.P95Queued),
	}
	o.Spend = SpendNow{Unpriced: n.Today.Unpriced, LastHour: n.NanoUSDLastHour}
	if n.Today.Unpriced == 0 || n.Today.Unpriced+n.Today.Free < n.Today.Calls {
		o.Spend.Today = &n.Today.NanoUSD
	}
}

// milliseconds of a duration; nil for a negative one.
func milliseconds(d time.Duration) *int64 {
	if d < 0 {
		return nil
	}
	ms := d.Milliseconds()
	return &ms
}
