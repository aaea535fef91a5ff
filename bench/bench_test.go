package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/bench/internal/suites"
)

// suite gives one row of the value, or the error.
func suite(name string, g results.Group, value float64, err error) suites.Suite {
	return suites.Suite{
		Section: report.Section{Name: name, Title: name, About: "Of " + name + ".", Group: g, Metrics: []report.Metric{{Name: "used", Title: "used", Unit: "ratio"}}},
		Run: func(_ context.Context, _ suites.Settings, emit func(results.Row)) error {
			emit(results.Row{Case: "a", Arm: "headgate", Metric: "used", Value: value, Target: results.AtLeast(0.97, "")})
			return err
		},
	}
}

// harness runs the command in a folder of its own.
type harness struct {
	t   *testing.T
	dir string
}

func (h harness) run(ctx context.Context, all []suites.Suite, args ...string) (code int, stdout, stderr string) {
	h.t.Helper()
	var out, words bytes.Buffer
	code = run(ctx, h.dir, all, args, &out, &words)
	return code, out.String(), words.String()
}

// values are those on record, by suite.
func (h harness) values(out string) map[string]float64 {
	h.t.Helper()
	f, err := results.Open(filepath.Join(h.dir, out, "results.json"), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	got := map[string]float64{}
	for _, r := range f.Rows() {
		got[r.Suite] = r.Value
	}
	return got
}

func TestFlagsThatAreWrong(t *testing.T) {
	t.Parallel()
	all := []suites.Suite{suite("use", results.Simulated, 1, nil), suite("speed", results.Machine, 1, nil)}
	for args, want := range map[string]string{
		"-suite uze":              `there is no suite "uze"; there are: use, speed`,
		"-only slow":              `there is no group "slow"; there are: simulated, live, machine`,
		"-suite use -only live":   "no suite is left",
		"-seeds 0":                "-seeds 0: it must be from 1 to 1000",
		"-seeds many":             `invalid value "many"`,
		"-out=":                   "-out is empty",
		"-report-only -suite use": "-report-only and -suite contradict each other",
		"-report-only -check":     "-report-only and -check contradict each other",
		"-quick -seeds 3":         "-quick and -seeds contradict each other",
		"-check -quick":           "-check and -quick contradict each other",
		"-check -suite speed":     "suite speed is machine: only simulated suites give the same figures twice",
		"-fast":                   "flag provided but not defined: -fast",
		"use":                     `"use" is no flag; suites are named with -suite`,
	} {
		h := harness{t, t.TempDir()}
		code, _, stderr := h.run(t.Context(), all, strings.Fields(args)...)
		if code != exitUsage || !strings.Contains(stderr, want) || !strings.Contains(stderr, "hint:") {
			t.Errorf("bench %s: exit %d, stderr %q, want exit %d and %q", args, code, stderr, exitUsage, want)
		}
		if left, err := os.ReadDir(h.dir); err != nil || len(left) > 0 {
			t.Errorf("bench %s left %v, %v behind", args, left, err)
		}
	}
}

func TestHelpAndList(t *testing.T) {
	t.Parallel()
	all := []suites.Suite{suite("use", results.Simulated, 1, nil)}
	for args, want := range map[string]string{"-help": "-report-only", "-list": "use          simulated  use"} {
		code, stdout, stderr := harness{t, t.TempDir()}.run(t.Context(), all, args)
		if code != exitOK || !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("bench %s: exit %d, stdout %q, stderr %q, want %q", args, code, stdout, stderr, want)
		}
	}
}

func TestFailingSuiteKeepsTheOthers(t *testing.T) {
	t.Parallel()
	h := harness{t, t.TempDir()}
	h.run(t.Context(), []suites.Suite{suite("a", results.Simulated, 1, nil), suite("b", results.Simulated, 1, nil)}, "-out", "out")
	all := []suites.Suite{
		suite("a", results.Simulated, 2, nil),
		suite("b", results.Simulated, 3, errors.New("out of luck")),
		suite("c", results.Simulated, 4, nil),
	}
	code, _, stderr := h.run(t.Context(), all, "-out", "out")
	if code != exitFailed || !strings.Contains(stderr, "suite b, which keeps the rows that it had: out of luck") {
		t.Errorf("exit %d, stderr %q, want exit 1 and b's error", code, stderr)
	}
	if diff := cmp.Diff(map[string]float64{"a": 2, "b": 1, "c": 4}, h.values("out")); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
}

