package cloudwatch

import (
	"strings"
	"testing"
	"time"
)

// TestMissingData plays the tables of the Amazon CloudWatch User Guide,
// "Configuring how CloudWatch alarms treat missing data": five periods, three
// of which are evaluated. 0 is within the threshold, X is not, - is missing.
func TestMissingData(t *testing.T) {
	t.Parallel()
	const was = "as it was"
	tests := []struct {
		needed  int64
		periods string
		want    [4]string // missing, ignore, breaching, notBreaching
	}{
		{3, "0-X-X", [4]string{stateOK, stateOK, stateOK, stateOK}},
		{3, "----0", [4]string{stateOK, stateOK, stateOK, stateOK}},
		{3, "-----", [4]string{stateInsufficient, was, stateAlarm, stateOK}},
		{3, "0XX-X", [4]string{stateAlarm, stateAlarm, stateAlarm, stateAlarm}},
		{3, "--X--", [4]string{stateAlarm, was, stateAlarm, stateOK}},
		{2, "0-X-X", [4]string{stateAlarm, stateAlarm, stateAlarm, stateAlarm}},
		{2, "00X0X", [4]string{stateAlarm, stateAlarm, stateAlarm, stateAlarm}},
		{2, "0-X--", [4]string{stateOK, stateOK, stateAlarm, stateOK}},
		{2, "----0", [4]string{stateOK, stateOK, stateAlarm, stateOK}},
		{2, "---X-", [4]string{stateAlarm, was, stateAlarm, stateOK}},
	}
	for _, tt := range tests {
		for i, treat := range []string{treatMissing, treatIgnore, treatBreaching, treatNotBreaching} {
			sc := &scope{store: newStore(time.Minute)}
			m := metric{namespace: "N", name: "M"}
			for at, c := range tt.periods {
				if c != '-' {
					sc.store.add(sc.store.open(m, ""), int64(100+at), map[rune]float64{'0': 1, 'X': 11}[c], 1)
				}
			}
			st, _ := parseStatistic("Sum")
			a := &alarm{state: was, setting: setting{
				queries: []*query{{id: "m1", metric: m, statistic: st, period: 1, returned: true}}, single: true,
				periods: 3, datapoints: tt.needed, threshold: 10, comparison: "GreaterThanThreshold", treat: treat,
			}}
			v, err := sc.lookLocked(a, 105)
			if got := a.judge(v); err != nil || got != tt.want[i] {
				t.Errorf("%d of 3, %s, %s: %s, %v, want %s", tt.needed, tt.periods, treat, got, err, tt.want[i])
			}
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	s := newStore(time.Minute)
	at := s.slot(time.Date(2026, 11, 25, 6, 0, 0, 0, time.UTC))
	st, _ := parseStatistic("Sum")
	a := &alarm{setting: setting{
		queries: []*query{{statistic: st, period: 5, returned: true}}, single: true,
		periods: 1, threshold: 10, comparison: "GreaterThanThreshold", treat: treatNotBreaching,
	}}
	for _, tt := range []struct {
		state string
		v     sight
		want  string
	}{
		{stateAlarm, sight{seen: []point{{at, 12}}, breach: 1}, "Threshold Crossed: 1 out of the last 1 datapoints [12.0 (25/11/26 06:00:00)] " +
			"was greater than the threshold (10.0) (minimum 1 datapoint for OK -> ALARM transition)."},
		{stateOK, sight{seen: []point{{at, 0.5}}}, "Threshold Crossed: 1 out of the last 1 datapoints [0.5 (25/11/26 06:00:00)] " +
			"was not greater than the threshold (10.0) (minimum 1 datapoint for ALARM -> OK transition)."},
		{stateOK, sight{missing: 1}, "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."},
		{stateInsufficient, sight{missing: 2}, "Insufficient Data: 2 datapoints were unknown."},
	} {
		if got := a.explain(tt.state, tt.v, s); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	if got := a.reasonJSON(sight{seen: []point{{at, 12}}}, s, s.instant(at+5)); !strings.Contains(got, `"recentDatapoints":[12],"threshold":10`) {
		t.Error(got)
	}
}
