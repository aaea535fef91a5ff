package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/sim"
)

// records are the calls that are to be replayed, none when the workload makes
// them. The scenario learns what is known of their model.
func (a *app) records(ctx context.Context, o *simulation, s *sim.Scenario) ([]sim.Record, error) {
	models, err := catalog.Default()
	if err != nil {
		return nil, err
	}
	var records []sim.Record
	switch {
	case o.trace != "":
		records, err = readTrace(o.trace, models)
	case o.ago != "":
		records, err = a.fromLedger(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	if o.replays() && len(s.Limits) == 0 {
		return nil, usageError("Add --requests-per-minute, --tokens-per-minute or a --file with limits.", "there is no limit to simulate the calls under")
	}
	name := o.model
	if named := sim.Models(records); name == "" && len(named) > 0 {
		name = named[0]
	}
	if name == "" {
		return records, nil
	}
	t, err := models.Resolve(name, "")
	if err != nil {
		return nil, err
	}
	m, known := models.Model(t.Model)
	if !known && o.model != "" {
		return nil, usageError("The models are those of `headgate model list`.", "--model: %q is not in the catalog", o.model)
	}
	if known && s.Burndown == 0 {
		s.Burndown = m.BurndownOn(t.Path)
	}
	return records, nil
}

func readTrace(name string, models *catalog.Catalog) ([]sim.Record, error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	defer f.Close()
	records, err := sim.ParseRecords(f, func(id string) bool {
		t, err := models.Resolve(id, "")
		return err == nil && t.Known
	})
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	return records, nil
}

// fromLedger turns what the ledger knows into calls to be made again: those
// that were answered. What it does not record is how many bytes they had, and
// max_tokens is what their hold exceeds their input by.
func (a *app) fromLedger(ctx context.Context, o *simulation) ([]sim.Record, error) {
	var records []sim.Record
	since, err := a.answered(ctx, o.set, o.ago, o.model, func(e ledger.Entry, since time.Time, scale float64) {
		records = append(records, recordOf(e, since, scale))
	})
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, noAnswers(since)
	}
	if names := sim.Models(records); len(names) > 1 {
		return nil, usageError("Choose one with --model.", "the ledger has calls to %d models, and limits are of one: %s", len(names), strings.Join(names, ", "))
	}
	slices.Reverse(records)
	return records, nil
}

func noAnswers(since time.Time) error {
	return fault.New(fault.NotFound, "the ledger has no answered calls since %s", instant(since))
}

// answered hands over the ledger's answered calls since ago, newest first, with
// the scale of its time, and says how many others there are. The model may be
// empty.
func (a *app) answered(ctx context.Context, set *settings, ago, model string, use func(e ledger.Entry, since time.Time, scale float64)) (time.Time, error) {
	since, err := parseInstant(ago, time.Now())
	if err != nil {
		return since, usageError("", "--from-ledger: %v", err)
	}
	skipped := 0
	err = withLedger(ctx, a, set, func(ctx context.Context, cfg config.Config, l ledger.Reader) error {
		var err error
		skipped, err = daemon.Answered(ctx, l, since, model, func(e ledger.Entry) { use(e, since, max(cfg.TimeScale, 1)) })
		return err
	})
	if err == nil && skipped > 0 {
		fmt.Fprintf(a.err, "headgate: %s without an answer left out\n", count(skipped, "call"))
	}
	return since, err
}

// recordOf is a ledger entry as a call to be made again, in nominal time.
func recordOf(e ledger.Entry, since time.Time, scale float64) sim.Record {
	nominal := func(d time.Duration) float64 { return d.Seconds() * scale }
	u := e.Usage
	return sim.Record{
		At: nominal(e.Time.Sub(since)), Run: string(e.Run), Tenant: string(e.Tenant), Class: e.Class.String(), Model: string(e.Pool.Model),
		Input: u.Input + u.CacheWrite, Bytes: 4 * (u.Input + u.CacheRead + u.CacheWrite), Output: u.Output,
		MaxTokens: max(u.Output, e.Hold-u.Input-u.CacheWrite, 1), Takes: max(0, nominal(e.Latency-e.Queued)),
	}
}

// withLedger opens the ledger of the configuration for reading, and closes it
// when use has returned.
func withLedger(ctx context.Context, a *app, set *settings, use func(context.Context, config.Config, ledger.Reader) error) error {
	cfg, _, err := set.load(a)
	if err != nil {
		return err
	}
	l, err := daemon.OpenLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	return use(ctx, cfg, l)
}
