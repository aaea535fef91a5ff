package pacer

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// tokensPerMinute are limits of 6,000 tokens a minute, 100 a second.
func tokensPerMinute() *quota.Set {
	return quota.NewSet([]quota.Limit{{Kind: quota.TokensPerMinute, Amount: 6000}}, 0)
}

// full is a pacer whose limits are used up for a minute from the beginning.
func full(t *testing.T, opts sched.Options) (*Pacer, *quota.Set) {
	t.Helper()
	limits := usedUp(0)
	return New(limits, opts), limits
}

// usedUp are limits whose minute's worth was used at an instant.
func usedUp(s float64) *quota.Set {
	limits := tokensPerMinute()
	limits.Meters()[0].Spend(clock(s), 6000)
	return limits
}

// runCall is the first call of a run of so many calls of 1,000 tokens each, all of
// which is to be done in time.
func runCall(run uint64, calls int32, by time.Duration) Request {
	c := quota.Charge{Hold: 1000, Forecast: 1000}
	return Request{
		Spec:    sched.Spec{Class: llm.ClassStandard, Tenant: 1, Run: run, RunCalls: calls, Cost: 1000, Tokens: 1000},
		Wait:    time.Hour,
		Charges: quota.Charges{Tokens: c},
		Run:     Run{By: by, CallTime: time.Second},
	}
}

func mustEnter(t *testing.T, p *Pacer, s float64, r Request) Token {
	t.Helper()
	token, refusal, ok := p.Enqueue(clock(s), r)
	if !ok {
		t.Fatalf("run %d was refused: %+v", r.Spec.Run, refusal)
	}
	return token
}

// fates sorts what became of calls.
func fates(p *Pacer) (started, dropped []Outcome) {
	for _, o := range p.Outcomes() {
		switch {
		case o.Started:
			started = append(started, o)
		case o.Dropped:
			dropped = append(dropped, o)
		}
	}
	return started, dropped
}

func TestRunsAreLetInWhole(t *testing.T) {
	t.Parallel()
	const minutes = time.Minute
	for name, tc := range map[string]struct {
		change func(*Request)
		ok     bool
		run    bool // the refusal is of the run
		alone  bool // and no time to come back helps
	}{
		"room for all":                  {func(*Request) {}, true, false, false},
		"room for the first call alone": {func(r *Request) { r.Run.By = 90 * time.Second }, false, true, false},
		"said nothing of its end":       {func(r *Request) { r.Run.By = 0 }, true, false, false},
		"a negative time":               {func(r *Request) { r.Run.By = -minutes }, true, false, false},
		"one that is over":              {func(r *Request) { r.Run.By = 1 }, false, true, true},
		"begun":                         {func(r *Request) { r.Run.By, r.Spec.Begun = time.Second, true }, true, false, false},
		"undeclared":                    {func(r *Request) { r.Run.By, r.Spec.RunCalls = 90*time.Second, 0 }, true, false, false},
		"a negative number":             {func(r *Request) { r.Run.By, r.Spec.RunCalls = 90*time.Second, -7 }, true, false, false},
		"calls take long":               {func(r *Request) { r.Run.CallTime = 2 * minutes }, false, true, true},
		"calls take negative time":      {func(r *Request) { r.Run.CallTime = -minutes }, true, false, false},
		"calls take for ever":           {func(r *Request) { r.Run.CallTime = 1 << 62 }, false, true, true},
		"more calls than there are":     {func(r *Request) { r.Spec.RunCalls = 1<<31 - 1 }, false, true, true},
		"tokens beyond count":           {func(r *Request) { r.Spec.Tokens = 1 << 62 }, false, true, true},
		"no weight":                     {func(r *Request) { r.Spec.Weight = -1 }, true, false, false},
		"the first call may not wait":   {func(r *Request) { r.Wait = time.Second }, false, false, false},
		"a run without a name":          {func(r *Request) { r.Spec.Run = 0 }, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := full(t, sched.Options{})
			r := runCall(1, 5, 5*minutes)
			tc.change(&r)
			_, refusal, ok := p.Enqueue(clock(0), r)
			if ok != tc.ok || refusal.Run != tc.run || refusal.Alone > 0 != tc.alone {
				t.Fatalf("Enqueue = %+v, %t; want ok %t, of the run %t, even alone %t", refusal, ok, tc.ok, tc.run, tc.alone)
			}
			switch {
			case ok && p.Waiting() != 1:
				t.Errorf("%d calls wait, want 1", p.Waiting())
			case !ok && p.Waiting() != 0:
				t.Errorf("%d calls wait after a refusal", p.Waiting())
			case refusal.Run && refusal.Again < leastPromise, refusal.Again > mostPromise, refusal.Promised && tc.alone:
				t.Errorf("the promise is %+v", refusal.Promise)
			}
			if !ok && refusal.By != quota.TokensPerMinute && !tc.alone {
				t.Errorf("refused for %v, want tokens", refusal.By)
			}
		})
	}
}

