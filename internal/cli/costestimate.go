package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/price"
)

// estimateRow is what so many runs a day cost along a path, in one mode. Money is
// in nano-USD, null when it is not known or the mode is not possible; Why says
// why then. Tokens are of a run; Input is what the cache has no part in.
type estimateRow struct {
	Model        llm.ModelID `json:"model"`
	Region       llm.Region  `json:"region"`
	Path         llm.Path    `json:"path"`
	Mode         price.Mode  `json:"mode"`
	RunsPerDay   int64       `json:"runs_per_day"`
	CallsPerDay  int64       `json:"calls_per_day"`
	PerRun       llm.Usage   `json:"usage_per_run"`
	PerDay       llm.Usage   `json:"usage_per_day"`
	Run          *int64      `json:"usd_nano_per_run"`
	Day          *int64      `json:"usd_nano_per_day"`
	Month        *int64      `json:"usd_nano_per_month"`
	SavedPerDay  *int64      `json:"saves_usd_nano_per_day"`
	Why          string      `json:"unknown_because"`
	PriceAsOf    string      `json:"price_as_of"`
	PriceSource  string      `json:"price_source"`
	PriceRegion  llm.Region  `json:"price_region"` // empty: the general price
	DaysPerMonth int64       `json:"days_per_month"`
}

// estimateReport is what json and yaml print; csv has the rows.
type estimateReport struct {
	Model       llm.ModelID   `json:"model"`
	Name        string        `json:"name"`
	Region      llm.Region    `json:"region"`
	CallsPerRun int64         `json:"calls_per_run"`
	Input       int64         `json:"input_tokens_per_run"`
	Output      int64         `json:"output_tokens_per_run"`
	CachedShare float64       `json:"cached_input_share"`
	Days        int64         `json:"days_per_month"`
	Rows        []estimateRow `json:"rows"`
	Warnings    []string      `json:"warnings"`
	Notes       []string      `json:"notes"`
}

// estimateFlags are those of cost estimate.
type estimateFlags struct {
	model, region                      string
	perDay, calls, input, output, days wholeNumbers
	cached                             float64
	paths, modes                       []string
	set                                *settings
}

// usualModel is the one that is asked about when none is named.
const usualModel = string(counsel.UsualModel)

func newCostEstimateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "estimate",
		Short: "What a workload will cost, by path",
		Long: "Says what runs of calls cost a run, a day and a month, along each path of a\n" +
			"model: call by call (standard), in batch jobs (batch), and with what all calls\n" +
			"of a run begin with in the prompt cache (cached): a run's first call writes\n" +
			"it, the others read it. Tokens are spread evenly over the calls. The prices\n" +
			"are the catalog's: `headgate model show` has them.\n\n" +
			"JSON has money in nano-USD (usd_nano_per_run, usd_nano_per_day,\n" +
			"usd_nano_per_month), null when it is not known; unknown_because says why.",
		Example: `headgate cost estimate
headgate cost estimate --model anthropic.claude-sonnet-4-6 --path geo
headgate cost estimate --input-per-run 60000 --cached-input-share 0.8
headgate cost estimate --per-day 100,10000 -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := &estimateFlags{
		set:    newSettings(cmd),
		perDay: wholeNumbers{values: []int64{100, 500, 2000, 10_000}, least: 1, most: 1_000_000_000, list: true},
		calls:  wholeNumbers{values: []int64{6}, least: 1, most: price.MostCalls},
		input:  wholeNumbers{values: []int64{2000}, most: price.MostTokens},
		output: wholeNumbers{values: []int64{1500}, most: price.MostTokens},
		days:   wholeNumbers{values: []int64{30}, least: 1, most: 366},
	}
	f := cmd.Flags()
	f.StringVar(&o.model, "model", "", "a model, or a profile, which names its path\n(default: Claude Haiku 4.5)")
	f.Var(&o.perDay, "per-day", "runs a day")
	f.Var(&o.calls, "calls-per-run", "calls of a run")
	f.Var(&o.input, "input-per-run", "input tokens of a run, cached ones included")
	f.Var(&o.output, "output-per-run", "output tokens of a run")
	f.Float64Var(&o.cached, "cached-input-share", 0, "the part of each call's input, from 0 to 1, that\nall calls of a run begin with")
	f.StringVar(&o.region, "region", "", "source Region\n(default: that of the configuration)")
	f.StringSliceVar(&o.paths, "path", nil, "only these paths: on-demand, geo, global, mantle")
	f.StringSliceVar(&o.modes, "mode", nil, "only these modes: standard, batch, cached\n(default: all; cached with a share of the input)")
	f.Var(&o.days, "days", "days of a month")
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	cmd.RunE = func(*cobra.Command, []string) error {
		r, err := a.estimate(o)
		if err != nil {
			return err
		}
		a.remark(r.Warnings, r.Notes)
		var v any = r
		if out.format.value == "csv" {
			v = r.Rows
		}
		return out.print(a, v, func(s *screen) { estimateTable(s, r) })
	}
	return cmd
}

// estimate works the flags out.
func (a *app) estimate(o *estimateFlags) (estimateReport, error) {
	r := estimateReport{CallsPerRun: o.calls.values[0], Input: o.input.values[0], Output: o.output.values[0], CachedShare: o.cached, Days: o.days.values[0]}
	share, err := price.ShareOf(o.cached)
	if err != nil {
		return r, usageError("for example --cached-input-share 0.8", "--cached-input-share %s", err)
	}
	if r.Input+r.Output == 0 {
		return r, usageError("for example --input-per-run 2000 --output-per-run 1500", "a run without input and output costs nothing")
	}
	modes, err := o.chosenModes()
	if err != nil {
		return r, err
	}
	p, err := a.purchase(o)
	if err != nil {
		return r, err
	}
	r.Model, r.Name, r.Region, r.Warnings = p.model.ID, p.model.Name, p.region, p.warnings
	w := price.Workload{Calls: r.CallsPerRun, Input: r.Input, Output: r.Output, Cached: share}
	r.Notes = p.notes(w)
	for _, runs := range o.perDay.values {
		for _, path := range p.paths {
			for _, mode := range modes {
				row, err := p.row(r, w, path, mode, runs)
				if err != nil {
					return r, err
				}
				r.Rows = append(r.Rows, row)
				if row.Why != "" && !slices.Contains(r.Warnings, row.Why) {
					r.Warnings = append(r.Warnings, row.Why)
				}
			}
		}
	}
	return r, nil
}

// chosenModes are those of the flags; without any, all, the cached one where
// there is something to cache.
func (o *estimateFlags) chosenModes() ([]price.Mode, error) {
	all := choice{allowed: []string{string(price.Standard), string(price.Batch), string(price.Cached)}}
	if len(o.modes) == 0 {
		if o.cached == 0 {
			return []price.Mode{price.Standard, price.Batch}, nil
		}
		return []price.Mode{price.Standard, price.Cached, price.Batch}, nil
	}
	var modes []price.Mode
	for _, word := range o.modes {
		if err := all.Set(word); err != nil {
			return nil, usageError("", "--mode %q %s", word, err)
		}
		if price.Mode(word) == price.Cached && o.cached == 0 {
			return nil, usageError("for example --cached-input-share 0.8", "--mode cached needs to know how much of the input is")
		}
		if !slices.Contains(modes, price.Mode(word)) {
			modes = append(modes, price.Mode(word))
		}
	}
	return modes, nil
}

// row is one row of the report r.
func (p *purchase) row(r estimateReport, w price.Workload, path llm.Path, mode price.Mode, runs int64) (estimateRow, error) {
	known, rates := p.rates(path)
	offer, err := price.Of(rates, known, p.model, w, mode)
	if err != nil {
		return estimateRow{}, err
	}
	row := estimateRow{
		Model: p.model.ID, Region: p.region, Path: path, Mode: mode, RunsPerDay: runs, CallsPerDay: runs * w.Calls,
		PerRun: offer.Usage, Run: offer.NanoUSD, Why: offer.Why, DaysPerMonth: r.Days,
		PriceAsOf: date(rates.AsOf), PriceSource: rates.Source, PriceRegion: rates.Region,
	}
	row.PerDay = llm.Usage{
		Input: runs * offer.Usage.Input, Output: runs * offer.Usage.Output,
		CacheRead: runs * offer.Usage.CacheRead, CacheWrite: runs * offer.Usage.CacheWrite,
	}
	if row.Day, err = price.Times(offer.NanoUSD, runs); err != nil {
		return row, err
	}
	if row.Month, err = price.Times(row.Day, r.Days); err != nil {
		return row, err
	}
	row.SavedPerDay, err = price.Times(offer.Saves, runs)
	return row, err
}