func TestInterruptKeepsWhatIsFinished(t *testing.T) {
	t.Parallel()
	h := harness{t, t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := suite("b", results.Simulated, 2, nil)
	interrupted.Run = func(ctx context.Context, _ suites.Settings, emit func(results.Row)) error {
		emit(results.Row{Case: "a", Arm: "headgate", Metric: "used", Value: 2})
		cancel()
		return ctx.Err()
	}
	never := suite("c", results.Simulated, 3, nil)
	never.Run = func(context.Context, suites.Settings, func(results.Row)) error {
		t.Error("a suite ran after the interrupt")
		return nil
	}
	code, _, stderr := h.run(ctx, []suites.Suite{suite("a", results.Simulated, 1, nil), interrupted, never}, "-out", "out")
	if code != exitInterrupted || !strings.Contains(stderr, "interrupted in suite b") {
		t.Errorf("exit %d, stderr %q, want exit 130", code, stderr)
	}
	if diff := cmp.Diff(map[string]float64{"a": 1}, h.values("out")); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
	page, err := os.ReadFile(filepath.Join(h.dir, "out", "README.md"))
	if err != nil || !strings.Contains(string(page), "Of a.") {
		t.Errorf("README.md = %q, %v, want the report of what is finished", page, err)
	}
}

func TestMissedTargets(t *testing.T) {
	t.Parallel()
	for group, want := range map[results.Group]int{results.Simulated: exitFailed, results.Live: exitFailed, results.Machine: exitOK} {
		h := harness{t, t.TempDir()}
		if code, _, stderr := h.run(t.Context(), []suites.Suite{suite("a", group, 0.9, nil)}, "-out", "out"); code != exitOK || !strings.Contains(stderr, "missed") {
			t.Errorf("%s: exit %d, stderr %q, want 0 and the missed row", group, code, stderr)
		}
		code, _, stderr := h.run(t.Context(), []suites.Suite{suite("a", group, 0.9, nil)}, "-out", "out", "-strict")
		if code != want || !strings.Contains(stderr, "missed: a: a, headgate, used is 0.9, target ≥ 0.97") {
			t.Errorf("%s: exit %d, stderr %q, want exit %d and the missed row", group, code, stderr, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	h := harness{t, t.TempDir()}
	record := []suites.Suite{suite("a", results.Simulated, 1, nil), suite("speed", results.Machine, 1, nil)}
	h.run(t.Context(), record, "-out", "out")
	if code, _, stderr := h.run(t.Context(), record, "-out", "out", "-check"); code != exitOK || !strings.Contains(stderr, "1 figures, as on record") {
		t.Errorf("check of the same: exit %d, stderr %q", code, stderr)
	}
	now := []suites.Suite{suite("a", results.Simulated, 0.99, nil), suite("speed", results.Machine, 0.5, nil)}
	code, _, stderr := h.run(t.Context(), now, "-out", "out", "-check")
	if code != exitFailed || !strings.Contains(stderr, "differs: a: a, headgate, used: 0.99 now, 1 on record") || strings.Contains(stderr, "speed") {
		t.Errorf("check of others: exit %d, stderr %q, want the difference of a alone", code, stderr)
	}
	if diff := cmp.Diff(map[string]float64{"a": 1, "speed": 1}, h.values("out")); diff != "" {
		t.Errorf("check wrote (-want +got):\n%s", diff)
	}
}

// TestOnRecord: without -out the record and the project's README are written;
// -quick leaves them alone.
func TestOnRecord(t *testing.T) {
	t.Parallel()
	h := harness{t, t.TempDir()}
	readme := filepath.Join(h.dir, "README.md")
	const before = "<!-- bench:1 -->\n<!-- /bench:1 -->\n<!-- bench:2 -->\n<!-- /bench:2 -->\n"
	if err := os.WriteFile(readme, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	highlights := suites.Highlights()
	first := highlights[slices.IndexFunc(highlights, func(h report.Highlight) bool { return !h.NoTable })]
	shown := suite(first.Suite, results.Machine, 1, nil)
	shown.Run = func(_ context.Context, _ suites.Settings, emit func(results.Row)) error {
		emit(results.Row{Case: "the case", Arm: "headgate", Metric: first.Metric, Law: "bucket", Value: 7})
		return nil
	}
	all := []suites.Suite{shown}
	text := func() string {
		t.Helper()
		got, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	if code, _, stderr := h.run(t.Context(), all, "-quick"); code != exitOK || text() != before {
		t.Errorf("-quick: exit %d, README %q, stderr %q, want it as it was", code, text(), stderr)
	}
	if got := h.values("bin/bench"); len(got) != 1 {
		t.Errorf("-quick kept %v, want a suite in bin/bench", got)
	}
	if code, _, stderr := h.run(t.Context(), all); code != exitOK || !strings.Contains(text(), "the case") {
		t.Errorf("exit %d, README %q, stderr %q, want the row in its block", code, text(), stderr)
	}
	if err := os.WriteFile(readme, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := h.run(t.Context(), all, "-report-only"); code != exitOK || !strings.Contains(text(), "the case") {
		t.Errorf("-report-only: exit %d, README %q, stderr %q, want the row again", code, text(), stderr)
	}
}
