package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/bench/internal/suites"
)

// quickSeeds is what -quick makes of -seeds.
const quickSeeds = 3

// frame runs suites and keeps their rows.
type frame struct {
	options
	root   string
	file   *results.File
	report report.Report
	stderr io.Writer
}

// newFrame opens the rows on record and says where the report goes: the
// project's README shows figures of record only.
func newFrame(root string, all []suites.Suite, o options, stderr io.Writer) (*frame, error) {
	f := &frame{options: o, root: root, stderr: stderr}
	out := o.out
	if !filepath.IsAbs(out) {
		out = filepath.Join(root, out)
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
		f.report.Sections = append(f.report.Sections, s.Section)
	}
	f.report.Dir = out
	if o.out == defaultOut {
		f.report.Readme, f.report.Highlights = filepath.Join(root, "README.md"), suites.Highlights()
	}
	var err error
	f.file, err = results.Open(filepath.Join(out, "results.json"), names)
	return f, err
}

// measure runs the suites one after another and writes the report from what
// there is in the end, however that came about.
func (f *frame) measure(ctx context.Context) int {
	code := exitOK
	if !f.reportOnly {
		code = f.runAll(ctx)
	}
	if err := f.report.Write(f.file.Rows()); err != nil {
		fmt.Fprintln(f.stderr, "bench: error: the report:", err)
		return max(code, exitFailed)
	}
	fmt.Fprintf(f.stderr, "bench: wrote %s\n", filepath.Join(f.out, "README.md"))
	return code
}

func (f *frame) runAll(ctx context.Context) int {
	code := exitOK
	for i, s := range f.suites {
		fmt.Fprintf(f.stderr, "[%d/%d] %s (%s)\n", i+1, len(f.suites), s.Name, s.Group)
		begun := time.Now()
		rows, err := f.run(ctx, s)
		if err == nil {
			err = f.file.Replace(s.Name, rows)
		}
		if ctx.Err() != nil {
			fmt.Fprintf(f.stderr, "bench: interrupted in suite %s, which keeps the rows that it had\n", s.Name)
			return exitInterrupted
		}
		if err != nil {
			fmt.Fprintf(f.stderr, "bench: error: suite %s, which keeps the rows that it had: %v\n", s.Name, err)
			code = exitFailed
			continue
		}
		met, missed := report.Count(f.file.Of(s.Name))
		fmt.Fprintf(f.stderr, "      %d figures, %d targets met, %d missed, %s\n", len(rows), met, len(missed), time.Since(begun).Round(time.Second))
		for _, r := range missed {
			fmt.Fprintf(f.stderr, "      missed: %s is %g, target %s\n", &r, r.Value, r.Target)
		}
		if f.strict && len(missed) > 0 && s.Group != results.Machine {
			code = exitFailed
		}
	}
	if f.everything && code == exitOK {
		gone, err := f.file.Forget()
		if err != nil {
			fmt.Fprintln(f.stderr, "bench: error:", err)
			return exitFailed
		}
		if gone != nil {
			fmt.Fprintf(f.stderr, "bench: removed the rows of suites that are no more: %s\n", strings.Join(gone, ", "))
		}
	}
	return code
}

// run measures one suite and completes its rows.
func (f *frame) run(ctx context.Context, s suites.Suite) ([]results.Row, error) {
	settings := suites.Settings{
		Root: f.root, Seeds: f.seeds, Quick: f.quick,
		Step: func(format string, args ...any) { fmt.Fprintf(f.stderr, "      "+format+"\n", args...) },
	}
	if f.quick {
		settings.Seeds = quickSeeds
	}
	var rows []results.Row
	err := s.Run(ctx, settings, func(r results.Row) {
		r.Suite, r.Group = s.Name, s.Group
		if r.Unit == "" {
			r.Unit = s.Metric(r.Metric).Unit
		}
		if s.Group == results.Machine {
			r.Machine = suites.Machine()
		}
		rows = append(rows, r)
	})
	if err == nil && len(rows) == 0 {
		err = errors.New("it gave no rows")
	}
	return rows, err
}

// check measures again and compares, and writes nothing.
func (f *frame) check(ctx context.Context) int {
	code := exitOK
	for i, s := range f.suites {
		fmt.Fprintf(f.stderr, "[%d/%d] %s (%s)\n", i+1, len(f.suites), s.Name, s.Group)
		rows, err := f.run(ctx, s)
		if ctx.Err() != nil {
			return exitInterrupted
		}
		var differences []string
		if err == nil {
			differences, err = results.Compare(f.file.Of(s.Name), rows)
		}
		if err != nil {
			fmt.Fprintf(f.stderr, "bench: error: suite %s: %v\n", s.Name, err)
			code = exitFailed
			continue
		}
		for _, d := range differences {
			fmt.Fprintln(f.stderr, "      differs:", d)
			code = exitFailed
		}
		if len(differences) == 0 {
			fmt.Fprintf(f.stderr, "      %d figures, as on record\n", len(rows))
		}
	}
	return code
}
