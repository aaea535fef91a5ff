package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

func newModelCommand(a *app) *cobra.Command {
	return newGroup("model", "The catalog: models, their quotas and prices",
		newModelListCommand(a), newModelShowCommand(a), newModelResolveCommand(a))
}

// modelRow is a model as it is printed.
type modelRow struct {
	ID               llm.ModelID `json:"id"`
	Name             string      `json:"name"`
	Provider         string      `json:"provider"`
	Paths            []llm.Path  `json:"paths"`
	Burndown         int64       `json:"burndown"`
	BurndownAssumed  bool        `json:"burndown_assumed"`
	MaxOutput        int64       `json:"max_output_tokens"`
	MaxOutputAssumed bool        `json:"max_output_assumed"`
	Context          int64       `json:"context_tokens"`
	EndOfLife        string      `json:"end_of_life"`
	Retired          bool        `json:"retired"`
	Streams          bool        `json:"streams"`
	Embedding        bool        `json:"embedding"`
	Source           string      `json:"source"`
	AsOf             string      `json:"as_of"`
}

func newModelRow(m catalog.Model) modelRow {
	return modelRow{
		ID: m.ID, Name: m.Name, Provider: m.Provider, Paths: append([]llm.Path{}, m.Paths...),
		Burndown: m.Burndown, BurndownAssumed: m.BurndownAssumed,
		MaxOutput: m.MaxOutput, MaxOutputAssumed: m.MaxOutputAssumed,
		Context: m.Context, EndOfLife: date(m.EndOfLife), Retired: m.Retired,
		Streams: m.Streams, Embedding: m.Embedding, Source: m.Source, AsOf: date(m.AsOf),
	}
}

func newModelListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Every model of the catalog",
		Example: `headgate model list
headgate model list --provider anthropic -o json
headgate model list --all`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd)
	all := cmd.Flags().Bool("all", false, "those that have ended as well")
	provider := cmd.Flags().String("provider", "", "only models of this provider, such as anthropic")
	cmd.RunE = func(*cobra.Command, []string) error {
		c, err := set.catalog(a)
		if err != nil {
			return err
		}
		rows := []modelRow{}
		for _, m := range c.Models() {
			if (*all || !m.Retired) && (*provider == "" || strings.EqualFold(*provider, m.Provider) || strings.HasPrefix(string(m.ID), *provider+".")) {
				rows = append(rows, newModelRow(m))
			}
		}
		if len(rows) == 0 {
			fmt.Fprintf(a.err, "headgate: no models match; the providers are %s\n", strings.Join(providers(c), ", "))
		}
		guesses := false
		err = out.print(a, rows, func(s *screen) {
			modelTable(s, rows)
			guesses = slices.ContainsFunc(rows, func(m modelRow) bool { return m.BurndownAssumed || m.MaxOutputAssumed })
		})
		if guesses {
			fmt.Fprintln(a.err, "headgate: ~ marks what no document gives; it is assumed")
		}
		return err
	}
	return cmd
}

// providers are those of the catalog's models, sorted.
func providers(c *catalog.Catalog) []string {
	var names []string
	for _, m := range c.Models() {
		names = append(names, m.Provider)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func modelTable(s *screen, rows []modelRow) {
	if len(rows) == 0 {
		return
	}
	cells := make([][]string, 0, len(rows))
	for _, m := range rows {
		cells = append(cells, []string{
			string(m.ID), m.Name, words(m.Paths),
			assumed(fmt.Sprintf("%d×", m.Burndown), m.BurndownAssumed),
			assumed(known(m.MaxOutput), m.MaxOutputAssumed),
			known(m.Context), dash(m.EndOfLife),
		})
	}
	s.table([]column{
		{title: "Model"},
		{title: "Name", spare: 5},
		{title: "Paths", spare: 2},
		{title: "Burndown", right: true, spare: 1},
		{title: "Max output", right: true},
		{title: "Context", right: true, spare: 3},
		{title: "End of life", spare: 4},
	}, cells)
}

// assumed marks a value that no document gives.
func assumed(text string, is bool) string {
	if is {
		return "~" + text
	}
	return text
}

// words joins names with commas.
func words[T ~string](list []T) string {
	names := make([]string, len(list))
	for i, name := range list {
		names[i] = string(name)
	}
	return dash(strings.Join(names, ","))
}

// targetRow is what an id stands for, as it is printed.
type targetRow struct {
	ID       string        `json:"id"`
	Model    llm.ModelID   `json:"model"`
	Path     llm.Path      `json:"path"`
	Geo      string        `json:"geo"`
	Region   llm.Region    `json:"region"`
	Account  llm.AccountID `json:"account"`
	Known    bool          `json:"known"`
	Quotas   []quotaRow    `json:"quotas"`
	Warnings []string      `json:"warnings"`
}

func newModelResolveCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resolve ID",
		Short: "What an id or ARN stands for, and its quotas",
		Example: `headgate model resolve us.anthropic.claude-haiku-4-5-20251001-v1:0
headgate model resolve arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456`,
		Args:              exactly("ID"),
		ValidArgsFunction: completeModel(a),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "upstream.region")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		c, err := set.catalog(a)
		if err != nil {
			return err
		}
		t, err := c.Resolve(args[0], set.region(a))
		if err != nil {
			return err
		}
		row := targetRow{
			ID: args[0], Model: t.Model, Path: t.Path, Geo: t.Geo, Region: t.Region,
			Account: t.Account, Known: t.Known, Quotas: quotaRows(c, t.Model, t.Path), Warnings: append([]string{}, t.Warnings...),
		}
		return out.print(a, row, func(s *screen) {
			s.fields(
				[2]string{"model", string(row.Model)},
				[2]string{"path", string(row.Path)},
				[2]string{"geography", dash(row.Geo)},
				[2]string{"region", string(row.Region)},
				[2]string{"account", dash(string(row.Account))},
				[2]string{"in catalog", yesNo(row.Known)},
			)
			writeQuotas(s, row.Quotas)
			for _, w := range row.Warnings {
				a.warn(w)
			}
		})
	}
	return cmd
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// catalog loads the catalog that the configuration asks for.
func (s *settings) catalog(a *app) (*catalog.Catalog, error) {
	cfg, _, err := s.load(a)
	if err != nil {
		return nil, err
	}
	return loadCatalog(cfg)
}

// region is the source Region of a question: the configured one, else that of
// the environment.
func (s *settings) region(a *app) llm.Region {
	if cfg, _, err := s.load(a); err == nil && cfg.Upstream.Region != "" {
		return cfg.Upstream.Region
	}
	return llm.Region(a.region())
}

// completeModel offers the ids of the catalog's models and profiles.
func completeModel(*app) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := catalog.Default()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var ids []cobra.Completion
		for _, m := range c.Models() {
			if strings.HasPrefix(string(m.ID), typed) {
				ids = append(ids, cobra.CompletionWithDesc(string(m.ID), m.Name))
			}
		}
		for _, p := range c.Profiles() {
			if strings.HasPrefix(p.ID, typed) {
				ids = append(ids, cobra.CompletionWithDesc(p.ID, "profile"))
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}
