package demo

import (
	"testing"
)

func TestStory(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		report Report
		want   string
	}{
		{
			"as it should be",
			Report{
				Direct:   Result{RunsStarted: 10, TokensWasted: 12672},
				FIFO:     Result{RunsStarted: 10, RunsFinished: 10, RunMean: new(1660.0)},
				Headgate: Result{RunsStarted: 10, RunsFinished: 10, RunMean: new(1059.0)},
			},
			"Direct, none of 10 runs finished and 12,672 quota tokens went into runs that never did; " +
				"through Headgate 10 of 10 did, with no client error and no throttle, " +
				"on average after 17.6 minutes, 36 % sooner than in order of arrival (27.7 minutes).",
		},
		{
			"one agent",
			Report{
				Direct:   Result{RunsStarted: 1, RunsFinished: 1},
				FIFO:     Result{RunsStarted: 1, RunsFinished: 1, RunMean: new(60.0)},
				Headgate: Result{RunsStarted: 1, RunsFinished: 1, RunMean: new(60.0)},
			},
			"Direct, 1 of 1 run finished; through Headgate 1 of 1 did, with no client error and no throttle, " +
				"on average after 1.0 minutes, as soon as in order of arrival (1.0 minutes).",
		},
		{
			"as it should not be",
			Report{
				Direct:   Result{RunsStarted: 10, RunsFinished: 2, TokensWasted: 900},
				FIFO:     Result{RunsStarted: 10, RunsFinished: 1, RunMean: new(100.0)},
				Headgate: Result{RunsStarted: 10, RunsFinished: 9, ClientErrors: 1, UpstreamThrottles: 3, RunMean: new(150.0)},
			},
			"Direct, 2 of 10 runs finished and 900 quota tokens went into runs that never did; " +
				"through Headgate 9 of 10 did, with 1 client error and 3 throttles, " +
				"on average after 2.5 minutes, 50 % later than in order of arrival (1.7 minutes).",
		},
		{
			"interrupted",
			Report{Direct: Result{RunsStarted: 10}, FIFO: Result{RunsStarted: 10}, Headgate: Result{RunsStarted: 10}},
			"Direct, none of 10 runs finished; through Headgate none of 10 did, with no client error and no throttle.",
		},
		{"before the start", Report{}, "Nothing has started."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.report.Story(); got != tt.want {
				t.Errorf("Story:\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 12672: "12,672", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}
