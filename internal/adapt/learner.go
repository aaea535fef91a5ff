package adapt

import "time"

const (
	// look is how often the bank is brought up to date, in windows.
	look = 1.0 / 480
	// firstRest and restGrowth pace the attempts on a limit that goes on refusing:
	// 2 s of a minute, then three times as long each time. A bucket has filled by
	// then; a fixed window may stay closed for most of its length.
	firstRest  = 1.0 / 30
	restGrowth = 3
	// firstStep and stepGrowth are how far below the least use that was refused
	// the share is set: a hundredth at first, and four times as far each time
	// that this was not enough.
	firstStep  = 0.01
	stepGrowth = 4
	// boldSteps is after how many of them the bracket is halved instead.
	boldSteps = 3
	// mostStep is the least that remains of the share after one refusal.
	mostStep = 0.76
	// coarse is a call so large a part of the limit that it counts in calls.
	coarse = 0.05
	// crumbs is a share so small that a bucket is the less likely cause: a window
	// that is closed but for what settlements give back looks like it.
	crumbs = 0.58
	// near is a bracket too narrow to be worth more throttles.
	near = 0.012
	// noticing is how much of a window passes, beside the jitter, until an answer
	// that refuses is known: a fifth of a second of a minute.
	noticing = 0.003
	// firstProbe is after how many windows without a throttle more is tried, and
	// lastProbe what that grows to when it fails: twenty minutes, since a throttle
	// costs no client anything and a share that came back unnoticed does.
	firstProbe = 10
	lastProbe  = 20
	// busy is the part of the share in force that must be in use for the lack of
	// throttles to mean anything.
	busy = 0.9
)

// learner learns which part of one limit is there. Make it with newLearner.
//
// The upper end of its bracket is the least use that was refused: what was used
// in the window before the refusal, whatever the law; between refusals, what a
// bucket would have given (see bank). The lower end is the use that has been
// sustained. The share in force is near the upper end after a first refusal,
// since most are one-off, and halves the bracket when they go on.
type learner struct {
	amount, window, jitter float64 // window and jitter in ns

	lower, upper, share float64

	bank     bank
	learning bool // the bank has begun
	windowed bool // what followed a refusal is no bucket's doing
	charge   float64
	least    float64 // the least use that was refused since learning began

	since    float64 // when the use below began to be summed
	used     float64
	last     float64 // the last refusal
	refused  int     // in a row
	strikes  int     // in short succession
	refusals int     // in all

	struck float64 // the share that the last strike found

	probes  int
	patient float64 // windows until the next probe
	probed  float64
	before  float64 // the share before the probes
}

func newLearner(amount int64, window, jitter time.Duration) *learner {
	return &learner{
		amount: float64(max(1, amount)), window: float64(max(1, window)), jitter: float64(jitter),
		upper: 1, share: 1, last: -1e9, patient: firstProbe,
	}
}

// when is an instant in windows.
func (l *learner) when(now time.Time) float64 { return float64(now.UnixNano()) / l.window }

// took takes in a charge that was sent, or, when it is negative, one that was
// given back.
func (l *learner) took(now time.Time, amount int64) {
	q := float64(amount) / l.amount
	l.used += q
	if q > 0 {
		l.charge += 0.05 * (q - l.charge)
	}
	switch {
	case !l.learning:
	case q > 0:
		l.bank.take(q)
	default:
		l.bank.give(l.when(now), -q, l.charge)
	}
	l.look(now)
}

// look draws what can be drawn from the lack of refusals.
func (l *learner) look(now time.Time) {
	at := l.when(now)
	switch {
	case l.since == 0:
		l.since = at
	case l.learning && at-l.bank.at >= look:
		l.settleOn(at)
	case !l.learning && l.share < 1 && at-max(l.last, l.probed) >= l.wait():
		l.probe(at)
	}
}

// settleOn brings the bracket up to date, and the share with it.
func (l *learner) settleOn(at float64) {
	l.bank.advance(at, l.charge)
	l.narrow()
	quiet := at - l.last
	sustained := !l.windowed // a bank knows at once; a window shows in time
	if l.windowed && quiet > l.memory() {
		l.lower, sustained = max(l.lower, min(l.share, l.rate(at))), true
	}
	l.lower = min(l.lower, l.upper)
	if gap := l.upper - l.share; sustained && gap > max(near, l.charge/4) && l.lower >= l.share-max(near/2, gap/4) {
		l.share = l.lower + (l.upper-l.lower)/2
	}
	if quiet > firstProbe {
		l.learning, l.strikes = false, 0
		l.restart(at)
	}
}

// narrow takes the bank's bounds over. When it has none left, the upstream is no
// bucket, and only the use that was refused counts.
func (l *learner) narrow() {
	if l.windowed {
		return
	}
	lower, upper, ok := l.bank.bounds()
	if !ok || upper < crumbs {
		l.notABucket()
		return
	}
	l.lower, l.upper = max(l.lower, lower), min(l.upper, upper)
}

func (l *learner) notABucket() {
	if !l.windowed {
		l.windowed, l.lower, l.upper = true, 0, l.least
		l.share = l.below(l.charge)
	}
}

// rate is the mean use since the last refusal, of which a full bucket may have
// given one window's worth on top.
func (l *learner) rate(at float64) float64 { return l.used / max(at-l.since, 1e-3) }

func (l *learner) restart(at float64) { l.since, l.used = at, 0 }

