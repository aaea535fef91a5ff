package cli

import (
	"slices"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
)

// commands lists the tree below cmd, itself included.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.Name() == "completion" {
			continue // cobra's own
		}
		all = append(all, commands(sub)...)
	}
	return all
}

// TestHelpTeachesByExample runs no example, but finds its command and parses
// its flags and arguments.
func TestHelpTeachesByExample(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands(newRoot(&app{})) {
		path := cmd.CommandPath()
		if cmd.Short == "" {
			t.Errorf("%s has no line of help", path)
		}
		if cmd.Example == "" && !cmd.HasSubCommands() {
			t.Errorf("%s has no example", path)
		}
		for line := range strings.Lines(cmd.Example) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " > ")
			words := strings.Fields(line)
			if len(words) == 0 || words[0] == "#" {
				continue
			}
			if words[0] != "headgate" {
				t.Errorf("%s: example %q is no command of ours", path, line)
				continue
			}
			// A root of its own, so that one example's flags do not reach the next.
			root := newRoot(&app{})
			found, rest, err := root.Find(words[1:])
			if err != nil {
				t.Errorf("%s: example %q: %v", path, line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: example %q: %v", path, line, err)
				continue
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: example %q: %v", path, line, err)
			}
		}
	}
}

// TestHelpFitsATerminal asks for the help of every command as people do.
func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	const terminal = 80
	for _, cmd := range commands(newRoot(&app{})) {
		var out, words strings.Builder
		args := slices.Concat(strings.Fields(cmd.CommandPath())[1:], []string{"--help"})
		if code := Run(t.Context(), args, strings.NewReader(""), &out, &words); code != 0 {
			t.Errorf("%v ended with %d: %s", args, code, words.String())
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimRight(line, " \n")
			// What is to be pasted stays in one piece.
			if w := lipgloss.Width(line); w > terminal && !strings.Contains(line, "arn:") {
				t.Errorf("%v: a line is %d wide: %s", args, w, line)
			}
		}
	}
}

// TestReadersPrintEveryFormat holds that what reads can be read by programs.
func TestReadersPrintEveryFormat(t *testing.T) {
	t.Parallel()
	speakers := []string{"up", "serve", "emulator", "demo", "schema", "export"} // export has formats of its own
	for _, cmd := range commands(newRoot(&app{})) {
		if cmd.HasSubCommands() || slices.Contains(speakers, cmd.Name()) {
			continue
		}
		if cmd.Flags().Lookup("output") == nil {
			t.Errorf("%s reads and has no --output", cmd.CommandPath())
		}
	}
}
