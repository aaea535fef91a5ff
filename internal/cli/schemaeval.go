package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/schema/eval"
)

func newSchemaEvalCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "eval DIR",
		Short: "How good schemas are, where one is declared",
		Long: "Makes a schema, without a model, of every folder below DIR that has a\n" +
			"ground_truth.json beside its files, and compares: precision, recall and F1 of\n" +
			"the foreign keys, over all that are declared and over those that rows show,\n" +
			"the share of right primary keys and of right types, and whether SQLite makes\n" +
			"the schema and takes every row.",
		Example: `headgate schema eval databases/
headgate schema eval databases/ -o json`,
		Args: exactly("a folder"),
	}
	out := newOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p := newProgress(a)
		defer p.end()
		engines, err := daemon.OpenSchemaEngines(cmd.Context(), nil, daemon.SchemaServers{None: true})
		if err != nil {
			return err
		}
		e, err := eval.Run(cmd.Context(), args[0], eval.Options{
			Engine:   engines.List[0],
			Progress: func(name string, done, of int) { p.now(fmt.Sprintf("%d of %d: %s", done+1, of, name)) },
		})
		if err != nil {
			return err
		}
		p.end()
		return out.print(a, e, func(s *screen) { evalTable(s, e) })
	}
	return cmd
}

func evalTable(s *screen, e *eval.Evaluation) {
	row := func(name string, f eval.Figures, loaded, seconds string) []string {
		out := []string{name}
		for _, v := range []float64{f.Precision, f.Recall, f.F1, f.Visible, f.Keys, f.Types} {
			out = append(out, fmt.Sprintf("%.3f", v))
		}
		return append(out, loaded, seconds)
	}
	rows := make([][]string, 0, len(e.Sets)+2)
	loaded := 0
	for _, set := range e.Sets {
		took := "no"
		if set.Loaded {
			took = "yes"
			loaded++
		}
		rows = append(rows, row(set.Name, set.Figures, took, fmt.Sprintf("%.2f", set.Seconds)))
	}
	rows = append(rows, row("mean", e.Mean, fmt.Sprintf("%d/%d", loaded, len(e.Sets)), ""), row("pooled", e.Pooled, "", ""))
	s.table([]column{
		{title: "Set"},
		{title: "FK precision", right: true},
		{title: "Recall", right: true},
		{title: "F1", right: true},
		{title: "F1 visible", right: true},
		{title: "Keys", right: true},
		{title: "Types", right: true},
		{title: "Loaded"},
		{title: "Seconds", right: true, spare: 1},
	}, rows)
}