// TestTheLargestIsGivenUp: three runs fill the time that there is; a small one gets
// in at the price of the largest, a larger one does not.
func TestTheLargestIsGivenUp(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	const by = 150 * time.Second // 60 s of rest and 9 calls of 10 s each
	small := mustEnter(t, p, 0, runCall(1, 2, by))
	large := mustEnter(t, p, 0, runCall(2, 4, by))
	mustEnter(t, p, 0, runCall(3, 2, by))
	if _, refusal, ok := p.Enqueue(clock(1), runCall(4, 4, by-time.Second)); ok || !refusal.Promised {
		t.Fatalf("a run as large as the largest: %+v, %t; want a promise", refusal, ok)
	}
	if out := p.Outcomes(); len(out) != 0 {
		t.Fatalf("a refused run changed what waits: %+v", out)
	}
	mustEnter(t, p, 1, runCall(5, 3, by-time.Second))
	started, dropped := fates(p)
	if len(started) != 0 || len(dropped) != 1 || dropped[0].Token != large {
		t.Fatalf("started %+v, dropped %+v; want the largest dropped", started, dropped)
	}
	if d := dropped[0]; !d.Promised || d.Again < leastPromise || d.By != quota.TokensPerMinute || !d.Waited {
		t.Errorf("dropped with %+v, want a promise, and the limit it waited for", d)
	}
	if all, own := p.Depth(1); all != 3 || own != 3 {
		t.Errorf("Depth = %d, %d, want 3, 3", all, own)
	}
	if p.Cancel(clock(1), large) {
		t.Error("Cancel of a dropped call = true")
	}
	if !p.Cancel(clock(1), small) {
		t.Error("Cancel of a call that stays = false")
	}
}

// TestWhatIsGivenUpIsToldWhenItFits behind what it made room for, or the two would
// displace each other without end.
func TestWhatIsGivenUpIsToldWhenItFits(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	mustEnter(t, p, 0, runCall(1, 8, 140*time.Second))
	mustEnter(t, p, 1, runCall(2, 3, 140*time.Second))
	_, dropped := fates(p)
	if len(dropped) != 1 {
		t.Fatalf("dropped %+v, want the first", dropped)
	}
	// A minute is used up, and eleven calls take 10 s each; it has 139 s.
	if again := dropped[0].Again; again < 15*time.Second || again > 30*time.Second {
		t.Errorf("it is to come back after %v, want what it would be too late now", again)
	}
	mustEnter(t, p, 1+dropped[0].Again.Seconds(), runCall(1, 8, 140*time.Second))
	if _, dropped := fates(p); len(dropped) != 0 {
		t.Errorf("back when it was told to it displaced %+v", dropped)
	}
}

// TestWhatHasBegunStays: it is not given up even if it is larger, nor when its
// first call waits again because the upstream refused it.
func TestWhatHasBegunStays(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*Pacer, Token){
		"thinking":  func(*Pacer, Token) {},
		"throttled": func(p *Pacer, first Token) { p.ComeBack(clock(1), first) },
		"backs off": func(p *Pacer, first Token) { p.BackOff(clock(1), first, clock(30)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := tokensPerMinute()
			p := New(limits, sched.Options{})
			first := mustEnter(t, p, 0, runCall(1, 9, 150*time.Second))
			if started, _ := fates(p); len(started) != 1 {
				t.Fatalf("started %+v, want the first call", started)
			}
			limits.Meters()[0].Spend(clock(0), 6000)
			again(p, first)
			p.Tick(clock(31))
			mustEnter(t, p, 31, runCall(1, 9, 119*time.Second))
			_, refusal, ok := p.Enqueue(clock(31), runCall(2, 4, 120*time.Second))
			if ok || !refusal.Promised {
				t.Errorf("Enqueue = %+v, %t; want a run refused that does not fit beside the begun one", refusal, ok)
			}
			if out := p.Outcomes(); len(out) != 0 {
				t.Errorf("outcomes %+v, want none", out)
			}
		})
	}
}

