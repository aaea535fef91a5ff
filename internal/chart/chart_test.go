package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/chart"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// curve is n points of a function over [0, end].
func curve(name string, n int, end float64, f func(x float64) float64) chart.Series {
	s := chart.Series{Name: name}
	for i := range n {
		x := end * float64(i) / float64(n-1)
		s.X, s.Y = append(s.X, x), append(s.Y, f(x))
	}
	return s
}

func admitted() chart.Plot {
	s := curve("admitted", 61, 600, func(x float64) float64 { return 96_000 + 3_000*math.Sin(x/40) })
	s.Kind = chart.Step
	bucket := curve("direct", 31, 600, func(x float64) float64 { return 60_000 * (1 + math.Exp(-x/90)) })
	bucket.Kind = chart.Area
	return chart.Plot{
		Title: "Tokens admitted per minute", Subtitle: "forty agents, load 1.3",
		X:      chart.Axis{Label: "time since the start (min:s)", Unit: chart.Seconds},
		Y:      chart.Axis{Label: "tokens a minute"},
		Series: []chart.Series{s, bucket},
		Marks:  []chart.Mark{{Label: "limit", At: 100_000}, {Label: "limit lowered", At: 420, Vertical: true}},
	}
}

func waits() chart.Plot {
	p := chart.Plot{
		Title: "Waits by class", X: chart.Axis{Label: "time since the start (min:s)", Unit: chart.Seconds},
		Y: chart.Axis{Label: "wait", Unit: chart.Seconds, Log: true}, Height: 220,
	}
	for i, class := range []string{"interactive", "standard", "batch"} {
		s := curve(class, 200, 600, func(x float64) float64 { return math.Pow(6, float64(i)) * (1.1 + math.Sin(x*float64(i+3))) })
		s.Kind = chart.Points
		p.Series = append(p.Series, s)
	}
	return p
}

func runs() chart.Plot {
	fast := curve("admitted", 40, 600, func(x float64) float64 { return x / 15 })
	slow := curve("direct", 40, 600, func(x float64) float64 { return x / 40 })
	slow.Dashed = true
	slow.Y[20] = math.NaN() // a gap
	return chart.Plot{
		Title: "Runs finished", Subtitle: "of forty", X: chart.Axis{Unit: chart.Seconds}, Y: chart.Axis{Label: "runs", Min: 0, Max: 40},
		Series: []chart.Series{fast, slow}, Height: 200,
	}
}

func quotaUse() chart.Bars {
	bound := func(v float64) *float64 { return &v }
	b := chart.Bars{
		Title: "Quota used while work waits", Subtitle: "median of ten seeds, with the range; the tick is the bound",
		Value: chart.Axis{Label: "of the limit", Unit: chart.Ratio}, Marks: []chart.Mark{{Label: "limit", At: 1}},
	}
	for i, law := range []string{"E1 bucket of a minute", "E3 calendar minute", "E5 sliding window"} {
		x := float64(i) / 100
		b.Groups = append(b.Groups, chart.Group{Name: law, Bars: []chart.Bar{
			{Arm: "headgate", Value: 0.995 - x, Range: &chart.Range{Min: 0.99 - x, Max: 0.998 - x}, Bound: bound(1 - x)},
			{Arm: "SDK adaptive", Value: 0.71 + x, Range: &chart.Range{Min: 0.6, Max: 0.8}, Bound: bound(1 - x), Missed: i == 1},
			{Arm: "fixed 2-4-8-16-32", Value: 0.44, Range: &chart.Range{Min: 0.4, Max: 0.49}},
			{Arm: "not measured", Value: math.NaN()},
		}})
	}
	return b
}

