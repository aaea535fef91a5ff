package suites

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/bench/internal/overhead"
	"github.com/headgate/headgate/bench/internal/results"
)

func TestParseBenchmarks(t *testing.T) {
	t.Parallel()
	const out = `goos: linux
pkg: github.com/headgate/headgate/internal/sched
cpu: A processor
BenchmarkPick/1000_waiting/one_tenant-2 	  203490	       552.8 ns/op	       0 B/op	       0 allocs/op
BenchmarkPick/1000_waiting/one_tenant-2 	  203490	       560 ns/op	       8 B/op	       1 allocs/op
BenchmarkMemory
BenchmarkMemory-16          	       1	        41.50 MB/100k_entries
BenchmarkOneCore 	 5	 3 ns/op
PASS
ok  	github.com/headgate/headgate/internal/sched	2.1s
`
	got, err := parseBenchmarks(out)
	want := []measured{
		{"Pick/1000_waiting/one_tenant", map[string]float64{"ns/op": 552.8, "B/op": 0, "allocs/op": 0}},
		{"Pick/1000_waiting/one_tenant", map[string]float64{"ns/op": 560, "B/op": 8, "allocs/op": 1}},
		{"Memory", map[string]float64{"MB/100k_entries": 41.5}},
		{"OneCore", map[string]float64{"ns/op": 3}},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("parseBenchmarks: %v (-want +got):\n%s", err, cmp.Diff(want, got))
	}
	for _, bad := range []string{"", "PASS\n", "BenchmarkA-2 many 3 ns/op\n", "BenchmarkA-2 5 three ns/op\n", "BenchmarkA-2 5 3 ns/op 7\n"} {
		if got, err := parseBenchmarks(bad); err == nil {
			t.Errorf("parseBenchmarks(%q) = %v, want an error", bad, got)
		}
	}
}

// TestDecisionCasesExist keeps the list of benchmarks in step with the code.
func TestDecisionCasesExist(t *testing.T) {
	t.Parallel()
	for _, p := range decisionCases() {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", filepath.FromSlash(p.path), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var source strings.Builder
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
		for _, c := range p.cases {
			name, _, _ := strings.Cut(c.benchmark, "/")
			if !regexp.MustCompile(`func Benchmark` + name + `\(`).MatchString(source.String()) {
				t.Errorf("%s has no Benchmark%s, which decisionCases names", p.path, name)
			}
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values         []float64
		want, low, top float64
	}{{[]float64{3, 1, 2}, 2, 1, 3}, {[]float64{4, 1, 2, 3}, 2.5, 1, 4}} {
		r := spread(results.Row{}, c.values)
		if r.Value != c.want || *r.Min != c.low || *r.Max != c.top || r.Seeds != len(c.values) {
			t.Errorf("spread(%v) = %g (%g – %g) of %d, want %g (%g – %g)", c.values, r.Value, *r.Min, *r.Max, r.Seeds, c.want, c.low, c.top)
		}
	}
	if r := spread(results.Row{}, []float64{7}); r.Value != 7 || r.Min != nil || r.Max != nil {
		t.Errorf("spread of one value = %+v, want no range", r)
	}
}

func TestOverheadRows(t *testing.T) {
	t.Parallel()
	o := overheadRun{most: map[bearing]float64{}, version: "1.2.3"}
	var rows []results.Row
	emit := func(r results.Row) { rows = append(rows, r) }
	second := func(requests int64, cpu time.Duration) overhead.Figures {
		return overhead.Figures{Requests: requests, Length: time.Second, CPU: cpu}
	}
	saturated := overheadCase{Load: overhead.Load{Name: "saturated", Body: 10}, judged: true}
	o.emit(saturated, []turn{{figures: map[string]overhead.Figures{
		overhead.Direct: second(9000, 0), overhead.Proxy: second(5000, time.Second), overhead.Headgate: second(4000, 600*time.Millisecond), overhead.Portkey: second(300, -1),
	}}}, emit)
	got := map[string]float64{}
	for _, r := range rows {
		got[r.Metric+" "+r.Arm] = r.Value
		if (r.Target != "") != (r.Arm == overhead.Headgate && r.Metric == "throughput") {
			t.Errorf("target of %s is %q: only ours is judged", &r, r.Target)
		}
		if r.Target != "" && (r.Bound == nil || *r.Bound != 5000) {
			t.Errorf("bound of %s = %v, want the proxy's 5000", &r, r.Bound)
		}
	}
	want := map[string]float64{
		"throughput direct": 9000, "throughput proxy": 5000, "throughput headgate": 4000, "throughput portkey": 300,
		"cpu proxy": 200, "cpu headgate": 150, // and none for an arm whose CPU time could not be read
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if o.most[bearing{overhead.Portkey, 10}] != 300 {
		t.Errorf("throughputs = %v, want portkey's 300 kept", o.most)
	}
}

func TestCalmestTurnsCount(t *testing.T) {
	t.Parallel()
	turns := []turn{{others: 0.5}, {others: 0.02}, {others: 0.3}, {others: 0.01}}
	var got []float64
	for _, one := range calmest(turns, 3) {
		got = append(got, one.others)
	}
	if diff := cmp.Diff([]float64{0.01, 0.02, 0.3}, got); diff != "" {
		t.Errorf("calmest (-want +got):\n%s", diff)
	}
	if got := calmest(nil, 3); len(got) != 0 {
		t.Errorf("calmest of none = %v", got)
	}
}

func TestSuitesAreSound(t *testing.T) {
	t.Parallel()
	seen, files := map[string]bool{}, map[string]bool{}
	rank := map[results.Group]int{}
	for i, g := range results.Groups() {
		rank[g] = i
	}
	last := 0
	for _, s := range All() {
		at, ok := rank[s.Group]
		if s.Name == "" || s.Title == "" || s.About == "" || s.Run == nil || !ok {
			t.Errorf("suite %q lacks its title, words, group or function", s.Name)
		}
		if seen[s.Name] {
			t.Errorf("there are two suites %q", s.Name)
		}
		if at < last {
			t.Errorf("suite %s is %s and comes after a later group: simulated, live, machine is the order", s.Name, s.Group)
		}
		seen[s.Name], last = true, at
		for _, c := range s.Charts {
			if files[c.File] || c.File == "" || c.Title == "" {
				t.Errorf("suite %s: chart %q has no title, or a file name that is taken", s.Name, c.File)
			}
			files[c.File] = true
		}
	}
	for i, h := range Highlights() {
		if !seen[h.Suite] || h.Chart != "" && !files[h.Chart] {
			t.Errorf("highlight %d shows suite %q and chart %q, which are not there", i+1, h.Suite, h.Chart)
		}
	}
}

func TestDecisionsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := runDecisions(ctx, Settings{Root: filepath.Join("..", "..", ".."), Step: t.Logf}, func(r results.Row) { t.Errorf("a row of an ended run: %s", &r) })
	if err == nil || ctx.Err() == nil {
		t.Errorf("runDecisions = %v, want the context's end", err)
	}
}
