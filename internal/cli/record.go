package cli

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/client"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// records are what was called: as the data folder's ledger has it, or as a gateway
// tells it.
type records interface {
	calls(ctx context.Context, q ledger.Query) (console.Calls, error)
	call(ctx context.Context, id llm.CallID) (console.Call, error)
	explanation(ctx context.Context, id llm.CallID) (console.Explained, error)
	runs(ctx context.Context, q ledger.Query) (console.Runs, error)
	run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (console.WholeRun, error)
	costs(ctx context.Context, q ledger.CostQuery) (console.Costs, error)
	// timeScale is that of what was told last.
	timeScale() float64
}

// recordFlags say whose records a command reads.
type recordFlags struct {
	cmd *cobra.Command
	set *settings
	*server
}

func newRecords(cmd *cobra.Command) *recordFlags {
	set := newSettings(cmd, "data_dir")
	s := &server{set: set}
	cmd.Flags().StringVar(&s.flag, "server", "", "ask this running gateway and leave the data folder\nalone (default: "+serverVariable+")")
	cmd.Flags().StringVar(&s.token, "token", "", "its token, better given by "+tokenVariable)
	return &recordFlags{cmd: cmd, set: set, server: s}
}

// read opens the records, and closes them when use has returned. What is said by
// flags goes before what the environment says.
func (f *recordFlags) read(a *app, use func(context.Context, records) error) error {
	ctx, folder := f.cmd.Context(), f.cmd.Flags().Changed("data-dir")
	switch {
	case f.flag != "" && folder:
		return usageError("A gateway has its own data folder: leave one of them out.", "--server and --data-dir cannot both be given")
	case f.flag != "" || a.env(serverVariable) != "" && !folder:
		at, err := f.remote(a)
		if err != nil {
			return err
		}
		return advised(use(ctx, served{at.client()}))
	}
	cfg, _, err := f.set.load(a)
	if err != nil {
		return err
	}
	l, err := daemon.OpenLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	return use(ctx, kept{l, cfg.TimeScale})
}

// served are the records of a gateway.
type served struct{ client *client.Client }

func (g served) calls(ctx context.Context, q ledger.Query) (console.Calls, error) {
	return g.client.Calls(ctx, q)
}

func (g served) call(ctx context.Context, id llm.CallID) (console.Call, error) {
	return g.client.Call(ctx, id)
}

func (g served) explanation(ctx context.Context, id llm.CallID) (console.Explained, error) {
	return g.client.Explanation(ctx, id)
}

func (g served) runs(ctx context.Context, q ledger.Query) (console.Runs, error) {
	return g.client.Runs(ctx, q)
}

func (g served) run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (console.WholeRun, error) {
	return g.client.Run(ctx, tenant, id)
}

func (g served) costs(ctx context.Context, q ledger.CostQuery) (console.Costs, error) {
	return g.client.Costs(ctx, q, zoneName(q.Zone, q.Since))
}

func (g served) timeScale() float64 { return g.client.TimeScale() }

// kept are the records of a data folder.
type kept struct {
	ledger ledger.Reader
	scale  float64
}

func (k kept) calls(ctx context.Context, q ledger.Query) (console.Calls, error) {
	entries, next, err := k.ledger.Calls(ctx, q)
	return console.Calls{Calls: console.NewCalls(entries), Next: next}, err
}

func (k kept) call(ctx context.Context, id llm.CallID) (console.Call, error) {
	e, err := k.ledger.Call(ctx, id)
	return console.NewCall(e), err
}

func (k kept) explanation(ctx context.Context, id llm.CallID) (console.Explained, error) {
	e, explanation, err := ledger.Explain(ctx, k.ledger, id, k.scale)
	return console.Explained{Call: console.NewCall(e), Explanation: explanation}, err
}

func (k kept) runs(ctx context.Context, q ledger.Query) (console.Runs, error) {
	runs, next, err := k.ledger.Runs(ctx, q)
	return console.Runs{Runs: console.NewRuns(runs), Next: next}, err
}

func (k kept) run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (console.WholeRun, error) {
	run, entries, err := k.ledger.Run(ctx, tenant, id)
	return console.WholeRun{Run: console.NewRun(run), Calls: console.NewCalls(entries)}, err
}

func (k kept) costs(ctx context.Context, q ledger.CostQuery) (console.Costs, error) {
	costs, err := k.ledger.Costs(ctx, q)
	return console.NewCosts(q, costs, time.Now()), err
}

func (k kept) timeScale() float64 { return max(1, k.scale) }

// zoneName is by what name another machine knows a zone, which is that of the
// IANA's, or else its offset at an instant.
func zoneName(zone *time.Location, at time.Time) string {
	name := zone.String()
	if name == "Local" {
		// The variable TZ does not name it: the machine's own is a link, or a copy.
		if to, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
			name = filepath.ToSlash(to)
		}
	}
	if _, below, ok := strings.Cut(name, "/zoneinfo/"); ok {
		return below
	}
	if name == "" || name == "Local" || strings.HasPrefix(name, "/") {
		return at.In(zone).Format("Z07:00")
	}
	return name
}
