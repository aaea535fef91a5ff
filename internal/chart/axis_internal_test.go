package chart

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		axis      Axis
		low, high float64
		want      []string
	}{
		{Axis{}, 0, 9.3, []string{"0", "2", "4", "6", "8", "10"}},
		{Axis{}, 0, 0.031, []string{"0", "0.01", "0.02", "0.03", "0.04"}},
		{Axis{}, 0, 97_000, []string{"0", "20 k", "40 k", "60 k", "80 k", "100 k"}},
		{Axis{}, 0, 4_800, []string{"0", "1,000", "2,000", "3,000", "4,000", "5,000"}},
		{Axis{}, 0, 2.4e6, []string{"0", "0.5 M", "1.0 M", "1.5 M", "2.0 M", "2.5 M"}},
		{Axis{}, -3, 4, []string{"-4", "-2", "0", "2", "4"}},
		{Axis{Unit: Ratio}, 0, 0.99, []string{"0 %", "20 %", "40 %", "60 %", "80 %", "100 %"}},
		{Axis{Unit: Ratio, Min: 0.9, Max: 1}, 0, 1, []string{"90 %", "92 %", "94 %", "96 %", "98 %", "100 %"}},
		{Axis{Unit: Seconds}, 0, 290, []string{"0", "1:00", "2:00", "3:00", "4:00", "5:00"}},
		{Axis{Unit: Seconds}, 0, 70, []string{"0", "0:15", "0:30", "0:45", "1:00", "1:15"}},
		{Axis{Unit: Seconds}, 0, 0.9, []string{"0", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s"}},
		{Axis{Unit: Seconds}, 0, 86_400, []string{"0", "6:00 h", "12:00 h", "18:00 h", "24:00 h"}},
		{Axis{Log: true}, 0.2, 60_000, []string{"0.1", "1", "10", "100", "1,000", "10,000", "100,000"}},
		{Axis{Log: true, Unit: Seconds}, 0.2, 900, []string{"0.1 s", "1 s", "0:10", "1:00", "10:00"}},
		{Axis{Log: true}, 3, 40, []string{"1", "2", "5", "10", "20", "50", "100"}},
		{Axis{}, 5, 5, []string{"0", "1", "2", "3", "4", "5"}},
		{Axis{}, 0, 0, []string{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
	} {
		s := scaleOf(c.axis, span{c.low, c.high, true}, 5, 100, true)
		var got []string
		for _, v := range s.ticks() {
			got = append(got, s.label(v))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("ticks of %+v over %g–%g (-want +got):\n%s", c.axis, c.low, c.high, diff)
		}
	}
}

func TestUnitText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit Unit
		v    float64
		want string
	}{
		{Number, 0, "0"},
		{Number, 1234.5, "1,234"},
		{Number, 0.00123456, "0.00123"},
		{Number, 12.5, "12.5"},
		{Number, 2.5e15, "2.5e+15"},
		{Number, -1234567, "-1,234,567"},
		{Ratio, 0.996, "99.6 %"},
		{Ratio, 1, "100 %"},
		{Seconds, 4.2, "4.2 s"},
		{Seconds, 1058, "17:38"},
		{Seconds, 9000, "2:30 h"},
		{Seconds, -75, "-1:15"},
		{Number, math.NaN(), "–"},
		{Seconds, math.Inf(1), "–"},
	} {
		if got := c.unit.Text(c.v); got != c.want {
			t.Errorf("Unit(%d).Text(%g) = %q, want %q", c.unit, c.v, got, c.want)
		}
	}
}
