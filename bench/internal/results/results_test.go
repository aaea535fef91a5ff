package results_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/bench/internal/results"
)

func row(suite, name string, v float64) results.Row {
	return results.Row{Suite: suite, Case: name, Arm: "headgate", Metric: "used", Value: v, Group: results.Simulated}
}

func open(t *testing.T, path string) *results.File {
	t.Helper()
	f, err := results.Open(path, []string{"first", "second"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func replace(t *testing.T, f *results.File, suite string, rows ...results.Row) {
	t.Helper()
	if err := f.Replace(suite, rows); err != nil {
		t.Fatalf("Replace(%s) = %v", suite, err)
	}
}

func names(rows []results.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Suite+"/"+r.Case)
	}
	return out
}

func TestReplaceKeepsOtherSuites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "results.json")
	f := open(t, path)
	replace(t, f, "second", row("", "a", 1), row("", "b", 2))
	replace(t, f, "first", row("", "c", 3))
	replace(t, f, "second", row("", "d", 4))
	want := []string{"first/c", "second/d"}
	if diff := cmp.Diff(want, names(f.Rows())); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	// Another process finds the same at once.
	if diff := cmp.Diff(f.Rows(), open(t, path).Rows()); diff != "" {
		t.Errorf("rows read again (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "\n"); got != 4 {
		t.Errorf("the file has %d lines, want one for each row and two brackets:\n%s", got, text)
	}
}

func TestForgetSuitesThatAreNoMore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.json")
	replace(t, open(t, path), "gone", row("", "a", 1))
	f := open(t, path)
	replace(t, f, "first", row("", "b", 1))
	if diff := cmp.Diff([]string{"first/b", "gone/a"}, names(f.Rows())); diff != "" {
		t.Errorf("rows before (-want +got):\n%s", diff)
	}
	gone, err := f.Forget()
	if err != nil || !cmp.Equal(gone, []string{"gone"}) {
		t.Errorf("Forget() = %v, %v, want [gone]", gone, err)
	}
	if diff := cmp.Diff([]string{"first/b"}, names(open(t, path).Rows())); diff != "" {
		t.Errorf("rows after (-want +got):\n%s", diff)
	}
}

func TestUnsoundRowsChangeNothing(t *testing.T) {
	t.Parallel()
	bound := math.Inf(1)
	for name, c := range map[string]struct {
		rows []results.Row
		want string
	}{
		"no figure":  {[]results.Row{row("", "a", math.NaN())}, "the value is NaN"},
		"no bound":   {[]results.Row{{Case: "a", Arm: "b", Metric: "c", Bound: &bound}}, "the bound is +Inf"},
		"twice":      {[]results.Row{row("", "a", 1), row("", "a", 2)}, "is there twice"},
		"no name":    {[]results.Row{{Case: "a", Metric: "c"}}, "lacks its suite, case, arm or metric"},
		"no measure": {[]results.Row{{Case: "a", Arm: "b", Metric: "c", Target: results.AtLeast(1, "bound")}}, "the row has none"},
		"one-sided":  {[]results.Row{{Case: "a", Arm: "b", Metric: "c", Target: results.Within(0.03, "")}}, `target "± 0.03" is not of the form`},
		"no target":  {[]results.Row{{Case: "a", Arm: "b", Metric: "c", Target: "about 7"}}, `target "about 7" is not of the form`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "results.json")
			f := open(t, path)
			replace(t, f, "first", row("", "kept", 1))
			err := f.Replace("first", c.rows)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Replace = %v, want an error with %q", err, c.want)
			}
			if diff := cmp.Diff([]string{"first/kept"}, names(open(t, path).Rows())); diff != "" {
				t.Errorf("rows after it (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"not json":               "holds no rows",
		`[{"suite":"a"}]`:        "lacks its suite, case, arm or metric",
		`{"suite":"not a list"}`: "holds no rows",
	} {
		path := filepath.Join(t.TempDir(), "results.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := results.Open(path, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open of %q = %v, want an error with the path and %q", text, err, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	bound := 0.96
	for _, c := range []struct {
		value  float64
		bound  *float64
		target results.Target
		text   string
		ok     bool
	}{
		{0.95, &bound, results.AtLeast(0.98, "bound"), "≥ 0.98 × bound", true},
		{0.94, &bound, results.AtLeast(0.98, "bound"), "≥ 0.98 × bound", false},
		{1.44, &bound, results.AtMost(1.5, "proxy"), "≤ 1.5 × proxy", true},
		{1.45, &bound, results.AtMost(1.5, "proxy"), "≤ 1.5 × proxy", false},
		{0, nil, results.AtMost(0, ""), "≤ 0", true},
		{1, nil, results.AtMost(0, ""), "≤ 0", false},
		{0.97, nil, results.AtLeast(0.97, ""), "≥ 0.97", true},
		{0.9699, nil, results.AtLeast(0.97, ""), "≥ 0.97", false},
		{0.9888, &bound, results.Within(0.03, "simulated"), "± 0.03 × simulated", true},
		{0.9312, &bound, results.Within(0.03, "simulated"), "± 0.03 × simulated", true},
		{0.9889, &bound, results.Within(0.03, "simulated"), "± 0.03 × simulated", false},
		{0.9311, &bound, results.Within(0.03, "simulated"), "± 0.03 × simulated", false},
	} {
		f := open(t, filepath.Join(t.TempDir(), "results.json"))
		lie := !c.ok
		replace(t, f, "first", results.Row{Case: "a", Arm: "b", Metric: "c", Value: c.value, Bound: c.bound, Target: c.target, OK: &lie})
		got := f.Rows()[0]
		if string(got.Target) != c.text || got.OK == nil || *got.OK != c.ok {
			t.Errorf("value %g, bound %v: target %q, ok %v, want %q, %t", c.value, c.bound, got.Target, got.OK, c.text, c.ok)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	one, two := 1.0, 2.0
	f := open(t, filepath.Join(t.TempDir(), "results.json"))
	record := []results.Row{row("first", "same", 0.123456789), row("first", "other", 1), row("first", "gone", 1), row("first", "bound", 1), row("first", "target", 1)}
	record[3].Bound, record[4].Target = &one, results.AtLeast(1, "")
	replace(t, f, "first", record...)
	now := []results.Row{row("first", "same", 0.123456789), row("first", "other", 1.001), row("first", "bound", 1), row("first", "target", 1), row("first", "new", 5)}
	now[2].Bound, now[3].Target = &two, results.AtLeast(0.9, "")
	got, err := results.Compare(f.Of("first"), now)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"first: other, headgate, used: 1.001 now, 1 on record",
		"first: bound, headgate, used: the value is the same, its bound or range is not",
		`first: target, headgate, used: target "≥ 0.9" now, "≥ 1" on record`,
		"first: new, headgate, used: 5 now, not on record",
		"first: gone, headgate, used: 1 on record, not measured now",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if again, err := results.Compare(f.Of("first"), record); err != nil || again != nil {
		t.Errorf("Compare of the same = %v, %v, want none", again, err)
	}
}
