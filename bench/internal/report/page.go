package report

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/bench/internal/results"
)

// head opens the page; what it says of figures is true of any.
const head = `# What was measured

Written by ` + "`make bench`" + ` from [results.json](results.json); every figure on this page is a row of that file.

    make bench                            # every suite, then this page
    go run ./bench -list                  # the suites
    go run ./bench -only simulated        # a group: what is the same on every machine
    go run ./bench -only live             # a group: over real HTTP, beside its simulation
    go run ./bench -only machine          # a group: how fast this machine is
    go run ./bench -suite overhead -quick # one suite, in less time
    go run ./bench -check                 # measure the simulated suites again and compare

A cell is a median; the small print below it is the range over seeds or rounds. ✓ and ✗ are the verdicts on targets, which
are part of the rows; a figure that misses its target is shown as missed. The bound is what no arm could exceed in that
case, or the arm that the target names.

`

// groupWords says what a suite's figures are worth elsewhere.
func groupWords(g results.Group) string {
	switch g {
	case results.Simulated:
		return "Simulated, in virtual time: the same on every machine."
	case results.Live:
		return "Live: real HTTP, with scaled times; the same within noise."
	case results.Machine:
		return "Measured on one machine: compare within the table."
	}
	return ""
}

// page is bench/README.md.
func page(sections []Section, rows []results.Row) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString(summary(sections, rows))
	for _, s := range sections {
		own := where(rows, func(r results.Row) bool { return r.Suite == s.Name })
		if len(own) > 0 {
			b.WriteString(s.text(own))
		}
	}
	return b.String()
}

// summary counts the targets of each suite and lists what was missed.
func summary(sections []Section, rows []results.Row) string {
	var g grid
	g.row("suite", "figures", "targets met", "missed")
	var missed []string
	for _, s := range sections {
		own := where(rows, func(r results.Row) bool { return r.Suite == s.Name })
		if len(own) == 0 {
			continue
		}
		met, bad := Count(own)
		g.row("["+s.Title+"](#"+anchor(s.Title)+")", fmt.Sprint(len(own)), fmt.Sprint(met), fmt.Sprint(len(bad)))
		for _, r := range bad {
			line := fmt.Sprintf("- %s, %s: %s of %s is %s; the target is %s", s.Title, r.Case, s.Metric(r.Metric).Title, r.Arm, valueWithUnit(r.Value, r.Unit), r.Target)
			if r.Bound != nil {
				line += ", and " + bounding(r) + " has " + valueWithUnit(*r.Bound, r.Unit)
			}
			missed = append(missed, line)
		}
	}
	if len(g.lines) == 2 {
		return "Nothing was measured yet.\n"
	}
	out := g.String() + "\n"
	if len(missed) > 0 {
		out += "Missed:\n\n" + strings.Join(missed, "\n") + "\n\n"
	}
	return out
}

func valueWithUnit(v float64, unit string) string {
	return strings.TrimSpace(write(v, unit) + " " + strings.Trim(inHead(unit), " ()"))
}

// Count is how many rows met their targets, and which did not.
func Count(rows []results.Row) (met int, missed []results.Row) {
	for _, r := range rows {
		switch {
		case r.OK == nil:
		case *r.OK:
			met++
		default:
			missed = append(missed, r)
		}
	}
	return met, missed
}

// anchor is GitHub's link to a title.
func anchor(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// text is the part of the page that a suite has.
func (s Section) text(rows []results.Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n%s", s.Title, s.About, groupWords(s.Group))
	for _, machine := range distinct(rows, func(r results.Row) string { return r.Machine }) {
		b.WriteString(" " + machine + ".")
	}
	b.WriteString("\n\n")
	for _, c := range s.Charts {
		if _, ok := c.draw(s, rows); ok {
			fmt.Fprintf(&b, "![%s](charts/%s.svg)\n\n", c.Title, c.File)
		}
	}
	if len(arms(rows)) == 1 {
		b.WriteString(s.narrow(rows) + "\n")
		for _, m := range s.metrics(rows) {
			if m.About != "" {
				b.WriteString(m.Title + ": " + m.About + "\n\n")
			}
		}
		return b.String() + notes(rows)
	}
	for _, m := range s.metrics(rows) {
		own := where(rows, ofMetric(m.Name))
		b.WriteString(caption(m, own) + "\n\n" + table(own) + "\n")
	}
	return b.String() + notes(rows)
}

// caption is the line over a table.
func caption(m Metric, rows []results.Row) string {
	line := "**" + m.Title + inHead(rows[0].Unit) + ".**"
	if m.About != "" {
		line += " " + m.About
	}
	targets := distinct(rows, func(r results.Row) string { return string(r.Target) })
	if len(targets) == 1 {
		line += " Target: " + targets[0] + "."
	}
	return line
}

// notes are what rows have to add, each once.
func notes(rows []results.Row) string {
	var out string
	for _, note := range distinct(rows, func(r results.Row) string { return r.Note }) {
		own := where(rows, func(r results.Row) bool { return r.Note == note })
		places := distinct(own, func(r results.Row) string { return r.Case + ", " + r.Arm })
		if len(places) > 3 {
			places = []string{strings.Join(arms(own), ", ")}
		}
		out += "- " + strings.Join(places, "; ") + ": " + note + "\n"
	}
	if out != "" {
		out += "\n"
	}
	return out
}
