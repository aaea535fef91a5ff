package adapt

import (
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// Law is what has been learned of how a limit forgets.
type Law string

// The laws that are told apart.
const (
	// LawUnknown: nothing has shown; the rules that are safe under every law of a
	// whole window are in force.
	LawUnknown Law = "unknown"
	// LawBucket: charges beyond the amount of a window were taken.
	LawBucket Law = "bucket"
	// LawShort: a burst was refused that a window or a bucket of a minute would
	// have taken.
	LawShort Law = "short bucket"
	// LawWindow: charges beyond the amount of a window were refused.
	LawWindow Law = "window"
	// LawEven: requests are taken only one by one.
	LawEven Law = "even spacing"
)

const (
	// worth is the part of the time that the rule for windows must cost, over
	// trialWindows of waiting work, for a trial to pay.
	worth        = 0.04
	trialWindows = 2
	// beyond is by how much a window's amount must have been exceeded in a trial,
	// and how often, for its silence to show a bucket.
	beyond      = 1.02
	beyondTimes = 3
	// capacity is the part of a window's worth that a bucket is taken to hold once
	// one has shown itself: tests of Bedrock fit 0.82 to 0.95
	// (aws-samples/sample-traffic-shaping-for-amazon-bedrock, docs/testing).
	capacity = 0.8
	// safe is the part of the level at which a bucket refused that is used from
	// then on.
	safe = 0.8
	// short is the part of a window below which a level at a refusal speaks for a
	// short bucket.
	short = 0.5
	// roomy is the part of the amount that may be in use for a refusal to speak
	// for one: a window that is all but full explains a refusal better.
	roomy = 0.7
	// patience is how many windows pass until another trial: six hours of minutes,
	// twice as long after each that failed.
	patience = 360
)

// trial decides which rules are in force on a token limit.
//
// The obvious way, to take a bucket for granted because it is the likelier law,
// is throttled without end where it is wrong. To never find out would cost up to
// two thirds of the throughput where max_tokens is generous. One trial costs at
// most the throttles of one window, and then the answer is known.
type trial struct {
	law    Law
	burst  time.Duration // what a bucket is known to hold; 0: not known
	begun  time.Time     // of the trial under way; zero when none is
	excess int           // grants beyond the window's amount in it
	// feeling is how many calls have gone in it at or beyond that amount.
	feeling int
	next    time.Time // no trial before
	failed  int

	shortened, doubted time.Time // when a short bucket was believed in, and no more

	// What the rule for windows has cost since an instant; the wait under way
	// counts from from to until.
	lost              time.Duration
	since, from, till time.Time
}

// asked takes in that the limits were asked, and that the call must wait longer
// by some time, until an instant, because of the rule for windows. It reports
// whether a trial is to begin.
func (t *trial) asked(now, until time.Time, longer, window time.Duration) bool {
	if until := minTime(now, t.till); until.After(t.from) {
		t.lost += until.Sub(t.from)
	}
	t.from, t.till = until.Add(-longer), until
	if t.from.Before(now) {
		t.from = now
	}
	if t.law == LawBucket || !t.begun.IsZero() || now.Before(t.next) {
		return false
	}
	span := trialWindows * window
	if over := now.Sub(t.since); over >= span {
		pays := float64(t.lost) >= worth*float64(over) && over < 2*span
		t.since, t.lost = now, 0
		if pays {
			t.begun, t.excess, t.feeling = now, 0, 0
			return true
		}
	}
	return false
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// granted takes in what is used in the window after a grant. It reports whether
// the rule for windows is to come back.
func (t *trial) granted(now time.Time, used, most int64, window time.Duration) (over bool) {
	if t.begun.IsZero() {
		return false
	}
	if float64(used) > beyond*float64(most) {
		t.excess++
	}
	if now.Sub(t.begun) < trialWindows*window {
		return false
	}
	t.begun = time.Time{}
	if t.excess < beyondTimes {
		t.next = now.Add(trialWindows * window)
		return true
	}
	t.law, t.failed = LawBucket, 0
	return false
}

// feelers is how many calls go one by one when a trial first reaches what a window
// allows, so that its answer is one throttle and not one for each call on the way.
const feelers = 8

// feels reports whether a call just granted, with which so much is used in the
// window, is one of them.
func (t *trial) feels(used, most int64) bool {
	if t.begun.IsZero() || used <= most || t.feeling >= feelers {
		return false
	}
	t.feeling++
	return true
}

// failedBy takes in a throttle on the limit. It reports whether the trial under
// way explains it: then the rule for windows comes back.
func (t *trial) failedBy(now time.Time, window time.Duration) bool {
	if t.begun.IsZero() {
		return false
	}
	t.law, t.begun = LawWindow, time.Time{}
	t.next = now.Add(patience * window << min(t.failed, 4))
	t.failed++
	return true
}

// shortBucket takes in that a bucket refused at a level. It reports whether that
// speaks for a short one: the level was low, and lower than what has been
// believed. A refusal soon after that has been believed shows that it was no
// explanation.
func (t *trial) shortBucket(now time.Time, level, window time.Duration, used float64) bool {
	holds := time.Duration(safe * float64(level))
	switch {
	case t.law == LawBucket || level > time.Duration(short*float64(window)) || used > roomy:
		return false
	case t.burst > 0 && now.Sub(t.shortened) < trialWindows*window:
		t.law, t.burst, t.doubted = LawUnknown, 0, now
		return false
	case t.burst > 0 && float64(holds) > safe*float64(t.burst), !t.doubted.IsZero() && now.Sub(t.doubted) < patience*window:
		return false
	}
	t.law, t.burst, t.shortened = LawShort, max(holds, 1), now
	return true
}

// rule is the token rule that follows.
func (t *trial) rule(share float64, window time.Duration) quota.Rule {
	r := quota.Rule{
		Share: share, Burst: t.burst,
		NoWindow: t.law == LawBucket || !t.begun.IsZero(), Bucket: t.burst > 0,
	}
	if r.NoWindow && t.burst == 0 {
		r.Burst = time.Duration(capacity * float64(window))
	}
	return r
}
