package live

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

const (
	// seconds is how many nominal seconds are remembered: an hour.
	seconds = 3600
	// waits is how many of the last calls the percentiles are of at most.
	waits = 4096
	// recent is which calls they are of, in nominal time.
	recent = 5 * time.Minute
)

// Counts is what was counted up to an instant.
type Counts struct {
	// Midnight is when the gateway's day began, and Today sums up the calls that
	// have arrived since and ended.
	Midnight time.Time
	Today    ledger.Sums
	// CallsLastMinute and ThrottlesLastMinute are of the calls that ended in it.
	CallsLastMinute, ThrottlesLastMinute int64
	NanoUSDLastHour                      int64
	// SentLastHour are the calls of the last hour that generate and were sent, and
	// UnsetLastHour those of them that named no max_tokens, so that Bedrock reserves
	// the model's maximum. They are known from the start of the process on.
	SentLastHour, UnsetLastHour int64
	// P50Queued and P95Queued are in real time, of the sent calls of the last five
	// minutes, the newest 4096 at most; negative when there was none.
	P50Queued, P95Queued time.Duration
}

// tally counts calls. A nominal second is one of the time scale.
type tally struct {
	zone  *time.Location
	scale float64

	mu              sync.Mutex // guards what follows
	midnight, ended time.Time  // of the day that today sums up
	today           ledger.Sums
	ring            [seconds]second
	waited          [waits]wait // the newest overwrites the oldest
	calls           int         // that waited has had
}

// second is what happened in a nominal second since 1970.
type second struct {
	number           int64
	calls, throttles int64
	nano             int64
	sent, unset      int64
}

// wait is how long a call that ended at an instant had waited.
type wait struct {
	ended  time.Time
	queued time.Duration
}

func (t *tally) load(ctx context.Context, r Reader, now time.Time) error {
	t.mu.Lock()
	t.turnLocked(now)
	midnight := t.midnight
	t.mu.Unlock()
	today, err := r.Sums(ctx, ledger.SumQuery{Since: midnight})
	if err != nil {
		return err
	}
	hour := now.Add(-t.real(time.Hour))
	before, err := r.Usage(ctx, ledger.UsageQuery{Since: hour, Step: ledger.UsageMinute})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.today = today
	for _, p := range before.Points {
		at := p.Time
		if at.Before(hour) { // the minute in which the hour began
			at = hour
		}
		s := t.secondLocked(at)
		s.calls += p.Calls
		s.throttles += p.Throttles
		s.nano += p.NanoUSD
	}
	return nil
}

// real is how long a nominal duration takes.
func (t *tally) real(nominal time.Duration) time.Duration {
	return max(1, time.Duration(float64(nominal)/t.scale))
}

// number is that of the nominal second which an instant is in.
func (t *tally) number(at time.Time) int64 { return at.UnixNano() / int64(t.real(time.Second)) }

// secondLocked is where to count what happens at an instant.
func (t *tally) secondLocked(at time.Time) *second {
	n := t.number(at)
	s := &t.ring[n%seconds]
	if s.number != n {
		*s = second{number: n}
	}
	return s
}

// turnLocked begins a new day when it is time.
func (t *tally) turnLocked(now time.Time) {
	if now.Before(t.ended) && !now.Before(t.midnight) {
		return
	}
	year, month, day := now.In(t.zone).Date()
	t.midnight, t.ended = time.Date(year, month, day, 0, 0, 0, 0, t.zone), time.Date(year, month, day+1, 0, 0, 0, 0, t.zone)
	t.today = ledger.Sums{}
}

func (t *tally) add(now time.Time, e *ledger.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turnLocked(now)
	if !e.Time.Before(t.midnight) {
		t.today.Add(*e)
	}
	s := t.secondLocked(now)
	s.calls++
	s.throttles += int64(e.ThrottledRequests + e.ThrottledTokens + e.ThrottledDay)
	s.nano += max(0, e.Cost)
	if e.Attempts > 0 && e.Operation.Metered() {
		s.sent++
		if e.MaxTokens == ledger.UnsetTokens {
			s.unset++
		}
	}
	if e.Attempts > 0 {
		t.waited[t.calls%waits] = wait{now, e.Queued}
		t.calls++
	}
}

// Counts is what has been counted.
func (w *Watch) Counts(now time.Time) Counts {
	c, queued := w.tally.counts(now)
	slices.Sort(queued)
	c.P50Queued, c.P95Queued = rank(queued, 50), rank(queued, 95)
	return c
}

// counts leaves the waits to be sorted without the lock.
func (t *tally) counts(now time.Time) (Counts, []time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turnLocked(now)
	c := Counts{Midnight: t.midnight, Today: t.today}
	last := t.number(now)
	for i := range t.ring {
		s := &t.ring[i]
		if age := last - s.number; s.number != 0 && age < seconds {
			c.NanoUSDLastHour += s.nano
			c.SentLastHour += s.sent
			c.UnsetLastHour += s.unset
			if age < 60 {
				c.CallsLastMinute += s.calls
				c.ThrottlesLastMinute += s.throttles
			}
		}
	}
	since := now.Add(-t.real(recent))
	queued := make([]time.Duration, 0, min(t.calls, waits))
	for i := range min(t.calls, waits) {
		if t.waited[i].ended.After(since) {
			queued = append(queued, t.waited[i].queued)
		}
	}
	return c, queued
}

// rank is the least value that so many percent do not exceed.
func rank(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return -1
	}
	return sorted[(percent*len(sorted)+99)/100-1]
}
