package cli

import (
	"cmp"
	"context"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/top"
)

// topFlags are those of top.
type topFlags struct {
	once   bool
	format choice
	server *server
}

func newTopCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "top",
		Short: "A running gateway, live in the terminal",
		Long: "Shows what a running gateway does: limits and what of them is left, what waits\n" +
			"and how long, throttles, spend, runs under way, the last calls, and what to do\n" +
			"next. It asks the gateway's API alone. Press ? for the keys.\n\n" +
			"--once prints what there is one time and ends, for scripts and pipes.",
		Example: `headgate top
headgate top --server http://10.0.0.7:8080
headgate top --once
headgate top --once -o json`,
		Args: exactly(),
	}
	o := &topFlags{format: choice{value: "table", allowed: []string{"table", "json", "yaml"}}}
	o.server = newServer(cmd, newSettings(cmd, "admin_listen"))
	cmd.Flags().BoolVar(&o.once, "once", false, "print it one time, and end")
	addChoice(cmd, &o.format, "output", "o", "how --once prints: "+list(o.format.allowed))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), a) }
	return cmd
}

func (o *topFlags) run(ctx context.Context, a *app) error {
	in, out, tty := terminal(a)
	switch {
	case !o.once && o.format.value != "table":
		return usageError("headgate top --once -o "+o.format.value, "-o %s is for --once alone: the live view has a form of its own", o.format.value)
	case !o.once && !tty:
		return usageError("headgate top --once prints it one time, and with -o json for a program", "the live view needs a terminal, and this is none")
	}
	at, err := o.server.remote(a)
	if err != nil {
		return err
	}
	source := topSource{at}
	first, err := source.Overview(ctx)
	if err != nil {
		return err
	}
	if o.once {
		return o.print(a, first)
	}
	return top.Watch(ctx, top.Options{Source: source, In: in, Out: out, Environ: a.environ, Colour: newScreen(a).color, First: first})
}

// print writes what a gateway says of itself one time.
func (o *topFlags) print(a *app, first console.Overview) error {
	switch o.format.value {
	case "json":
		return writeJSON(a.out, first)
	case "yaml":
		return writeYAML(a.out, first)
	}
	s := newScreen(a)
	return top.Print(a.out, first, cmp.Or(s.width, a.columns()), s.color, time.Local)
}

// columns is how wide what is piped may be: what COLUMNS says, else 100 cells.
func (a *app) columns() int {
	if n, err := strconv.Atoi(a.env("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 100
}

// terminal are the two ends of the terminal that somebody sits at, if there is one.
func terminal(a *app) (in, out *os.File, ok bool) {
	in, isFile := a.in.(*os.File)
	out, alsoFile := a.out.(*os.File)
	ok = isFile && alsoFile && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd())) && a.env("TERM") != "dumb"
	return in, out, ok
}
