package report

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/chart"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sections() []Section {
	return []Section{
		{
			Name: "use", Title: "Quota used", Group: results.Simulated, About: "How much of a quota work gets while it waits.",
			Metrics: []Metric{{Name: "used", Title: "Share of the quota", Unit: "ratio"}, {Name: "wait", Title: "Mean wait", Unit: "s", About: "Of admitted calls."}},
			Charts: []Chart{
				{File: "use", Title: "Quota used", Metric: "used", Min: 0, Max: 1.1, Marks: []chart.Mark{{Label: "limit", At: 1}}},
				{File: "use-load", Title: "Quota used, by load", Metric: "used", OverLoad: true, Where: func(r results.Row) bool { return r.Load != nil }},
			},
		},
		{
			Name: "speed", Title: "Speed & cost", Group: results.Machine, About: "Benchmarks.",
			Metrics: []Metric{{Name: "time", Title: "time", Unit: "ns"}},
			Charts:  []Chart{{File: "speed", Title: "Time", Metric: "time"}},
		},
		{Name: "none", Title: "Not measured", Group: results.Live, Charts: []Chart{{File: "none", Metric: "x"}}},
	}
}

func sample(t *testing.T) []results.Row {
	t.Helper()
	f, err := results.Open(filepath.Join(t.TempDir(), "results.json"), []string{"use", "speed"})
	if err != nil {
		t.Fatal(err)
	}
	var rows []results.Row
	for i, load := range []float64{0.5, 1, 3} {
		name := "sliding window, load " + chart.Number.Text(load)
		bound, used := min(load, 0.98), min(load, 0.97)-0.03*float64(i/2)
		rows = append(rows,
			results.Row{Case: name, Arm: "SDK | adaptive", Metric: "used", Value: used * 0.7, Unit: "ratio", Load: &load, Min: new(used * 0.6), Max: new(used * 0.8), Seeds: 10},
			results.Row{Case: name, Arm: Ours, Metric: "used", Value: used, Unit: "ratio", Load: &load, Min: new(used - 0.01), Max: new(used + 0.004), Seeds: 10, Bound: &bound, Target: results.AtLeast(0.98, "bound")},
			results.Row{Case: name, Arm: "SDK | adaptive", Metric: "wait", Value: 400 * load, Unit: "s"},
			results.Row{Case: name, Arm: Ours, Metric: "wait", Value: 40 * load, Unit: "s", Bound: new(400 * load), Target: results.AtMost(0.65, "SDK | adaptive"), Note: "one seed"},
		)
	}
	if err := f.Replace("use", rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Replace("speed", []results.Row{
		{Case: "pick", Arm: Ours, Metric: "time", Value: 540, Unit: "ns", Target: results.AtMost(1000, ""), Machine: "A processor, 2 cores"},
		{Case: "pick", Arm: Ours, Metric: "allocations", Value: 3, Target: results.AtMost(0, ""), Machine: "A processor, 2 cores"},
		{Case: "join", Arm: Ours, Metric: "time", Value: 1200, Unit: "ns", Machine: "A processor, 2 cores"},
	}); err != nil {
		t.Fatal(err)
	}
	return f.Rows()
}

const readme = "# Project\n\n<!-- bench:1 -->\nold\n<!-- /bench:1 -->\n\nWords.\n\n<!-- bench:2 -->\n<!-- /bench:2 -->\nEnd.\n"

func TestGolden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	top, bench := filepath.Join(dir, "README.md"), filepath.Join(dir, "bench")
	write := func(path, text string) {
		if err := results.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write(top, readme)
	write(filepath.Join(bench, "charts", "earlier.svg"), "<svg/>")
	r := Report{Sections: sections(), Dir: bench, Readme: top, Highlights: []Highlight{
		{Suite: "use", Metric: "used", Text: "The best of it:", Chart: "use-load", Where: func(r results.Row) bool { return *r.Load == 1 }},
		{Suite: "speed", Metric: "time"},
	}}
	rows := sample(t)
	for range 2 { // the second time, it finds its own work
		if err := r.Write(rows); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	for _, path := range []string{"README.md", "bench/README.md", "bench/charts/use.svg", "bench/charts/use-load.svg", "bench/charts/speed.svg"} {
		golden(t, filepath.Join(dir, filepath.FromSlash(path)), filepath.Join("testdata", strings.ReplaceAll(path, "/", "-")))
		found = append(found, filepath.Base(path))
	}
	charts, err := os.ReadDir(filepath.Join(bench, "charts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range charts {
		if !slices.Contains(found, c.Name()) {
			t.Errorf("charts holds %s, which the report does not show", c.Name())
		}
	}
}

// golden compares the file at path with the one that is kept.
func golden(t *testing.T, path, kept string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := results.WriteFile(kept, got); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it, look at it):\n%s", kept, diff)
	}
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := (Report{Sections: sections(), Dir: dir}).Write(nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || !strings.Contains(string(text), "Nothing was measured yet.") {
		t.Errorf("README.md = %q, %v, want it to say that nothing was measured", text, err)
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	got, err := fill(readme, []string{"new", ""})
	want := strings.Replace(readme, "\nold\n", "\nnew\n", 1)
	if err != nil || got != want {
		t.Errorf("fill = %q, %v, want %q", got, err, want)
	}
	for name, text := range map[string]string{
		"missing":     "# Project\n",
		"no end":      "<!-- bench:1 -->\n",
		"twice":       readme + readme,
		"end, begin":  "<!-- /bench:1 -->\n<!-- bench:1 -->\n",
		"other block": strings.ReplaceAll(readme, "bench:1", "bench:3"),
	} {
		if _, err := fill(text, []string{"new"}); err == nil || !strings.Contains(err.Error(), "<!-- bench:1 --> and <!-- /bench:1 -->") {
			t.Errorf("%s: fill = %v, want an error that names the markers", name, err)
		}
	}
}
