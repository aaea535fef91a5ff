package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/agent"
)

func newSchemaBatchCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "batch DIR|LIST",
		Short: "Schemas of many databases, planned by the quota",
		Long: "Makes a schema of each folder in DIR, or of each that a LIST names: a text\n" +
			"file with a folder or a pattern in a line. All are measured at once. The plan\n" +
			"is told before the first call, and each schema is there at once as it is\n" +
			"without a model, marked as pending. Then the model is asked, for the schema\n" +
			"with the fewest calls first, so that one is done after the other.\n\n" +
			"When requests are scarce, steps are asked together, and up to four small\n" +
			"schemas in one call. One schema that fails stops no other.",
		Example: `headgate schema batch databases/
headgate schema batch databases/ --dry-run
headgate schema batch list.txt --out schemas/ --resume -o json`,
		Args: exactly("a folder or a list"),
	}
	out := newOutput(cmd)
	o := newSchemaFlags(cmd, "schemas")
	dry := cmd.Flags().Bool("dry-run", false, "print the plan alone; nothing is asked or written")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		dbs, err := agent.Databases(args[0])
		if err != nil {
			return err
		}
		opts, err := o.options(cmd.Context(), a, nil)
		if err != nil {
			return err
		}
		engines, err := o.servers.open(cmd.Context(), a, opts.Dialects)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, engines.Close()) }()
		opts.Engines = engines.List
		p := newProgress(a)
		defer p.end()
		opts.Progress = func(s agent.Progress) { batchProgress(p, s) }
		b := agent.Batch{Options: opts, Databases: dbs, Rate: o.judge.rate, Pack: o.judge.pack.value == packAuto, DryRun: *dry}
		b.Planned = func(plan *agent.Plan) { p.done(plan.String() + o.judge.faster()) }
		b.Ready = func(r *agent.Result) { p.done(resultLine(r)) }
		r, err := agent.GenerateAll(cmd.Context(), b)
		if err != nil {
			return err
		}
		p.end()
		if *dry {
			return out.print(a, r.Plan, func(s *screen) { planTurns(s, r.Plan) })
		}
		if err := out.print(a, r, func(s *screen) { batchTable(s, r) }); err != nil {
			return err
		}
		return failedSchemas(r)
	}
	return cmd
}

// faster says that a gateway's time is scaled, where it is.
func (o *judgeFlags) faster() string {
	if o.scale <= 1 {
		return ""
	}
	return faster(o.scale)
}

// batchProgress shows what goes on in the line that changes; what was done is told
// by schema.
func batchProgress(p *progress, s agent.Progress) {
	if s.Done {
		return
	}
	who := s.Schema
	if len(s.With) > 0 {
		who += " and " + strconv.Itoa(len(s.With)) + " more"
	}
	text := who + "  " + s.Step
	if s.Detail != "" {
		text += "  " + s.Detail
	}
	if s.Waited > 0 {
		text += fmt.Sprintf(", %d s", int(s.Waited.Seconds()))
	}
	p.now(text + " …")
}

// resultLine is one schema in a line.
func resultLine(r *agent.Result) string {
	if r.Error != "" {
		return r.Schema + ": failed: " + r.Error
	}
	return fmt.Sprintf("%s: %s, %s, %s, judged by %s", r.Schema, count(r.Tables, "table"), count(r.References, "reference"), calls(int64(r.Totals.Calls)), r.Judged)
}

func planTurns(s *screen, p *agent.Plan) {
	rows := make([][]string, len(p.Order))
	for i, t := range p.Order {
		rows[i] = []string{strconv.Itoa(i + 1), strconv.Itoa(t.Calls), strings.Join(t.Schemas, ", ")}
	}
	s.table([]column{{title: "Turn", right: true}, {title: "Calls", right: true}, {title: "Schemas"}}, rows)
}

func batchTable(s *screen, r *agent.BatchReport) {
	rows := make([][]string, len(r.Results))
	for i, one := range r.Results {
		judged := one.Judged
		if one.Error != "" {
			judged = "failed"
		}
		rows[i] = []string{
			one.Schema, strconv.Itoa(one.Tables), strconv.Itoa(one.References), strconv.Itoa(one.Suspected), strconv.Itoa(one.Totals.Calls),
			thousands(one.Totals.InputTokens), thousands(one.Totals.OutputTokens), judged, one.Folder,
		}
	}
	s.table([]column{
		{title: "Schema"},
		{title: "Tables", right: true},
		{title: "References", right: true},
		{title: "Suspected", right: true, spare: 3},
		{title: "Calls", right: true},
		{title: "Tokens in", right: true, spare: 2},
		{title: "Out", right: true, spare: 2},
		{title: "Judged by"},
		{title: "Folder", spare: 1},
	}, rows)
}

// failedSchemas is the error of a batch in which some failed.
func failedSchemas(r *agent.BatchReport) error {
	if r.Failed == 0 {
		return nil
	}
	var names []string
	for _, one := range r.Results {
		if one.Error != "" {
			names = append(names, one.Schema)
		}
	}
	return withHint(fault.New(fault.Internal, "%d of %s failed: %s", r.Failed, count(len(r.Results), "schema"), strings.Join(names, ", ")),
		"the same command with --resume goes on with them, and makes no call twice")
}
