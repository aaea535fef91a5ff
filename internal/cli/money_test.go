package cli

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		column []int64
		want   []string
	}{
		{nil, []string{}},
		{[]int64{0}, []string{"$0.00"}},
		{[]int64{9_500_000, 10_450_000}, []string{"$0.00950", "$0.01045"}},
		{[]int64{95_000_000_000, 2_850_000_000_000}, []string{"$95.00", "$2,850.00"}},
		{[]int64{1}, []string{"$0.000000001"}},
		// Five digits of the smallest: of a third of ten cents.
		{[]int64{33_333_333}, []string{"$0.033333"}},
		{[]int64{1_234_567_890, 5_000_000_000}, []string{"$1.2346", "$5.0000"}},
		{[]int64{12_345_678_901, 99_999_999_999_999}, []string{"$12.346", "$100,000.000"}},
		{[]int64{-1_250_000, 1_250_000}, []string{"-$0.00125", "$0.00125"}},
		{[]int64{math.MaxInt64, math.MinInt64}, []string{"$9,223,372,036.85", "-$9,223,372,036.85"}},
	} {
		column := make([]*int64, len(tc.column))
		for i := range tc.column {
			column[i] = &tc.column[i]
		}
		if diff := cmp.Diff(tc.want, money(column)); diff != "" {
			t.Errorf("money(%v) (-want +got):\n%s", tc.column, diff)
		}
	}
	one := int64(1_000_000_000)
	if diff := cmp.Diff([]string{"-", "$1.00"}, money([]*int64{nil, &one})); diff != "" {
		t.Errorf("money(nil, $1) (-want +got):\n%s", diff)
	}
}

func TestGauge(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][2]int64{"": {0, 10}, "█": {1, 1000}, "█████": {5, 10}, "██████████": {10, 10}} {
		if got := gauge(args[0], args[1]); got != want {
			t.Errorf("gauge(%d, %d) = %q, want %q", args[0], args[1], got, want)
		}
	}
}
