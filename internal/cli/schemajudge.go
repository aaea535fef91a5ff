package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/client"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/schema/agent"
)

// judgeFlags say which model is asked about schemas, and where.
type judgeFlags struct {
	cmd           *cobra.Command
	set           *settings
	server        *server
	model         string
	offline, must bool
	requests      int64
	pack          choice
	scale         float64 // the gateway's
	rate          agent.Rate
	catalog       *catalog.Catalog
	region        llm.Region
}

// What --pack takes.
const (
	packAuto  = "auto"
	packNever = "never"
)

func newJudgeFlags(cmd *cobra.Command) *judgeFlags {
	o := &judgeFlags{cmd: cmd, set: newSettings(cmd), pack: choice{value: packAuto, allowed: []string{packAuto, packNever}}}
	o.server = newServer(cmd, o.set)
	f := cmd.Flags()
	f.StringVar(&o.model, "model", "", "the model that is asked\n(default: Claude Haiku 4.5)")
	f.BoolVar(&o.offline, "offline", false, "ask no model")
	f.BoolVar(&o.must, "require-model", false, "fail, with exit code 6, when no gateway answers")
	f.Int64Var(&o.requests, "requests-per-minute", 0, "how many calls the model may be sent a minute\n(default: what the gateway says)")
	addChoice(cmd, &o.pack, "pack", "", "ask for steps, and for small schemas, together when\nrequests are scarce: auto or never")
	return o
}

// prepare has the options ask the model through the running gateway. Where none
// answers, and none is required, it says so and leaves them as they are.
func (o *judgeFlags) prepare(ctx context.Context, a *app, opts *agent.Options) error {
	o.rate.Requests = o.requests
	switch {
	case o.requests < 0:
		return usageError("for example --requests-per-minute 2", "--requests-per-minute must be at least 1")
	case o.offline && o.must:
		return usageError("leave one of them out", "--offline asks no model, and --require-model wants one")
	case o.offline:
		return nil
	}
	cfg, _, err := o.set.load(a)
	if err != nil {
		return err
	}
	if o.catalog, err = loadCatalog(cfg); err != nil {
		return err
	}
	o.region = cmp.Or(cfg.Upstream.Region, llm.Region(a.region()))
	id := o.model
	if id == "" {
		id = cmp.Or(o.catalog.ProfileFor(counsel.UsualModel, o.region), usualModel)
	}
	target, err := o.catalog.Resolve(id, o.region)
	if err != nil {
		return withHint(err, "`headgate model list` shows the models that there are")
	}
	at, err := o.server.remote(a)
	if err != nil {
		return err
	}
	live, err := readQuotas(ctx, at, console.Filter{Model: target.Model, Path: target.Path})
	if err != nil {
		return o.alone(a, err)
	}
	o.scale = live.TimeScale
	o.rate = daemon.SchemaRate(live.Quotas, o.requests)
	base := at.base
	if o.server.flag == "" && a.env(serverVariable) == "" {
		base = "http://" + local(cfg.Listen) // the API may have an address of its own
	}
	caller, err := daemon.NewSchemaCaller(base, o.region, llm.ModelID(id))
	if err != nil {
		return err
	}
	opts.Caller, opts.Model, opts.Cost = caller, id, daemon.SchemaCost(o.catalog, o.region)
	return nil
}

// alone says that there is no gateway, and what then; an error where that must not
// be.
func (o *judgeFlags) alone(a *app, err error) error {
	named := o.server.flag != "" || a.env(serverVariable) != ""
	absent := errors.Is(err, client.ErrAbsent)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case o.must:
		return err
	case !absent && named:
		return err
	}
	printWarning(a, withHint(errors.New(fault.Message(err)+": no model is asked"),
		"start a gateway with `headgate serve`, or `headgate up` to try it out; --offline says that none is wanted, and --require-model that one must be"))
	return nil
}

// together reports whether steps share calls: when fewer go in a minute than a
// schema may take.
func (o *judgeFlags) together() bool {
	return o.pack.value == packAuto && daemon.SchemaTogether(o.rate)
}

// resumable tells how to go on after calls that failed.
func resumable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Exhausted, fault.Upstream, fault.Timeout, fault.Denied:
		return withHint(err, "answers are kept: the same command with --resume goes on; --offline makes the schema without a model")
	default:
		return err
	}
}
