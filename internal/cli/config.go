package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
)

func newConfigCommand(a *app) *cobra.Command {
	return newGroup("config", "What is configured, where, and what is wrong",
		newConfigShowCommand(a), newConfigCheckCommand(a), newConfigSchemaCommand(a))
}

func newConfigShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "The configuration in force, from all its sources",
		Example: `headgate config show
headgate config show --origin
headgate config show -o yaml > headgate.yaml`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir", "listen")
	origin := cmd.Flags().Bool("origin", false, "say where each value was set")
	cmd.RunE = func(*cobra.Command, []string) error {
		cfg, origins, err := set.load(a)
		if err != nil {
			return err
		}
		fields := cfg.Fields(origins)
		human := func(s *screen) { fieldTable(s, fields, *origin) }
		if *origin || out.format.value == "csv" {
			return out.print(a, fields, human)
		}
		// The configuration's own form: what it reads back, but for what is masked.
		return out.print(a, cfg.Masked(), human)
	}
	return cmd
}

func fieldTable(s *screen, fields []config.Field, origin bool) {
	columns := []column{{title: "Key"}, {title: "Value"}}
	if origin {
		columns = append(columns, column{title: "Origin"})
	}
	rows := make([][]string, 0, len(fields))
	for _, f := range fields {
		row := []string{f.Key, f.Value}
		if origin {
			where := f.Origin.Where
			if where == "" {
				where = string(f.Origin.Source)
			}
			row = append(row, where)
		}
		rows = append(rows, row)
	}
	s.table(columns, rows)
}

// checkReport is the answer of config check.
type checkReport struct {
	OK       bool             `json:"ok"`
	Problems []config.Problem `json:"problems"`
	Warnings []config.Problem `json:"warnings"`
}

func newConfigCheckCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Every problem at once; exit code 3 for any",
		Example: `headgate config check
headgate config check --config headgate.yaml -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		report, err := check(set.load(a))
		if err != nil {
			return err
		}
		err = out.print(a, report, func(s *screen) {
			for _, p := range report.Problems {
				s.line("problem: %s", p)
			}
			for _, p := range report.Warnings {
				s.line("warning: %s", p)
			}
			if report.OK {
				s.line("the configuration is right")
			}
		})
		if err == nil && !report.OK {
			err = fmt.Errorf("%w: the configuration has %s", errCheck, count(len(report.Problems), "problem"))
		}
		return err
	}
	return cmd
}

// check judges the outcome of config.Load and whatever can be judged without
// starting anything. Its error is one that kept it from judging, such as a
// file that is not there.
func check(cfg config.Config, _ config.Origins, err error) (checkReport, error) {
	report := checkReport{Problems: []config.Problem{}, Warnings: []config.Problem{}}
	if err != nil {
		problems, ok := asProblems(err)
		if !ok {
			return report, err
		}
		report.Problems = append(report.Problems, problems...)
		return report, nil
	}
	if cfg.Upstream.Kind == config.UpstreamAWS && len(cfg.Quotas.Pools) == 0 && cfg.Quotas.Source == config.QuotasStatic {
		report.Problems = append(report.Problems, config.Problem{
			Key:  "quotas.pools",
			Text: "must be given where quotas.source is static: `headgate serve` refuses to run without; leave quotas.source out to have them discovered",
		})
	}
	if err := cfg.CheckExposure(); err != nil {
		report.Problems = append(report.Problems, config.Problem{Text: fault.Message(err)})
	}
	if _, err := loadCatalog(cfg); err != nil {
		report.Problems = append(report.Problems, config.Problem{Key: "catalog", Text: err.Error()})
	}
	report.Warnings = append(report.Warnings, cfg.Warnings()...)
	report.OK = len(report.Problems) == 0
	return report, nil
}

func newConfigSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "The JSON Schema of the configuration file, for editors",
		Long: "The JSON Schema of the configuration file. Editors complete and check a file\n" +
			"whose first line is\n" +
			"# yaml-language-server: $schema=headgate.schema.json",
		Example: "headgate config schema > headgate.schema.json",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema()
			if err == nil {
				_, err = a.out.Write(schema)
			}
			return err
		},
	}
}

// loadCatalog reads the catalog with the files that the configuration adds.
func loadCatalog(cfg config.Config) (*catalog.Catalog, error) {
	documents := make([]catalog.Document, 0, len(cfg.Catalog))
	for _, name := range cfg.Catalog {
		data, err := os.ReadFile(name) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, "read the catalog's file", err)
		}
		documents = append(documents, catalog.Document{Name: name, Data: data})
	}
	return catalog.Load(documents...)
}
