package quota

import "time"

// tokens is what a token limit has been charged.
type tokens struct {
	// window is the mirror: what Bedrock counts, holds until they are settled.
	window window
	// owed is what the calls in flight are expected to be charged beyond their
	// holds, when they end. It must find room whenever that is.
	owed int64
	// ahead is what their forecasts differ from their holds by, both ways.
	ahead int64

	paced bool
	// pace is charged with what Bedrock takes at once and does not give back.
	pace pace
	// bucket is charged like the mirror: a bucket in which a hold takes the place
	// of other calls until it is settled. It is obeyed only once such a law has
	// shown itself; its burst is what the bucket is known to hold.
	bucket pace
}

func newTokens(l Limit, jitter int64) tokens {
	t := tokens{window: newWindow(int64(l.Window) + jitter)}
	if l.Kind.Window() == time.Minute {
		t.paced = true
		// Half a second of a minute lets small calls go together; a bucket that
		// holds a second's worth, the shortest that is known of, takes it.
		t.pace = pace{window: int64(l.Window), amount: l.Amount, burst: int64(l.Window) / 120, saves: true}
		t.bucket = pace{window: t.pace.window, amount: l.Amount, burst: t.pace.burst, recent: recent{span: 2*jitter + 1}}
	}
	return t
}

// regime is which rules a token limit obeys.
type regime struct {
	most   int64 // the amount
	window bool  // the window's
	bucket bool  // the bucket's
}

// kept is the part of a charge that is expected to stay charged from the start.
func (c Charge) kept() int64 { return min(c.Hold, c.Forecast) }

// beyond is the part that comes at the end, on top of the hold.
func (c Charge) beyond() int64 { return max(0, c.Forecast-c.Hold) }

// fits is the first instant, not before now, at which c has room. When only the
// end of calls in flight can make room, it is an instant to look again.
func (t *tokens) fits(now int64, c Charge, r regime) int64 {
	at := now
	if r.window {
		need := c.Hold + c.beyond()
		room := max(r.most, need) - t.owed // a call above what is believed goes alone
		at = now + t.window.keep/64
		if need <= room {
			at = t.window.fits(now, need, room)
		}
	}
	if t.paced {
		at = max(at, t.pace.fits(now, c.kept()))
		if r.bucket {
			at = max(at, t.bucket.fits(now, c.Hold+c.beyond()+t.owed))
		}
	}
	return at
}

func (t *tokens) add(now int64, c Charge) {
	t.window.add(now, c.Hold)
	t.owed += c.beyond()
	t.ahead += c.Forecast - c.Hold
	if t.paced {
		t.pace.add(now, c.kept())
		t.bucket.add(now, c.Hold)
	}
}

// settle replaces the charge made at the instant at by what the call cost.
func (t *tokens) settle(now, at int64, c Charge, settled int64) {
	t.window.correct(now, at, settled-c.Hold)
	t.owed -= c.beyond()
	t.ahead -= c.Forecast - c.Hold
	if t.paced {
		t.pace.correct(now, settled-c.kept())
		t.bucket.correct(now, settled-c.Hold)
	}
}

// release takes the charge back.
func (t *tokens) release(now, at int64, c Charge) {
	t.window.correct(now, at, -c.Hold)
	t.owed -= c.beyond()
	t.ahead -= c.Forecast - c.Hold
	if t.paced {
		t.pace.forget(now, at, c.kept())
		t.bucket.forget(now, at, c.Hold)
	}
}

// spend charges n that no hold stands for.
func (t *tokens) spend(now, n int64) {
	t.window.add(now, n)
	if t.paced {
		t.pace.add(now, n)
		t.bucket.add(now, n)
	}
}

// forecast is when own would fit after ahead tokens more: each window takes the
// limit once.
//
// What the calls in flight will give back counts as free for a day limit: they
// end in seconds or minutes, and their holds would leave the window in a day. For
// a minute it makes no such difference, and the later instant is the safe one.
func (t *tokens) forecast(now, ahead int64, own Charge, r regime) int64 {
	most := max(r.most, own.Hold+own.beyond())
	var back int64
	if !t.paced {
		back = t.owed - t.ahead // the sum of max(0, hold - forecast)
	}
	at := t.fits(now, own, r)
	need := own.Hold + own.beyond()
	if r.window && back > 0 && need <= most-t.owed {
		at = t.window.fits(now, need-back, most-t.owed)
	}
	if ahead <= 0 {
		return at
	}
	if r.window {
		total := add(ahead, need)
		rounds := (total - 1) / most
		whole := t.window.keep + t.window.width
		first := t.window.fits(now, total-rounds*most-back, most)
		at = max(at, add(first, min(rounds, mostRounds)*whole))
	}
	if t.paced {
		at = max(at, add(max(now, t.pace.drained), t.pace.cost(ahead))-t.pace.burst)
	}
	return at
}

// mostRounds bounds forecasts, in windows: three weeks of minutes, or ninety years
// of days. Nobody waits longer.
const mostRounds = 1 << 15
