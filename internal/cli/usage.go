package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/internal/config"
)

// knownCommand is the argument rule of groups: whatever is left over should
// have been a verb.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see `" + cmd.CommandPath() + " --help`"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean `" + cmd.CommandPath() + " " + strings.Join(near, "` or `"+cmd.CommandPath()+" ") + "`?"
	}
	return usageError(hint, "%s has no command %q", cmd.CommandPath(), args[0])
}

// exactly is the argument rule of verbs: one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		example, _, _ := strings.Cut(cmd.Example, "\n")
		hint := "for example: " + example
		switch {
		case len(names) == 0:
			return usageError(hint, "%s takes no arguments, got %q", cmd.CommandPath(), args[0])
		case len(args) > len(names):
			return usageError(hint, "%s takes %s alone, and got %q besides", cmd.CommandPath(), strings.Join(names, " "), args[len(names)])
		}
		return usageError(hint, "%s needs %s", cmd.CommandPath(), strings.Join(names[len(args):], " "))
	}
}

// flagError gives the parser's errors their kind and a cure.
func flagError(cmd *cobra.Command, err error) error {
	hint := "see `" + cmd.CommandPath() + " --help`"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if near, ok := nearestFlag(cmd, unknown.GetSpecifiedName()); ok {
			hint = "did you mean --" + near + "?"
		}
	}
	return usageError(hint, "%s: %s", cmd.CommandPath(), err.Error())
}

// nearestFlag finds the flag of cmd whose name is nearest to name, if one is
// near enough to be meant.
func nearestFlag(cmd *cobra.Command, name string) (string, bool) {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	best := config.Nearest(name, names)
	return best, best != ""
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

// String is the word that is set.
func (c *choice) String() string { return c.value }

// Type names what help shows after the flag.
func (c *choice) Type() string { return strings.Join(c.allowed, "|") }

// Set takes one of the words and refuses any other.
func (c *choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return errors.New("must be " + list(c.allowed))
	}
	c.value = s
	return nil
}

// list writes words as a sentence has them: a, b or c. There are at least two.
func list(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// addChoice adds a flag that takes one of a few words, with their completion.
func addChoice(cmd *cobra.Command, c *choice, name, shorthand, usage string) {
	cmd.Flags().VarP(c, name, shorthand, usage)
	// Registering fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.allowed, cobra.ShellCompDirectiveNoFileComp))
}

// atLeastOne wants one argument or more, each of which is a name.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		example, _, _ := strings.Cut(cmd.Example, "\n")
		return usageError("for example: "+example, "%s is missing", name)
	}
}