// crowded has marks whose labels would meet, and rings on a line.
func crowded() chart.Plot {
	x, y := []float64{1, 10, 100}, []float64{2, 20, 20}
	return chart.Plot{
		Title: "Crowded", X: chart.Axis{Label: "requests per minute", Log: true}, Y: chart.Axis{Label: "runs per minute", Max: 30},
		Series: []chart.Series{{Name: "formula", X: x, Y: y}, {Name: "simulated", X: x, Y: y, Kind: chart.Rings}},
		Marks: []chart.Mark{
			{Label: "the knee", At: 10, Vertical: true},
			{Label: "the quota", At: 9, Vertical: true},
			{Label: "the default", At: 95, Vertical: true},
			{Label: "wanted", At: 19.5},
			{Label: "binds", At: 20},
		},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, svg := range map[string][]byte{
		"plot":     admitted().SVG(),
		"bars":     quotaUse().SVG(),
		"stack":    chart.Stack("Forty agents <through> one quota & its limit", admitted(), waits(), runs()).SVG(),
		"marks":    crowded().SVG(),
		"empty":    chart.Plot{Title: "Nothing yet", Series: []chart.Series{{Name: "admitted"}}}.SVG(),
		"nobars":   chart.Bars{Title: "Nothing yet"}.SVG(),
		"nopanels": chart.Stack("Nothing yet").SVG(),
	} {
		path := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(path, svg, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(svg)); diff != "" {
			t.Errorf("%s (-want +got; -update rewrites it, look at it):\n%s", path, diff)
		}
		wellFormed(t, svg)
	}
}

// fataler is what testing.T and rapid.T share.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func wellFormed(t fataler, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
	}
	if bad := regexp.MustCompile(`"[^"]*(NaN|Inf)[^"]*"`).Find(svg); bad != nil {
		t.Fatalf("a number that is none: %s", bad)
	}
}

func TestAnyDataDraws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(
			rapid.Float64(), rapid.Float64Range(-10, 1e7),
			rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, 1e15, 1e15 + 0.25}),
		)
		axis := rapid.Custom(func(t *rapid.T) chart.Axis {
			return chart.Axis{
				Unit: chart.Unit(rapid.IntRange(0, 2).Draw(t, "unit")), Log: rapid.Bool().Draw(t, "log"),
				Min: number.Draw(t, "min"), Max: number.Draw(t, "max"),
			}
		})
		p := chart.Plot{X: axis.Draw(t, "x"), Y: axis.Draw(t, "y")}
		for range rapid.IntRange(0, 3).Draw(t, "series") {
			p.Series = append(p.Series, chart.Series{
				Name: "s", X: rapid.SliceOfN(number, 0, 8).Draw(t, "xs"), Y: rapid.SliceOfN(number, 0, 8).Draw(t, "ys"),
				Kind: chart.Kind(rapid.IntRange(0, 3).Draw(t, "kind")),
			})
		}
		p.Marks = []chart.Mark{{At: number.Draw(t, "mark"), Vertical: rapid.Bool().Draw(t, "vertical")}}
		b := chart.Bars{Value: axis.Draw(t, "value")}
		for _, v := range rapid.SliceOfN(number, 0, 5).Draw(t, "bars") {
			b.Groups = append(b.Groups, chart.Group{Name: "g", Bars: []chart.Bar{
				{Arm: rapid.String().Draw(t, "arm"), Value: v, Bound: &v, Range: &chart.Range{Min: v, Max: number.Draw(t, "high")}},
			}})
		}
		wellFormed(t, chart.Stack(rapid.String().Draw(t, "title"), p, b).SVG())
	})
}

func TestThinningKeepsPeaks(t *testing.T) {
	t.Parallel()
	flat := curve("load", 200_000, 86_400, func(float64) float64 { return 1 })
	flat.Y[123_456] = 50
	for _, kind := range []chart.Kind{chart.Line, chart.Step, chart.Area, chart.Points} {
		flat.Kind = kind
		svg := chart.Plot{Y: chart.Axis{Max: 50}, Series: []chart.Series{flat}}.SVG()
		if len(svg) > 100_000 {
			t.Errorf("kind %d: %d bytes for 200,000 points, want at most 100,000", kind, len(svg))
		}
		if !regexp.MustCompile(`d="[^"]*(V3|[LM ][\d.]+ 3)[^\d.]`).Match(svg) {
			t.Errorf("kind %d: the one peak, at the upper edge, is not drawn", kind)
		}
	}
}

func TestOneNameHasOneColour(t *testing.T) {
	t.Parallel()
	svg := string(chart.Stack("", chart.Plot{Series: []chart.Series{{Name: "a"}, {Name: "b", X: []float64{1, 2}, Y: []float64{1, 2}}}},
		chart.Plot{Series: []chart.Series{{Name: "b", X: []float64{1, 2}, Y: []float64{1, 2}}}}).SVG())
	if got := strings.Count(svg, `"ln c1"`); got != 3 { // legend and two curves
		t.Errorf("colour c1 is used %d times, want 3:\n%s", got, svg)
	}
}
