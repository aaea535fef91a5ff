package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/llm"
)

func newIAMCommand(a *app) *cobra.Command {
	return newGroup("iam", "The permissions in AWS that each job takes", newIAMPrintCommand(a))
}

// iamFlags are those of iam print.
type iamFlags struct {
	purposes        []string
	account, region string
	models          []string
	explain         bool
	format          choice
	set             *settings
}

func purposes() []string {
	return []string{string(account.ForServe), string(account.ForQuota), string(account.ForRequest), string(account.ForAlarm), string(account.ForMetrics)}
}

func newIAMPrintCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "print",
		Short: "A policy that allows what a job takes, and no more",
		Long: "Prints an IAM policy document for a role that is to serve calls, to read\n" +
			"quotas, to request more of them, to make alarms, or to publish metrics beside\n" +
			"serving. AWS is not asked. What --account, --region and --model do not narrow\n" +
			"stays open.",
		Example: `headgate iam print --for serve
headgate iam print --for serve --model us.anthropic.claude-sonnet-4-6
headgate iam print --for request --account 123456789012 --region us-east-1
headgate iam print --for quota,alarm --explain`,
		Args: exactly(),
	}
	o := iamFlags{
		format: choice{value: "json", allowed: []string{"json", "yaml"}},
		set:    newSettings(cmd),
	}
	addChoice(cmd, &o.format, "output", "o", "how to print: "+list(o.format.allowed))
	f := cmd.Flags()
	f.StringSliceVar(&o.purposes, "for", nil, "what the role does: "+list(purposes())+";\nseveral with commas, or again")
	f.StringVar(&o.account, "account", "", "the account, twelve digits (default: any)")
	f.StringVar(&o.region, "region", "", "the source Region (default: any)")
	f.StringSliceVar(&o.models, "model", nil, "the ids that are called (default: any)")
	f.BoolVar(&o.explain, "explain", false, "a table of the actions, and why each is needed;\nwith -o, their list")
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(purposes(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		permissions, err := o.permissions(a)
		if err != nil {
			return err
		}
		switch {
		case o.explain && !cmd.Flags().Changed("output"):
			o.format.value = "table"
			return (&output{format: o.format}).print(a, permissions, func(s *screen) { permissionTable(s, permissions) })
		case o.explain:
			return (&output{format: o.format}).print(a, permissions, nil)
		}
		return (&output{format: o.format}).print(a, account.NewPolicy(permissions), nil)
	}
	return cmd
}

// permissions are those that the flags ask for.
func (o *iamFlags) permissions(a *app) ([]account.Permission, error) {
	if len(o.purposes) == 0 {
		return nil, usageError("for example --for serve", "--for must say what the role does: %s", list(purposes()))
	}
	of := make([]account.Purpose, len(o.purposes))
	for i, word := range o.purposes {
		if !slices.Contains(purposes(), word) {
			return nil, usageError("", "--for must be %s, not %q", list(purposes()), word)
		}
		of[i] = account.Purpose(word)
	}
	if o.account != "" && !regexp.MustCompile(`^\d{12}$`).MatchString(o.account) {
		return nil, usageError("", "--account must have twelve digits, not %q", o.account)
	}
	if o.region != "" && !regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`).MatchString(o.region) {
		return nil, usageError("for example --region us-east-1", "--region must be the code of a Region, not %q", o.region)
	}
	scope := account.Scope{Account: llm.AccountID(o.account), Region: llm.Region(o.region)}
	if err := o.narrow(a, &scope); err != nil {
		return nil, err
	}
	return account.Permissions(of, scope), nil
}

// narrow adds what the ids stand for to a scope.
func (o *iamFlags) narrow(a *app, scope *account.Scope) error {
	if len(o.models) == 0 {
		return nil
	}
	c, err := o.set.catalog(a)
	if err != nil {
		return err
	}
	for _, id := range o.models {
		t, err := c.Resolve(id, llm.Region(o.region))
		if err != nil {
			return withHint(err, "`headgate model list` shows the models that there are")
		}
		scope.Models = append(scope.Models, string(t.Model))
		if t.Path == llm.PathGeo || t.Path == llm.PathGlobal {
			scope.Profiles = append(scope.Profiles, id)
		}
	}
	return nil
}

func permissionTable(s *screen, permissions []account.Permission) {
	rows := make([][]string, len(permissions))
	for i, p := range permissions {
		on := strings.Join(p.Resources, " ")
		if p.Free {
			on = "-"
		}
		rows[i] = []string{p.Action, on, p.Why}
	}
	s.table([]column{{title: "action"}, {title: "on"}, {title: "why"}}, rows)
}