// TestNothingIsDroppedInOrderOfArrival: there is nothing that goes before.
func TestNothingIsDroppedInOrderOfArrival(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{Order: sched.OrderFIFO})
	mustEnter(t, p, 0, runCall(1, 8, 150*time.Second))
	if _, refusal, ok := p.Enqueue(clock(0), runCall(2, 2, 70*time.Second)); ok || !refusal.Run || refusal.Promised {
		t.Errorf("Enqueue = %+v, %t; want the run refused", refusal, ok)
	}
	if out := p.Outcomes(); len(out) != 0 {
		t.Errorf("outcomes %+v, want none", out)
	}
}

// TestARunThatOthersOvertookIsToldWhenToComeBack: others are due earlier, and it
// cannot begin in time for all of it any more.
func TestARunThatOthersOvertookIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	slow := runCall(1, 2, 100*time.Second)
	slow.Run.CallTime = 10 * time.Second // it is to begin within 70 s
	token := mustEnter(t, p, 0, slow)
	mustEnter(t, p, 0, runCall(2, 2, 75*time.Second))
	var out []Outcome
	for at, _ := p.Wake(); !at.IsZero() && len(out) < 2; at, _ = p.Wake() {
		p.Tick(at)
		out = append(out, p.Outcomes()...)
	}
	if len(out) != 2 || !out[0].Started || out[1].Token != token || !out[1].Dropped || !out[1].Promised {
		t.Fatalf("outcomes %+v, want a start and a run that is told when to come back", out)
	}
	if all, own := p.Depth(1); all != 0 || own != 0 {
		t.Errorf("Depth = %d, %d after it was told, want 0", all, own)
	}
}

// TestASecondCallOfAWaitingRunIsOfIt: calls that a run makes at once are let in
// with the first, and then the run is no single call that could be given up.
func TestASecondCallOfAWaitingRunIsOfIt(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	mustEnter(t, p, 0, runCall(1, 5, 110*time.Second))
	mustEnter(t, p, 0, runCall(1, 5, 110*time.Second))
	if _, refusal, ok := p.Enqueue(clock(0), runCall(2, 2, 111*time.Second)); ok || !refusal.Run {
		t.Errorf("Enqueue = %+v, %t; want the run refused", refusal, ok)
	}
	if out := p.Outcomes(); len(out) != 0 {
		t.Errorf("outcomes %+v, want none: two calls of the run wait", out)
	}
}

// TestAStartThatComesTooLateDropsNobody: the run as a whole could be done at the
// price of another, but its first call may not wait as long as it would have to.
func TestAStartThatComesTooLateDropsNobody(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	mustEnter(t, p, 0, runCall(1, 5, 125*time.Second))
	r := runCall(2, 2, 90*time.Second)
	r.Wait = 30 * time.Second
	_, refusal, ok := p.Enqueue(clock(0), r)
	if ok || refusal.Run || refusal.Start < r.Wait {
		t.Errorf("Enqueue = %+v, %t; want a refusal of the call", refusal, ok)
	}
	if _, dropped := fates(p); len(dropped) != 0 {
		t.Errorf("dropped %+v for a call that was refused all the same", dropped)
	}
}

