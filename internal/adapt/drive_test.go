package adapt

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// drive sends calls through a Set to an emulated limit for as long as there is
// room, over a network that delays by up to jitter.
type drive struct {
	set    *Set
	kind   quota.Kind
	up     *meter.Limit
	window time.Duration
	jitter time.Duration
	next   func(i int) load
	rand   *rand.Rand

	begin     time.Time
	throttles []time.Duration
	starts    []time.Duration
	settled   []spent
	queue     events
	asks      time.Time
	seq       int
}

type spent struct {
	at     time.Duration
	amount int64
}

// load is one call.
type load struct {
	charges quota.Charges
	used    int64 // what the upstream charges in the end
	held    int64 // what the upstream holds: 0 means what the charges say
	lasts   time.Duration
}

type happening struct {
	at  time.Time
	seq int
	do  func(now time.Time)
}

type events []happening

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(happening)) } //nolint:forcetypeassert // heap.Interface
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

const amount = 1_000_000

func start() time.Time { return time.Unix(1_800_000_000, 0) }

// newDrive has one limit of amount tokens a minute under a law.
func newDrive(law string, seed uint64, opts Options, next func(i int) load) *drive {
	return newDriveOf(quota.TokensPerMinute, amount, law, seed, opts, next)
}

func newDriveOf(kind quota.Kind, amount int64, law string, seed uint64, opts Options, next func(i int) load) *drive {
	return newFastDrive(1, kind, amount, law, seed, opts, next)
}

// newFastDrive is newDriveOf where time runs scale times faster; so must the
// calls.
func newFastDrive(scale time.Duration, kind quota.Kind, amount int64, law string, seed uint64, opts Options, next func(i int) load) *drive {
	var l meter.Law
	if err := l.UnmarshalText([]byte(law)); err != nil {
		panic(err) // a test's own law
	}
	window, jitter := time.Minute/scale, 250*time.Millisecond/scale
	measure := meter.Tokens
	if kind == quota.RequestsPerMinute {
		measure = meter.Requests
	}
	return &drive{
		set:  NewSet([]quota.Limit{{Kind: kind, Amount: amount, Window: window}}, jitter, opts),
		kind: kind, up: meter.NewLimit(measure, l.Faster(float64(scale)), amount, window, seed, start()),
		window: window, jitter: jitter, next: next, rand: rand.New(rand.NewPCG(seed, 1)), begin: start(),
	}
}

func (d *drive) at(t time.Time, do func(now time.Time)) {
	d.seq++
	heap.Push(&d.queue, happening{t, d.seq, do})
}

func (d *drive) delay() time.Duration { return time.Duration(d.rand.Int64N(int64(d.jitter)/4 + 1)) }

// run drives for a while.
func (d *drive) run(lasts time.Duration) *drive {
	head, n := d.next(0), 1
	ask := func(time.Time) {}
	d.asks = d.begin
	ask = func(now time.Time) {
		for now.Sub(d.begin) < lasts {
			h, v := d.set.Reserve(now, head.charges)
			if !v.Granted {
				if d.asks.IsZero() || v.At.Before(d.asks) || !d.asks.After(now) {
					d.asks = v.At
					at := v.At
					d.at(at, func(now time.Time) {
						if d.asks.Equal(at) {
							ask(now)
						}
					})
				}
				return
			}
			c := head
			d.starts = append(d.starts, now.Sub(d.begin))
			d.at(now.Add(d.delay()), func(now time.Time) { d.arrive(now, h, c, ask) })
			head = d.next(n)
			n++
		}
	}
	d.at(d.begin, ask)
	for len(d.queue) > 0 {
		ev := heap.Pop(&d.queue).(happening) //nolint:forcetypeassert // holds nothing else
		ev.do(ev.at)
	}
	return d
}

func (d *drive) arrive(now time.Time, h quota.Hold, c load, ask func(time.Time)) {
	hold := c.held
	if hold == 0 {
		hold = h.Charges.Tokens.Hold
	}
	ticket, blocked := meter.Admit(now, []*meter.Limit{d.up}, hold)
	if blocked != meter.None {
		d.throttles = append(d.throttles, now.Sub(d.begin))
		if d.up.Accounting.ChargeRejected {
			meter.Reject(now, []*meter.Limit{d.up})
		}
		d.at(now.Add(d.delay()), func(now time.Time) {
			d.set.Throttled(now, d.kind, h)
			ask(now)
		})
		return
	}
	d.set.Started(h, now)
	d.at(now.Add(c.lasts), func(now time.Time) {
		ticket.Settle(now, c.used)
		d.settled = append(d.settled, spent{now.Sub(d.begin), c.used})
		d.at(now.Add(d.delay()), func(now time.Time) {
			d.set.Settle(now, h, quota.Settled{Tokens: c.used})
			ask(now)
		})
	})
}

// use is the part of the amount that was settled between two instants.
func (d *drive) use(from, to time.Duration) float64 {
	var sum int64
	for _, s := range d.settled {
		if s.at > from && s.at <= to {
			if d.kind == quota.RequestsPerMinute {
				sum++
				continue
			}
			sum += s.amount
		}
	}
	return float64(sum) / (float64(d.up.Amount) * float64(to-from) / float64(d.window))
}

// throttled counts the throttles from an instant on, until another.
func (d *drive) throttled(from, to time.Duration) int {
	n := 0
	for _, at := range d.throttles {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// hide has a part of the amount enforced that nobody tells of.
func (d *drive) hide(h meter.Hidden) *meter.Factor {
	f := meter.NewFactor(h, 1, d.begin)
	d.up.Follow(d.begin, f)
	return f
}

// law is what has been learned of how the limit forgets.
func (d *drive) law() Law { return d.set.Beliefs()[0].Law }

// even is calls that hold ratio × what they cost, all alike.
func even(cost int64, ratio float64, lasts time.Duration) func(int) load {
	return func(int) load {
		return load{
			charges: quota.Charges{Tokens: quota.Charge{Hold: int64(float64(cost) * ratio), Forecast: cost}},
			used:    cost, lasts: lasts,
		}
	}
}
