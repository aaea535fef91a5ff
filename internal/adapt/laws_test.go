package adapt

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// windowBound is the part of a limit that can be used under a law of windows
// when calls hold ratio × what they cost for a while: what is held until the end
// of the call is lost, and it counts beside what has been settled.
func windowBound(ratio float64, lasts time.Duration) float64 {
	return 1 / (1 + lasts.Minutes()*(ratio-1))
}

// TestSafeUnderEveryLaw saturates a limit whose law is not known with calls that
// hold about what they cost: no throttle, and all but the margin in use.
func TestSafeUnderEveryLaw(t *testing.T) {
	t.Parallel()
	for _, law := range []string{"bucket", "bucket:5s", "fixed:random", "first", "sliding", "dual"} {
		for _, cost := range []int64{1000, 2500} {
			t.Run(law, func(t *testing.T) {
				t.Parallel()
				d := newDrive(law, 7, Options{}, even(cost, 1.08, 2*time.Second)).run(20 * time.Minute)
				if n := len(d.throttles); n != 0 {
					t.Errorf("calls of %d: %d throttles, the first at %v; want none", cost, n, d.throttles[0])
				}
				if use := d.use(2*time.Minute, 20*time.Minute); use < 0.985 {
					t.Errorf("calls of %d: use %.4f, want at least 0.985", cost, use)
				}
				if got := d.law(); got != LawUnknown {
					t.Errorf("calls of %d: law %q; nothing has shown one", cost, got)
				}
			})
		}
	}
}

// TestLawsAreTold saturates limits with calls that hold several times what they
// cost: where a bucket gives what windows do not, it is found and used.
func TestLawsAreTold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		law       string
		ratio     float64
		throttles int
		use       float64
		want      Law
	}{
		{"bucket", 2, 0, 0.97, LawBucket},
		{"bucket", 4, 0, 0.97, LawBucket},
		{"bucket", 8, 0, 0.97, LawBucket},
		{"bucket:5s", 2, 1, 0.97, LawBucket},
		// Each of these tries once what a window would refuse.
		{"fixed:random", 2, 2, 0.97 * windowBound(2, 10*time.Second), LawWindow},
		{"fixed:random", 4, 2, 0.97 * windowBound(4, 10*time.Second), LawWindow},
		{"fixed:random", 8, 2, 0.97 * windowBound(8, 10*time.Second), LawWindow},
		{"first", 2, 2, 0.97 * windowBound(2, 10*time.Second), LawWindow},
		{"first", 4, 2, 0.97 * windowBound(4, 10*time.Second), LawWindow},
		{"first", 8, 2, 0.97 * windowBound(8, 10*time.Second), LawWindow},
		{"sliding", 2, 2, 0.97 * windowBound(2, 10*time.Second), LawWindow},
		{"sliding", 4, 2, 0.97 * windowBound(4, 10*time.Second), LawWindow},
		{"sliding", 8, 2, 0.97 * windowBound(8, 10*time.Second), LawWindow},
	}
	for _, tt := range tests {
		for _, scale := range []time.Duration{1, 60} {
			t.Run(tt.law, func(t *testing.T) {
				t.Parallel()
				d := newFastDrive(scale, quota.TokensPerMinute, amount, tt.law, 7, Options{}, even(2500, tt.ratio, 10*time.Second/scale))
				w := d.window
				d.run(20 * w)
				if n := len(d.throttles); n > tt.throttles {
					t.Errorf("hold ÷ cost %v, window %v: %d throttles %v, want at most %d", tt.ratio, w, n, d.throttles, tt.throttles)
				}
				if use := d.use(2*w, 20*w); use < tt.use {
					t.Errorf("hold ÷ cost %v, window %v: use %.4f, want at least %.4f", tt.ratio, w, use, tt.use)
				}
				if got := d.law(); got != tt.want {
					t.Errorf("hold ÷ cost %v, window %v: law %q, want %q", tt.ratio, w, got, tt.want)
				}
			})
		}
	}
}

// TestATrialIsRare drives a window law for a day: once it has shown itself, it is
// believed for six hours and then for longer.
func TestATrialIsRare(t *testing.T) {
	t.Parallel()
	d := newDrive("sliding", 3, Options{}, even(10_000, 4, 10*time.Second)).run(24 * time.Hour)
	if n := len(d.throttles); n > 8 {
		t.Errorf("%d throttles in a day %v, want at most 8: about two in each of three trials", n, d.throttles)
	}
	if use, bound := d.use(time.Hour, 24*time.Hour), windowBound(4, 10*time.Second); use < 0.95*bound {
		t.Errorf("use %.3f, want at least 0.95 × %.3f", use, bound)
	}
}

// TestShards counts the throttles of a limit in four slices, to one of which each
// call is sent by chance.
func TestShards(t *testing.T) {
	t.Parallel()
	var all float64
	const seeds = 8
	for seed := range uint64(seeds) {
		d := newDrive("shards:4", seed, Options{}, even(2500, 1.08, 2*time.Second)).run(60 * time.Minute)
		if n := len(d.throttles); float64(n) > 0.001*float64(len(d.starts)) {
			t.Errorf("seed %d: %d throttles in %d calls, want at most one in a thousand", seed, n, len(d.starts))
		}
		use := d.use(2*time.Minute, 60*time.Minute)
		if all += use; use < 0.93 {
			t.Errorf("seed %d: use %.4f, want at least 0.93", seed, use)
		}
	}
	if all/seeds < 0.97 {
		t.Errorf("use %.4f on average, want at least 0.97", all/seeds)
	}
}

// TestModesWithoutTrials keeps to the safe rules whatever they cost.
func TestModesWithoutTrials(t *testing.T) {
	t.Parallel()
	for _, mode := range []Mode{ModeThrottles, ModeOff} {
		d := newDrive("sliding", 5, Options{Mode: mode}, even(2500, 4, 10*time.Second)).run(30 * time.Minute)
		if n := len(d.throttles); n != 0 {
			t.Errorf("mode %d: %d throttles, want none without a trial", mode, n)
		}
		if r := d.set.Meters()[0].Rule(); r.NoWindow {
			t.Errorf("mode %d: the rule is %+v", mode, r)
		}
	}
}

// TestModeOffChangesNothing throttles a Set that does not learn.
func TestModeOffChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDrive("bucket", 5, Options{Mode: ModeOff}, even(2500, 1.08, 2*time.Second))
	before := d.set.Meters()[0].Rule()
	d.hide(meter.Hidden{Factor: 0.5})
	d.run(20 * time.Minute)
	if len(d.throttles) == 0 {
		t.Fatal("no throttle: the test tests nothing")
	}
	if got := d.set.Meters()[0].Rule(); got != before {
		t.Errorf("rule %+v after %d throttles, want %+v", got, len(d.throttles), before)
	}
	if got := d.set.Beliefs(); len(got) != 0 {
		t.Errorf("beliefs %+v, want none", got)
	}
}
