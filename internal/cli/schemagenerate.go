package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// schemaFlags say how schemas are made.
type schemaFlags struct {
	describe, name, out      string
	dialects                 []string
	resume, noRows, scripted bool
	servers                  *schemaServers
	judge                    *judgeFlags
}

func newSchemaFlags(cmd *cobra.Command, out string) *schemaFlags {
	o := &schemaFlags{servers: newSchemaServers(cmd), judge: newJudgeFlags(cmd)}
	f := cmd.Flags()
	f.StringVar(&o.describe, "describe", "", "what the data is about, in your own words")
	f.StringVar(&o.out, "out", out, "folder that everything is left in")
	f.StringSliceVar(&o.dialects, "dialect", nil, "postgres, mysql, sqlite (default: all)")
	f.BoolVar(&o.resume, "resume", false, "go on with the run in the folder: no call is made\ntwice")
	f.BoolVar(&o.noRows, "no-rows", false, "leave out load/, a copy of all rows as CSV")
	f.BoolVar(&o.scripted, "accept-scripted", false, "merge answers of an emulator's script, for tests")
	return o
}

// options are the flags as the agent takes them, with the model that is asked.
func (o *schemaFlags) options(ctx context.Context, a *app, inputs []string) (agent.Options, error) {
	out := agent.Options{
		Inputs: inputs, Stdin: a.in, Describe: o.describe, Name: o.name, Out: filepath.Clean(o.out), Resume: o.resume, NoRows: o.noRows,
		AcceptScripted: o.scripted, Version: buildInfo().Version,
	}
	for _, d := range o.dialects {
		if !slices.Contains(ddl.Dialects(), ddl.Dialect(d)) {
			return out, usageError("for example --dialect postgres,sqlite", "--dialect must be postgres, mysql or sqlite, not %q", d)
		}
		out.Dialects = append(out.Dialects, ddl.Dialect(d))
	}
	if len(out.Dialects) == 0 {
		out.Dialects = ddl.Dialects()
	}
	return out, o.judge.prepare(ctx, a, &out)
}

func newSchemaGenerateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generate [FILE…]",
		Short: "A verified database schema from sample files",
		Long: "Reads CSV, JSON, Parquet and Excel files, packed or not, measures every row,\n" +
			"and makes a schema: tables, types, keys and references, with their evidence.\n" +
			"A model is asked, through the running gateway, what the data leaves open;\n" +
			"where no gateway answers the schema is made without.\n\n" +
			"It is made in SQLite, in PostgreSQL where that is installed or given, and in\n" +
			"MySQL where that is given, and all rows are loaded, before it is written down;\n" +
			"what does not hold is only suspected.\n\n" +
			"Without files the schema is made of --describe alone: by rule where it is a\n" +
			"list of things and what they have; anything else needs a model.\n\n" +
			"The folder gets schema.json, ddl/, er.svg and er.mmd, report.md, report.json,\n" +
			"and load/ with the rows and how to load them.",
		Example: `headgate schema generate --describe "an online shop" orders.csv items.json
headgate schema generate data/ --dialect postgres --out shop/

# from a stream
headgate schema generate - --name big < big.csv.gz

# without files
headgate schema generate --describe "Book: isbn, title; Loan: book, day"`,
	}
	out := newOutput(cmd)
	o := newSchemaFlags(cmd, "schema")
	cmd.Flags().StringVar(&o.name, "name", "", "the schema's name (default: that of the folder)")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(o.describe) != "" {
			return nil
		}
		return atLeastOne("a file or folder, - for standard input, or --describe alone")(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		opts, err := o.options(cmd.Context(), a, args)
		if err != nil {
			return err
		}
		opts.Together = o.judge.together()
		engines, err := o.servers.open(cmd.Context(), a, opts.Dialects)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, engines.Close()) }()
		opts.Engines = engines.List
		p := newProgress(a)
		defer p.end()
		opts.Progress = func(s agent.Progress) { schemaProgress(p, s) }
		r, err := agent.Generate(cmd.Context(), opts)
		if err != nil {
			return resumable(err)
		}
		p.end()
		return out.print(a, r, func(s *screen) { schemaSummary(s, r) })
	}
	return cmd
}

func schemaProgress(p *progress, s agent.Progress) {
	text := s.Step
	if s.Detail != "" {
		text += strings.Repeat(" ", max(1, 14-len(s.Step))) + s.Detail
	}
	switch {
	case s.Waited < time.Second:
	case s.Done:
		text += " (waited " + s.Waited.Round(time.Second).String() + ")"
	default:
		text += fmt.Sprintf(", %d s", int(s.Waited.Seconds()))
	}
	if s.Done {
		p.done(text)
		return
	}
	p.now(text + " …")
}

func schemaSummary(s *screen, r *agent.Report) {
	s.fields(
		[2]string{"schema", r.Schema}, [2]string{"folder", r.Folder},
		[2]string{"tables", fmt.Sprintf("%d, with %d columns", r.Tables, r.Columns)},
		[2]string{"references", fmt.Sprintf("%d, and %d suspected", r.References, r.Suspected)},
	)
	for i := range r.Verification {
		s.line("%s", r.Verification[i].Summary())
	}
	for _, c := range r.GivenUp {
		s.line("given up: %s of %s: %s", c.Constraint, c.Table, c.Did)
	}
	for _, k := range r.Skipped {
		s.line("not read: %s: %s", k.Source, k.Reason)
	}
	calledSummary(s, r)
	s.line("%s", r.Judgement)
}

// calledSummary is what the calls took, and why answers were not merged.
func calledSummary(s *screen, r *agent.Report) {
	if len(r.Calls) == 0 {
		return
	}
	t := r.Totals
	text := fmt.Sprintf("%s, %s tokens in, %s out, waited %s", calls(int64(t.Calls)), thousands(t.InputTokens), thousands(t.OutputTokens), duration(t.Waited))
	if t.CostNano != nil {
		text += ", " + dollars(*t.CostNano)
	}
	if t.Reused > 0 {
		text += fmt.Sprintf("; %s answered by the run before", count(t.Reused, "step"))
	}
	s.line("%s", text)
	why := map[string]int{}
	for _, c := range r.Calls {
		if !c.Merged {
			why[c.Why]++
		}
	}
	for _, text := range slices.Sorted(maps.Keys(why)) {
		s.line("%s not merged: %s", count(why[text], "answer"), text)
	}
}
