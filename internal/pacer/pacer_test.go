package pacer

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// clock is the beginning of all tests.
func clock(s float64) time.Time { return time.Unix(1_000_000, 0).Add(time.Duration(s * 1e9)) }

func twoPerMinute() *quota.Set {
	return quota.NewSet([]quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 2}}, 0)
}

func call(tenant uint32, wait time.Duration) Request {
	return Request{Spec: sched.Spec{Tenant: tenant, Cost: 1, Tokens: 1}, Wait: wait}
}

func TestCallsStartWhenTheyFit(t *testing.T) {
	t.Parallel()
	limits := twoPerMinute()
	p := New(limits, sched.Options{})
	for range 3 {
		if _, refusal, ok := p.Enqueue(clock(0), call(1, time.Hour)); !ok {
			t.Fatalf("refused: %+v", refusal)
		}
	}
	started := p.Outcomes()
	if len(started) != 2 || !started[0].Started || started[0].Waited {
		t.Fatalf("outcomes at once = %+v, want two starts without a wait", started)
	}
	if all, own := p.Depth(1); all != 1 || own != 1 {
		t.Errorf("Depth = %d, %d, want 1, 1", all, own)
	}
	if by, blocked := p.Blocked(); !blocked || by != quota.RequestsPerMinute {
		t.Errorf("Blocked = %v, %v, want by requests", by, blocked)
	}
	at, changed := p.Wake()
	if want := clock(60); !changed || !at.Equal(want) {
		t.Fatalf("Wake = %v, %v, want %v, true", at, changed, want)
	}
	if _, changed := p.Wake(); changed {
		t.Error("Wake says that it has changed when it has not")
	}
	p.Tick(at)
	late := p.Outcomes()
	if len(late) != 1 || !late[0].Started || !late[0].Waited || late[0].By != quota.RequestsPerMinute {
		t.Fatalf("outcomes after a minute = %+v, want one start that waited for requests", late)
	}
	limits.Settle(at, late[0].Hold, quota.Settled{})
	p.Done(at, late[0].Token, quota.Settled{})
	if p.Waiting() != 0 {
		t.Errorf("Waiting = %d, want 0", p.Waiting())
	}
	if by, blocked := p.Blocked(); blocked {
		t.Errorf("Blocked = %v with nobody in line", by)
	}
}

func TestACallThatCannotStartInTimeIsRefused(t *testing.T) {
	t.Parallel()
	p := New(twoPerMinute(), sched.Options{})
	for range 2 {
		p.Enqueue(clock(0), call(1, time.Minute))
	}
	_, refusal, ok := p.Enqueue(clock(0), call(1, 30*time.Second))
	if ok || refusal.By != quota.RequestsPerMinute || refusal.Start < time.Minute {
		t.Errorf("Enqueue = %+v, %v, want a refusal that names requests and a minute", refusal, ok)
	}
	if got := len(p.Outcomes()); got != 2 {
		t.Errorf("%d outcomes, want the 2 starts alone", got)
	}
}

func TestExpiredAndCancelledCallsAreGone(t *testing.T) {
	t.Parallel()
	p := New(twoPerMinute(), sched.Options{})
	for range 2 {
		p.Enqueue(clock(0), call(1, time.Hour))
	}
	p.Outcomes()
	leaves, _, _ := p.Enqueue(clock(0), call(1, time.Hour))
	expires, _, _ := p.Enqueue(clock(0), call(2, 125*time.Second))
	p.Freed(clock(1))
	if !p.Cancel(clock(2), leaves) {
		t.Error("Cancel of a waiting call = false")
	}
	// Somebody else uses the quota up: the head waits on, past its deadline.
	limits := p.limits.(*quota.Set) //nolint:forcetypeassert // made above
	for _, m := range limits.Meters() {
		m.Spend(clock(60), 2)
	}
	p.Tick(clock(60))
	p.Tick(clock(126))
	out := p.Outcomes()
	if len(out) != 1 || out[0].Token != expires || out[0].Started || out[0].By != quota.RequestsPerMinute {
		t.Fatalf("outcomes = %+v, want the last to expire and to name requests", out)
	}
	if p.Cancel(clock(126), expires) {
		t.Error("Cancel of an expired call = true")
	}
}
