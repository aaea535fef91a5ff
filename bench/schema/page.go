package main

import (
	"fmt"
	"runtime"
	"strings"
)

// page is the file in the making.
type page struct{ strings.Builder }

func newPage() *page {
	p := &page{}
	p.line("# The schema agent, measured")
	p.line("")
	p.line("Written by `make bench-schema`. No language model was asked. %s on %s/%s, %d processors.", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return p
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// table writes a heading and a table; columns that hold numbers are named with a
// colon at their end, and stand to the right.
func (p *page) table(title string, columns []string, rows [][]string) {
	p.line("")
	p.line("## %s", title)
	p.line("")
	rule := make([]string, len(columns))
	for i, c := range columns {
		rule[i] = "---"
		if name, ok := strings.CutSuffix(c, ":"); ok {
			columns[i], rule[i] = name, "---:"
		}
	}
	p.line("| %s |", strings.Join(columns, " | "))
	p.line("|%s|", strings.Join(rule, "|"))
	for _, r := range rows {
		p.line("| %s |", strings.Join(r, " | "))
	}
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}

func share(v float64) string { return fmt.Sprintf("%.3f", v) }