// TestManyAreDroppedForAPromise: one large run that comes back when it was told to
// displaces several, and is not given up for a smaller one in its turn.
func TestManyAreDroppedForAPromise(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	first := mustEnter(t, p, 0, runCall(1, 7, 135*time.Second))
	_, refusal, ok := p.Enqueue(clock(0), runCall(2, 7, 140*time.Second))
	if ok || !refusal.Promised {
		t.Fatalf("Enqueue = %+v, %t; want a promise", refusal, ok)
	}
	p.Cancel(clock(1), first)
	back := refusal.Again.Seconds()
	p.limits = usedUp(back)
	var others []Token
	for i := range uint64(4) {
		others = append(others, mustEnter(t, p, back, runCall(10+i, 2, 138*time.Second)))
	}
	large := mustEnter(t, p, back, runCall(2, 7, 140*time.Second))
	started, dropped := fates(p)
	if len(started) != 0 || len(dropped) != len(others) {
		t.Fatalf("started %+v, dropped %+v; want the %d others dropped", started, dropped, len(others))
	}
	told := map[time.Duration]bool{}
	for _, d := range dropped {
		if d.Token == large || told[d.Again] || !d.Promised {
			t.Errorf("dropped with %+v, want the others, each with a time of its own", d)
		}
		told[d.Again] = true
	}
	if _, refusal, ok := p.Enqueue(clock(back), runCall(20, 2, 141*time.Second)); ok || !refusal.Promised {
		t.Errorf("Enqueue = %+v, %t; want a small run refused beside a promised one", refusal, ok)
	}
	if _, dropped := fates(p); len(dropped) != 0 {
		t.Errorf("dropped %+v, though it was promised", dropped)
	}
}

// TestATokenIsUsedAgainWhenItsCallerHasHeard: while outcomes are not handed out,
// what has ended in them keeps its number, or the news of it would go to another.
func TestATokenIsUsedAgainWhenItsCallerHasHeard(t *testing.T) {
	t.Parallel()
	p, _ := full(t, sched.Options{})
	short := runCall(9, 1, 0)
	short.Run.By, short.Wait = 0, 62*time.Second
	expires := mustEnter(t, p, 0, short)
	large := mustEnter(t, p, 0, runCall(2, 7, 140*time.Second))
	// At this instant the one expires, and the other is given up for the newcomer.
	at := 62.0
	p.limits = usedUp(at)
	next := mustEnter(t, p, at, runCall(3, 1, 79*time.Second))
	another := mustEnter(t, p, at, runCall(3, 1, 79*time.Second))
	for _, token := range []Token{next, another} {
		if token == expires || token == large {
			t.Fatalf("token %d was given away before its outcome was", token)
		}
	}
	gone := map[Token]bool{}
	for _, o := range p.Outcomes() {
		gone[o.Token] = !o.Started
	}
	if len(gone) != 2 || !gone[expires] || !gone[large] {
		t.Fatalf("outcomes of %v, want %d expired and %d dropped", gone, expires, large)
	}
	if token := mustEnter(t, p, at, runCall(3, 1, 79*time.Second)); !gone[token] {
		t.Errorf("token %d is new, want one of %v", token, gone)
	}
}

// TestARunThatBeganMeanwhileStays: a run that begins while others are given
// up stays.
func TestARunThatBeganMeanwhileStays(t *testing.T) {
	t.Parallel()
	p, limits := full(t, sched.Options{})
	token := mustEnter(t, p, 0, runCall(1, 5, 125*time.Second))
	d, ok := p.sched.Droppable(sched.Spec{Class: llm.ClassStandard, Tenant: 1, FinishBy: clock(126)}, 0, nil)
	if !ok || d.Call != token {
		t.Fatalf("Droppable = %+v, %t; want the waiting run", d, ok)
	}
	p.Tick(clock(61))
	started, _ := fates(p)
	if len(started) != 1 {
		t.Fatalf("started %+v, want the run", started)
	}
	like := runCall(2, 1, 0).Spec
	p.drop(clock(61), d, &like)
	if out := p.Outcomes(); len(out) != 0 || len(p.promises.until) != 0 {
		t.Errorf("outcomes %+v, %d promises; want it to stay", out, len(p.promises.until))
	}
	limits.Settle(clock(62), started[0].Hold, quota.Settled{Tokens: 1000})
	p.Done(clock(62), token, quota.Settled{Tokens: 1000})
	p.drop(clock(62), d, &like)
	if out := p.Outcomes(); len(out) != 0 || p.Waiting() != 0 {
		t.Errorf("outcomes %+v of a run that has ended", out)
	}
}
