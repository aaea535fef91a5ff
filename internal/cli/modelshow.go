package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// modelReport is all that the catalog knows of one model.
type modelReport struct {
	modelRow
	Profiles []profileRow `json:"profiles"`
	Quotas   []quotaRow   `json:"quotas"`
	Prices   []priceRow   `json:"prices"`
}

type profileRow struct {
	ID      string       `json:"id"`
	Geo     string       `json:"geo"`
	Sources []llm.Region `json:"sources"`
}

// quotaRow is one quota with AWS's default; what an account really has is
// often less.
type quotaRow struct {
	Path       llm.Path           `json:"path"`
	Kind       catalog.QuotaKind  `json:"kind"`
	Code       string             `json:"code"`
	Name       string             `json:"name"`
	Default    *int64             `json:"default"`
	Adjustable catalog.Adjustable `json:"adjustable"`
	Source     string             `json:"source"`
	AsOf       string             `json:"as_of"`
}

// priceRow is what tokens cost on one path, in nano-USD per token.
type priceRow struct {
	Path         llm.Path `json:"path"`
	Input        int64    `json:"input_nano_usd"`
	Output       int64    `json:"output_nano_usd"`
	CacheRead    int64    `json:"cache_read_nano_usd"`
	CacheWrite5m int64    `json:"cache_write_5m_nano_usd"`
	CacheWrite1h int64    `json:"cache_write_1h_nano_usd"`
	Source       string   `json:"source"`
	AsOf         string   `json:"as_of"`
}

func newModelShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show MODEL",
		Short: "One model with its profiles, quotas and prices",
		Example: `headgate model show anthropic.claude-haiku-4-5-20251001-v1:0
headgate model show us.amazon.nova-lite-v1:0 -o json`,
		Args:              exactly("MODEL"),
		ValidArgsFunction: completeModel(a),
	}
	out := newOutput(cmd)
	set := newSettings(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		c, err := set.catalog(a)
		if err != nil {
			return err
		}
		t, err := c.Resolve(args[0], set.region(a))
		if err != nil {
			return err
		}
		report := newModelReport(c, c.Assume(t.Model))
		return out.print(a, report, func(s *screen) {
			if !t.Known {
				a.warn(args[0] + " is not in the catalog; what is shown is assumed")
			}
			report.write(s)
		})
	}
	return cmd
}

func newModelReport(c *catalog.Catalog, m catalog.Model) modelReport {
	r := modelReport{modelRow: newModelRow(m), Profiles: []profileRow{}, Quotas: []quotaRow{}, Prices: []priceRow{}}
	for _, p := range c.Profiles() {
		if p.Model == m.ID {
			r.Profiles = append(r.Profiles, profileRow{ID: p.ID, Geo: p.Geo, Sources: append([]llm.Region{}, p.Sources...)})
		}
	}
	for _, path := range m.Paths {
		r.Quotas = append(r.Quotas, quotaRows(c, m.ID, path)...)
		if p, ok := c.Price(m.ID, path); ok {
			r.Prices = append(r.Prices, priceRow{
				Path: path, Input: p.Input, Output: p.Output, CacheRead: p.CacheRead,
				CacheWrite5m: p.CacheWrite5m, CacheWrite1h: p.CacheWrite1h, Source: p.Source, AsOf: date(p.AsOf),
			})
		}
	}
	return r
}

// quotaRows are the quotas that calls of a model draw on along one path; never
// nil.
func quotaRows(c *catalog.Catalog, model llm.ModelID, path llm.Path) []quotaRow {
	rows := []quotaRow{}
	for _, q := range c.Quotas(model, path) {
		row := quotaRow{
			Path: path, Kind: q.Kind, Code: q.Code, Name: q.Name,
			Adjustable: q.Adjustable, Source: q.Source, AsOf: date(q.AsOf),
		}
		if q.Known {
			limit := q.Limit()
			row.Default = &limit
		}
		rows = append(rows, row)
	}
	return rows
}

func (r modelReport) write(s *screen) {
	s.fields(
		[2]string{"model", string(r.ID)},
		[2]string{"name", r.Name},
		[2]string{"provider", dash(r.Provider)},
		[2]string{"paths", words(r.Paths)},
		[2]string{"burndown", assumed(fmt.Sprintf("%d×", r.Burndown), r.BurndownAssumed) + " (quota tokens that an output token settles as)"},
		[2]string{"max output", assumed(known(r.MaxOutput), r.MaxOutputAssumed) + " tokens, reserved when max_tokens is not set"},
		[2]string{"context", known(r.Context) + " tokens"},
		[2]string{"end of life", dash(r.EndOfLife)},
		[2]string{"source", dash(r.Source) + " " + r.AsOf},
	)
	if len(r.Profiles) > 0 {
		s.line("")
		rows := make([][]string, 0, len(r.Profiles))
		for _, p := range r.Profiles {
			rows = append(rows, []string{p.ID, p.Geo, callers(p.Sources)})
		}
		s.table([]column{{title: "Profile"}, {title: "Geography", spare: 1}, {title: "Called from", spare: 2}}, rows)
	}
	writeQuotas(s, r.Quotas)
	r.writePrices(s)
}

// callers names the Regions that a profile is called from, or how many there
// are when they would fill the line.
func callers(regions []llm.Region) string {
	const most = 4
	if len(regions) > most {
		return count(len(regions), "Region")
	}
	return words(regions)
}

// writeQuotas writes AWS's defaults, which an account may be far below.
func writeQuotas(s *screen, quotas []quotaRow) {
	if len(quotas) == 0 {
		return
	}
	s.line("")
	rows := make([][]string, 0, len(quotas))
	for _, q := range quotas {
		amount := "-"
		if q.Default != nil {
			amount = thousands(*q.Default)
		}
		rows = append(rows, []string{string(q.Path), string(q.Kind), dash(q.Code), amount, string(q.Adjustable), q.AsOf})
	}
	s.table([]column{
		{title: "Path"},
		{title: "Quota"},
		{title: "Code"},
		{title: "AWS default", right: true},
		{title: "Adjustable", spare: 1},
		{title: "As of", spare: 2},
	}, rows)
}

func (r modelReport) writePrices(s *screen) {
	if len(r.Prices) == 0 {
		return
	}
	s.line("")
	rows := make([][]string, 0, len(r.Prices))
	for _, p := range r.Prices {
		row := []string{string(p.Path)}
		for _, nano := range []int64{p.Input, p.Output, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h} {
			row = append(row, perMillion(nano))
		}
		rows = append(rows, append(row, p.AsOf))
	}
	s.table([]column{
		{title: "Per 1M tokens"},
		{title: "Input", right: true},
		{title: "Output", right: true},
		{title: "Cache read", right: true},
		{title: "Write 5m", right: true},
		{title: "Write 1h", right: true},
		{title: "As of", spare: 1},
	}, rows)
}

// perMillion writes nano-USD per token as USD per million tokens; a dash when
// it is not known.
func perMillion(nano int64) string {
	if nano == 0 {
		return "-"
	}
	return fmt.Sprintf("$%d.%03d", nano/1000, nano%1000)
}
