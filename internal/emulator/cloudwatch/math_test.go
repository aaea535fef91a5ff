package cloudwatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mathQueries are two metrics over four minutes: m1 has 1, 2, -, 4 and m2 10,
// 20, 30, -.
func mathQueries(t *testing.T) (*store, []*query) {
	t.Helper()
	s := newStore(time.Minute)
	var list []*query
	st, _ := parseStatistic("Sum")
	for _, x := range []struct {
		name string
		data []point
	}{{"m1", []point{{100, 1}, {101, 2}, {103, 4}}}, {"m2", []point{{100, 10}, {101, 20}, {102, 30}}}} {
		m := metric{namespace: "N", name: x.name}
		for _, p := range x.data {
			s.add(s.open(m, ""), p.at, p.value, 1)
		}
		list = append(list, &query{id: x.name, metric: m, statistic: st, period: 1})
	}
	return s, list
}

func TestMetricMath(t *testing.T) {
	t.Parallel()
	p := func(pairs ...float64) []point {
		var out []point
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, point{int64(pairs[i]), pairs[i+1]})
		}
		return out
	}
	tests := []struct {
		text string
		want []point
	}{
		{"m1", p(100, 1, 101, 2, 103, 4)},
		{"m1 + m2", p(100, 11, 101, 22)},
		{"m1 + 2 * 3", p(100, 7, 101, 8, 103, 10)},
		{"(m1 + 2) * 3", p(100, 9, 101, 12, 103, 18)},
		{"10 - m1 - 1", p(100, 8, 101, 7, 103, 5)},
		{"-m1 * 2", p(100, -2, 101, -4, 103, -8)},
		{"100*m1/m2", p(100, 10, 101, 10)},
		{"m1 / (m1 - 2)", p(100, -1, 103, 2)}, // nothing where it divides by zero
		{"2 ^ m1", p(100, 2, 101, 4, 103, 16)},
		{"SUM([m1, m2])", p(100, 11, 101, 22, 102, 30, 103, 4)},
		{"SUM(METRICS())", p(100, 11, 101, 22, 102, 30, 103, 4)},
		{`SUM(METRICS("2"))`, p(100, 10, 101, 20, 102, 30)},
		{"MAX([m1, m2])", p(100, 10, 101, 20, 102, 30, 103, 4)},
		{"AVG(METRICS())", p(100, 5.5, 101, 11, 102, 30, 103, 4)},
		{"m1 / SUM(m1)", p(100, 1.0/7, 101, 2.0/7, 103, 4.0/7)},
		{"FILL(m1, 0)", p(100, 1, 101, 2, 102, 0, 103, 4)},
		{"FILL(m2, REPEAT)", p(100, 10, 101, 20, 102, 30, 103, 30)},
		{"FILL(m1, 0) + FILL(m2, 0)", p(100, 11, 101, 22, 102, 30, 103, 4)},
		{"IF(m1 > 1, m1, 0)", p(100, 0, 101, 2, 103, 4)},
		{"IF(m1 >= 2 AND m1 < 4, m1)", p(101, 2)},
		{"RATE(m2)", p(101, 10.0/60, 102, 10.0/60)},
		{"DIFF(m2)", p(101, 10, 102, 10)},
		{"m1 / PERIOD(m1)", p(100, 1.0/60, 101, 2.0/60, 103, 4.0/60)},
		{"CEIL(m1 / 4)", p(100, 1, 101, 1, 103, 1)},
		{"TIME_SERIES(1.5e1)", p(100, 15, 101, 15, 102, 15, 103, 15)},
	}
	for _, tt := range tests {
		s, queries := mathQueries(t)
		n, err := parseExpression(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		got, err := newEvaluator(s, span{100, 104}, append(queries, &query{id: "e", expression: n})).value("e")
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got.points, cmp.AllowUnexported(point{})); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
	}
}

func TestMetricMathRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "m1 +", "(m1", "m1)", "[m1", "m1 m2", "1..2", "0x10", "m1 ? 2", `METRICS("a`, "e", "nothing + 1", "SUM(1)", "SUM(m1, m2)",
		"NOSUCH(m1)", "FILL(m1)", "FILL(m1, m2)", "METRICS() + METRICS()", `m1 + "x"`, "IF(METRICS(), 1)", "PERIOD(1)", "FILL(1, REPEAT)",
	} {
		s, queries := mathQueries(t)
		n, err := parseExpression(text)
		if err == nil {
			_, err = newEvaluator(s, span{100, 104}, append(queries, &query{id: "e", expression: n})).value("e")
		}
		if err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, text := range []string{"m1+m2", "SUM([m1,2])", "IF(m1>1,FILL(m2,REPEAT),-3)", "((((", `METRICS('x')`, "1e-3^2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseExpression(text)
		if err != nil {
			return
		}
		s, queries := mathQueries(t)
		_, _ = newEvaluator(s, span{100, 104}, append(queries, &query{id: "e", expression: n})).value("e")
	})
}
