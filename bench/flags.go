package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/bench/internal/suites"
)

const help = `Measures Headgate and writes the report.

    go run ./bench                            every suite: bench/results.json, bench/README.md, bench/charts
    go run ./bench -list                      the suites, by group
    go run ./bench -only simulated            what is the same on every machine
    go run ./bench -only live                 what is played over real HTTP, beside its simulation
    go run ./bench -only machine              how fast this machine is
    go run ./bench -suite overhead -quick     one suite, roughly, into bin/bench
    go run ./bench -check                     measure the simulated suites again and compare with the record
    go run ./bench -report-only               the report again, from the rows that there are

Rows are kept suite by suite: what an interrupted or failing bench has finished stays, and suites that did not run keep
their rows. The exit code is 1 when a suite failed, when -check found differences, or, with -strict, when a suite that ran
missed a target (those that measure the machine do not count); 130 after Ctrl-C.

`

// defaultOut is where the figures of record are, below the module's root, and
// quickOut where -quick writes without -out: its figures are no record.
const (
	defaultOut = "bench"
	quickOut   = "bin/bench"
)

// options are what the flags say.
type options struct {
	suites     []suites.Suite
	everything bool // no suite was left out
	out        string
	seeds      int
	quick      bool
	reportOnly bool
	check      bool
	strict     bool
	list       bool
	help       bool
}

// parse reads the flags. With -help it writes the manual.
func parse(all []suites.Suite, args []string, stdout io.Writer) (options, error) {
	var o options
	var names, groups string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&names, "suite", "", "only these suites, separated by commas: `NAME,…`")
	flags.StringVar(&groups, "only", "", "only suites of these `GROUP`s, separated by commas: simulated, live, machine")
	flags.StringVar(&o.out, "out", defaultOut, "`FOLDER` for results.json, README.md and charts")
	flags.IntVar(&o.seeds, "seeds", 10, "simulations behind each figure of a simulated suite")
	flags.BoolVar(&o.quick, "quick", false, "fewer seeds, shorter rounds: the shape of the figures; writes to "+quickOut+" unless -out says otherwise")
	flags.BoolVar(&o.reportOnly, "report-only", false, "measure nothing: write the report from the rows that there are")
	flags.BoolVar(&o.check, "check", false, "write nothing: measure the simulated suites again and compare with results.json")
	flags.BoolVar(&o.strict, "strict", false, "end with 1 when a target was missed")
	flags.BoolVar(&o.list, "list", false, "list the suites")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, help)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		o.help = true
		return o, nil
	}
	if err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag; suites are named with -suite", flags.Arg(0))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if err := o.consistent(given); err != nil {
		return o, err
	}
	if o.quick && !given["out"] {
		o.out = quickOut
	}
	if o.check && !given["suite"] && !given["only"] {
		groups = string(results.Simulated)
	}
	return o, o.choose(all, names, groups)
}

// consistent finds flags that contradict each other.
func (o options) consistent(given map[string]bool) error {
	if o.seeds < 1 || o.seeds > 1000 {
		return fmt.Errorf("-seeds %d: it must be from 1 to 1000", o.seeds)
	}
	if o.out == "" {
		return errors.New("-out is empty: name a folder")
	}
	against := map[string][]string{
		"report-only": {"suite", "only", "seeds", "quick", "check", "strict"}, // it measures nothing
		"check":       {"quick"},                                              // figures of less work are others
		"quick":       {"seeds"},                                              // it has its own
	}
	for _, name := range []string{"report-only", "check", "quick"} {
		for _, other := range against[name] {
			if given[name] && given[other] {
				return fmt.Errorf("-%s and -%s contradict each other", name, other)
			}
		}
	}
	return nil
}

// choose finds the suites that names and groups leave.
func (o *options) choose(all []suites.Suite, names, groups string) error {
	wantedNames, wantedGroups := split(names), split(groups)
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	for _, name := range wantedNames {
		if !slices.Contains(known, name) {
			return fmt.Errorf("-suite: there is no suite %q; there are: %s", name, strings.Join(known, ", "))
		}
	}
	for _, name := range wantedGroups {
		if !slices.Contains(results.Groups(), results.Group(name)) {
			return fmt.Errorf("-only: there is no group %q; there are: simulated, live, machine", name)
		}
	}
	for _, s := range all {
		byName := len(wantedNames) == 0 || slices.Contains(wantedNames, s.Name)
		byGroup := len(wantedGroups) == 0 || slices.Contains(wantedGroups, string(s.Group))
		if byName && byGroup {
			o.suites = append(o.suites, s)
		}
		if byName && byGroup && o.check && s.Group != results.Simulated {
			return fmt.Errorf("-check: suite %s is %s: only simulated suites give the same figures twice", s.Name, s.Group)
		}
	}
	o.everything = len(o.suites) == len(all)
	if len(o.suites) == 0 && !o.list {
		return errors.New("no suite is left: -suite and -only together leave none; see -list")
	}
	return nil
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// list writes the suites, a line for each.
func list(w io.Writer, all []suites.Suite) {
	for _, s := range all {
		fmt.Fprintf(w, "%-12s %-10s %s\n", s.Name, s.Group, s.Title)
	}
}

// moduleRoot is the nearest folder upwards that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for here := dir; ; here = filepath.Dir(here) {
		if _, err := os.Stat(filepath.Join(here, "go.mod")); err == nil {
			return here, nil
		}
		if here == filepath.Dir(here) {
			return "", fmt.Errorf("no go.mod in %s or above: run it inside the project", dir)
		}
	}
}
