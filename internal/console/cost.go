package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// CostsPath is where Costs are.
const CostsPath = "/api/v1/costs"

// Costs is what calls cost. Its lists are never nil.
type Costs struct {
	By    ledger.CostBy `json:"by"`
	Zone  string        `json:"zone"` // of the days
	Since *time.Time    `json:"since"`
	Until *time.Time    `json:"until"`
	Rows  []Cost        `json:"rows"`
	More  int           `json:"more_rows"`
	Total Cost          `json:"total"`
	// Warnings say what sums lack.
	Warnings []string `json:"warnings"`
	Notes    []string `json:"notes"`
}

// Cost is what calls cost together. Those of day, model, tenant and run that it is
// not summed by are empty.
type Cost struct {
	Day        string     `json:"day"`
	Model      string     `json:"model"`
	Tenant     llm.Tenant `json:"tenant"`
	Run        llm.RunID  `json:"run"`
	Calls      int64      `json:"calls"`
	Free       int64      `json:"free_calls"`
	Unpriced   int64      `json:"unpriced_calls"`
	Usage      llm.Usage  `json:"usage"`
	NanoUSD    *int64     `json:"usd_nano"` // nil: no part of it is known
	Complete   bool       `json:"complete"` // false: it cost more than that
	PricesFrom string     `json:"prices_from"`
	PricesTo   string     `json:"prices_to"`
}

func newCost(c ledger.Cost) Cost {
	out := Cost{
		Day: c.Day, Model: c.Model, Tenant: c.Tenant, Run: c.Run, Calls: c.Calls, Free: c.Free, Unpriced: c.Unpriced,
		Usage: c.Usage, NanoUSD: &c.NanoUSD, Complete: c.Unpriced == 0, PricesFrom: c.PricesFrom, PricesTo: c.PricesTo,
	}
	if c.Unpriced > 0 && c.Unpriced+c.Free == c.Calls {
		out.NanoUSD = nil
	}
	return out
}

// NewCosts words what the ledger summed up for a query, at an instant that tells
// the name of its zone.
func NewCosts(q ledger.CostQuery, costs ledger.Costs, now time.Time) Costs {
	zone, _ := now.In(q.Zone).Zone()
	r := Costs{By: q.By, Zone: zone, Rows: []Cost{}, More: costs.More, Total: newCost(costs.Total), Warnings: []string{}, Notes: []string{}}
	if !q.Since.IsZero() {
		r.Since = &q.Since
	}
	if !q.Until.IsZero() {
		r.Until = &q.Until
	}
	for _, c := range costs.Rows {
		r.Rows = append(r.Rows, newCost(c))
	}
	if n := costs.Total.Unpriced; n > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("what %s cost is not known, for want of a price or of their usage: sums with them are too low",
			counted(n, "call")))
	}
	if costs.More > 0 {
		r.Notes = append(r.Notes, counted(int64(costs.More), string(q.By))+" more, which the total has: --limit shows them")
	}
	return r
}

type costsInput struct {
	By     ledger.CostBy `query:"by" enum:"day,model,tenant,run" default:"day" doc:"What there is a row for."`
	Since  time.Time     `query:"since" doc:"Calls that arrived at this time (RFC 3339) or after it."`
	Until  time.Time     `query:"until" doc:"Calls that arrived before this time."`
	Tenant llm.Tenant    `query:"tenant" doc:"Only this tenant's."`
	Model  string        `query:"model" doc:"Only calls to this model."`
	Limit  int           `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many rows: the newest days, or what cost most."`
	Zone   string        `query:"zone" doc:"Where days begin: a name of the IANA, such as Europe/Berlin, or an offset, such as +02:00. Without it the gateway's own."`
}

type costsAnswer struct{ Body Costs }

// costs registers what there is about money.
func (c *Console) costs(api *API) {
	Register(api, Operation{
		ID: "sum-costs", Method: http.MethodGet, Path: CostsPath, Role: RoleRead, Tag: "costs", Summary: "What calls cost, by day, model, tenant or run",
	}, func(ctx context.Context, in *costsInput) (*costsAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		zone, err := zoneOf(in.Zone)
		if err != nil {
			return nil, err
		}
		q := ledger.CostQuery{By: in.By, Since: in.Since, Until: in.Until, Tenant: in.Tenant, Model: in.Model, Limit: in.Limit, Zone: zone}
		costs, err := l.Costs(ctx, q)
		if err != nil {
			return nil, err
		}
		return &costsAnswer{NewCosts(q, costs, time.Now())}, nil
	})
}

// zoneOf finds a zone by its name or its offset; the machine's own without one.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	if at, err := time.Parse("Z07:00", name); err == nil {
		return at.Location(), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, &Problem{Status: http.StatusBadRequest, Parameter: "zone", Detail: "This machine knows no such time zone. Name one of the IANA's, such as Europe/Berlin, or an offset, such as +02:00."}
	}
	return zone, nil
}

// counted writes how many there are of something.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes a number that is not negative with its thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