// wait is how many windows must pass before the next probe.
func (l *learner) wait() float64 {
	if l.probes > 0 {
		return 1
	}
	return l.patient
}

// probe tries a larger share, a little at first and then twice as much each
// window, as long as the present one is used.
func (l *learner) probe(at float64) {
	l.probed = at
	inUse := l.rate(at) >= busy*l.share
	l.restart(at)
	if !inUse {
		l.probes = 0
		return
	}
	if l.probes == 0 {
		l.before = l.share
	}
	l.share = min(1, l.share+firstStep*float64(int(1)<<min(l.probes, 6)))
	l.upper = l.share
	l.probes++
	if l.share == 1 {
		l.probes, l.patient, l.lower = 0, firstProbe, 0
	}
}

// refuse takes in a refusal of a call's charge, with what was used in the window
// before it, the charge included. InRow says that nothing was taken since the
// last one. It returns how long the limit should rest.
func (l *learner) refuse(now time.Time, inRow bool, amount, used int64) time.Duration {
	at, q := l.when(now), float64(amount)/l.amount
	late := l.jitter/l.window + noticing
	slack := q/2 + late
	l.refusals++
	if !inRow {
		l.refused = 0
	}
	l.refused++
	if l.learning {
		l.bank.advance(at, l.charge)
		if l.refused > 1 && (at-l.last)*leastShare > q+slack {
			l.notABucket() // the smallest that is told apart would have taken it
		}
		l.bank.refuse(q, q/2, late)
	}
	if l.refused == 1 {
		l.strike(at, q, float64(used)/l.amount, slack)
	} else if l.learning {
		l.narrow()
		l.closed(q, float64(used)/l.amount)
	}
	rest, row := firstRest, min(l.refused, 4)
	if l.windowed && row > 1 {
		row = min(row+1, 4) // a window is closed for longer than a bucket is empty
	}
	for range row - 1 {
		rest *= restGrowth
	}
	l.last = at
	return time.Duration(rest * l.window)
}

// strike takes in the first refusal after calls had been taken.
func (l *learner) strike(at, q, used, slack float64) {
	if at-l.last > l.memory() {
		l.strikes = 0
	}
	l.strikes++
	if l.probes > 0 { // a probe that failed: what was there before, is
		if l.upper = l.share; l.probes == 1 {
			l.upper = l.before + near
		}
		l.share, l.lower = l.before, l.before
		l.probes, l.patient = 0, min(lastProbe, 2*l.patient)
		l.learn(at, q)
		return
	}
	if !l.learning {
		l.lower = max(0, (l.used-1)/max(at-l.since, 1e-3))
		l.learn(at, q)
	}
	l.least = min(l.least, used)
	l.upper = max(min(l.upper, used+slack), leastShare)
	if l.lower > min(l.upper, l.share-near) {
		l.lower = 0 // what was sustained is not there any more
	}
	l.narrow()
	step := firstStep
	for range min(l.strikes, boldSteps) - 1 {
		step *= stepGrowth
	}
	l.struck = l.share
	switch {
	case l.windowed:
		l.upper = min(l.upper, l.least)
		if q > coarse { // so few calls that what was in use says less than the pace
			l.upper = max(min(l.upper, l.struck), leastShare)
		}
		l.share = l.below(q)
	case l.strikes > boldSteps:
		l.share = max(l.lower, leastShare) + (l.upper-max(l.lower, leastShare))/2
	default:
		l.share = max(l.lower, l.upper*(1-step), leastShare)
	}
	// What was refused is not tried again at once, whatever the bracket says, nor,
	// when it happens again, what differs from it by a part of a call. A bucket is
	// found in one step more; a window is told from one by what it takes where a
	// bucket could not.
	less := firstStep * l.struck
	if l.strikes > 1 {
		less = max(less, q)
	}
	l.share = max(min(l.share, l.struck-less), mostStep*l.struck, leastShare)
	l.lower = min(l.lower, l.share) // what was just refused is not sustained
	l.restart(at)
}

// closed takes in that a window which refused is closed still: what is in use in
// it by now is too much too, and the closer to what is there the later it is.
func (l *learner) closed(q, used float64) {
	if !l.windowed || used >= l.least {
		return
	}
	l.least = used
	l.upper = max(min(l.upper, used), leastShare)
	l.lower = min(l.lower, l.upper)
	l.share = max(min(l.share, l.below(q)), mostStep*l.struck)
}

// memory is for how many windows refusals belong together, and after how many
// without one the use is taken to be sustained: two, and more where a call is so
// large a part of the limit that few are made in that time.
func (l *learner) memory() float64 { return 2 + 8*min(1, l.charge) }

// below is a little less than the least use that a window refused, and less
// again each time that this was still too much.
func (l *learner) below(q float64) float64 {
	step := max(firstStep*(1+float64(l.strikes)/2), max(q, l.charge)*float64(l.strikes)/4)
	return max(l.least-step, leastShare)
}

// adopt takes over a share that was learned before.
func (l *learner) adopt(now time.Time, share float64) {
	l.share, l.upper, l.lower = max(share, leastShare), min(1, share+near), max(0, share-near)
	l.probed = l.when(now)
	l.restart(l.probed)
}

func (l *learner) learn(at, q float64) {
	l.learning = true
	l.windowed, l.least = false, 1
	l.bank.begin(at, q)
	l.restart(at)
}
