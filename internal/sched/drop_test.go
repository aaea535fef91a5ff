package sched

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/llm"
)

// ledgerOf is what a caller knows of the runs that it has put in line: enough to
// say, slowly, what the scheduler must answer.
type ledgerOf struct {
	s     *Scheduler
	now   time.Time
	calls []*noted
	asks  *noted
}

type noted struct {
	spec    Spec
	ref     Ref
	started bool
	over    bool
}

func (l *ledgerOf) follow(out []Effect) {
	for _, e := range out {
		switch e.Kind {
		case TryReserve:
			l.asks = l.calls[e.Token]
		case Start:
			l.calls[e.Token].started = true
		case Expired, Release, Wake:
		}
	}
}

func (l *ledgerOf) add(spec Spec) *noted {
	n := &noted{spec: spec}
	n.spec.Token = uint64(len(l.calls))
	l.calls = append(l.calls, n)
	var out []Effect
	n.ref, out = l.s.Add(n.spec, l.now, nil)
	l.follow(out)
	l.refuse()
	return n
}

func (l *ledgerOf) step(ev Event) { l.follow(l.s.Step(ev, l.now, nil)) }

// refuse has the head wait, so that the line stands.
func (l *ledgerOf) refuse() {
	if n := l.asks; n != nil {
		l.asks = nil
		l.step(Event{Kind: Refused, Call: n.ref, At: l.now.Add(time.Minute)})
	}
}

// start lets the head go.
func (l *ledgerOf) start() {
	l.step(Event{Kind: Freed})
	if n := l.asks; n != nil {
		l.asks = nil
		l.step(Event{Kind: Granted, Call: n.ref})
	}
	l.refuse()
}

// sum is a run as its calls tell it.
type sum struct {
	waiting, running, started, declared int
	tokens, latest                      int64
	due                                 time.Time
	finishes, promised, begun           bool
	only                                *noted // a waiting call
}

// runOf sums the run of a call: those of the same tenant, class and name.
func (l *ledgerOf) runOf(of *noted) sum {
	var r sum
	for _, n := range l.calls {
		same := n == of || of.spec.Run != 0 && n.spec.Run == of.spec.Run && n.spec.Tenant == of.spec.Tenant && n.spec.Class == of.spec.Class
		if !same {
			continue
		}
		by := n.spec.FinishBy
		switch {
		case r.due.IsZero(), !by.IsZero() && !r.finishes:
			r.due = by
			if by.IsZero() {
				r.due = n.spec.Deadline
			}
		case by.IsZero() && !r.finishes && n.spec.Deadline.Before(r.due):
			r.due = n.spec.Deadline
		case !by.IsZero() && by.Before(r.due):
			r.due = by
		}
		r.finishes = r.finishes || !by.IsZero()
		r.promised = r.promised || n.spec.Promised
		r.declared = max(r.declared, int(n.spec.RunCalls))
		r.latest = n.spec.Tokens
		switch {
		case n.started && !n.over:
			r.running++
			r.started++
		case n.started:
			r.started++
		default:
			r.waiting++
			r.tokens += n.spec.Tokens
			r.only = n
		}
	}
	r.begun = r.started > 0
	return r
}

// work is what is still to be done for a run that is here.
func (r *sum) work() Work {
	w := Work{Calls: int64(r.waiting), Tokens: r.tokens}
	if more := int64(r.declared - r.started - r.waiting); more > 0 && r.waiting+r.running > 0 {
		w.Add(more, more*r.latest)
	}
	return w
}

// runs lists each run of a tenant's class once.
func (l *ledgerOf) runs(tenant uint32, class llm.Class) []sum {
	var all []sum
	seen := map[uint64]bool{}
	for _, n := range l.calls {
		if n.spec.Tenant != tenant || n.spec.Class != class || n.spec.Run != 0 && seen[n.spec.Run] {
			continue
		}
		seen[n.spec.Run] = true
		all = append(all, l.runOf(n))
	}
	return all
}

func drawRun(t *rapid.T, now time.Time) Spec {
	spec := Spec{
		Class: llm.ClassStandard, Tenant: uint32(rapid.IntRange(1, 2).Draw(t, "tenant")), Weight: int64(rapid.IntRange(0, 3).Draw(t, "weight")),
		Run: uint64(rapid.IntRange(0, 12).Draw(t, "run")), RunCalls: int32(rapid.IntRange(0, 5).Draw(t, "calls")),
		Deadline: now.Add(time.Hour), Cost: 1, Tokens: rapid.Int64Range(0, 50).Draw(t, "tokens"),
		Promised: rapid.IntRange(0, 4).Draw(t, "promised") == 0,
	}
	if rapid.IntRange(0, 3).Draw(t, "finishes") > 0 {
		spec.FinishBy = now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "by")) * time.Minute)
	}
	return spec
}

// TestWhatIsSaidOfRunsIsSo compares AheadOfRun, Droppable, Knows and Last with what
// the calls themselves tell, for one tenant that has the class to itself or not.
func TestWhatIsSaidOfRunsIsSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &ledgerOf{s: New(Options{}), now: at(0)}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				l.start()
			case 1:
				l.finish(t)
			default:
				l.add(drawRun(t, l.now))
			}
			if err := l.s.check(); err != nil {
				t.Fatal(err)
			}
		}
		spec := drawRun(t, l.now)
		spec.Run, spec.FinishBy = 99, l.now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "due"))*time.Minute)
		l.checkAhead(t, spec)
		l.checkDroppable(t, spec)
	})
}

// finish ends a call that runs, and looks at Last before.
func (l *ledgerOf) finish(t *rapid.T) {
	for _, n := range l.calls {
		if !n.started || n.over {
			continue
		}
		r := l.runOf(n)
		want := r.declared > 0 && r.started >= r.declared && r.running == 1 && r.waiting == 0
		by, last := l.s.Last(n.ref)
		if last != want || last && r.finishes && !by.Equal(r.due) || !r.finishes && !by.IsZero() {
			t.Fatalf("Last = %v, %t; want %v, %t: %+v", by, last, r.due, want, r)
		}
		if n.spec.Run != 0 && !l.s.Knows(&n.spec) {
			t.Fatalf("a run with a call that runs is not known")
		}
		if want || n.spec.Run == 0 {
			// The scheduler forgets a finished run: what bears its name later is another.
			l.forget(n)
		}
		n.over = true
		l.step(Event{Kind: Done, Call: n.ref, Cost: 1})
		l.refuse()
		return
	}
}

func (l *ledgerOf) forget(of *noted) {
	for _, n := range l.calls {
		if n == of || of.spec.Run != 0 && n.spec.Run == of.spec.Run && n.spec.Tenant == of.spec.Tenant {
			n.spec.Tenant, n.over = 0, true
		}
	}
}

func (l *ledgerOf) checkAhead(t *rapid.T, spec Spec) {
	var own, others, thinking Work
	for _, r := range l.runs(spec.Tenant, spec.Class) {
		if more := int64(r.declared - r.started); r.begun && r.waiting+r.running == 0 && r.finishes && more > 0 {
			thinking.Add(more, more*r.latest)
		}
		if w := r.work(); r.begun || r.waiting > 0 && !r.due.After(spec.FinishBy) {
			own.Add(w.Calls, w.Tokens)
		}
	}
	other := 3 - spec.Tenant
	for _, r := range l.runs(other, spec.Class) {
		w := r.work()
		others.Add(w.Calls, w.Tokens)
	}
	freed := Work{Calls: rapid.Int64Range(0, 3).Draw(t, "freed"), Tokens: rapid.Int64Range(0, 60).Draw(t, "freed tokens")}
	mine := Work{Calls: 4, Tokens: 4 * spec.Tokens}
	a := l.s.AheadOfRun(spec)
	if a.Thinking() != thinking {
		t.Fatalf("Thinking = %+v, want %+v", a.Thinking(), thinking)
	}
	want := Work{Calls: max(0, own.Calls-freed.Calls), Tokens: max(0, own.Tokens-freed.Tokens)}
	if turns := a.Turns(); turns > 0 {
		want.Add(min(others.Calls, int64(float64(want.Calls+mine.Calls)*turns)), min(others.Tokens, int64(float64(want.Tokens+mine.Tokens)*turns)))
	}
	if got := a.Before(mine, freed); got != want {
		t.Fatalf("Before = %+v, want %+v: own %+v, others %+v, turns %v", got, want, own, others, a.Turns())
	}
}

func (l *ledgerOf) checkDroppable(t *rapid.T, spec Spec) {
	var chosen []Drop
	for larger := rapid.Int64Range(-1, 60).Draw(t, "larger"); ; {
		best := int64(-1)
		for _, r := range l.runs(spec.Tenant, spec.Class) {
			free := r.finishes && !r.promised && !r.begun && r.waiting == 1 && !r.due.After(spec.FinishBy)
			for _, d := range chosen {
				free = free && (r.only == nil || d.Call != r.only.spec.Token)
			}
			if size := r.work().Tokens; free && size > larger {
				best = max(best, size)
			}
		}
		d, ok := l.s.Droppable(spec, larger, chosen)
		if ok != (best >= 0) {
			t.Fatalf("Droppable = %+v, %t; want one of %d tokens (-1: none)", d, ok, best)
		}
		if !ok {
			return
		}
		r := l.runOf(l.calls[d.Call])
		if d.Work.Tokens != best || d.Work != r.work() || d.Ref != r.only.ref || !d.FinishBy.Equal(r.due) {
			t.Fatalf("Droppable = %+v, want %+v of %d tokens", d, r, best)
		}
		chosen = append(chosen, d)
	}
}

// TestNothingIsDroppableInOrderOfArrival, and no run of another tenant or class.
func TestNothingIsDroppableInOrderOfArrival(t *testing.T) {
	t.Parallel()
	spec := Spec{Class: llm.ClassStandard, Tenant: 1, Run: 1, RunCalls: 5, Tokens: 100, Deadline: at(3600), FinishBy: at(60), Cost: 1}
	asker := spec
	asker.Run, asker.FinishBy = 2, at(120)
	for name, tc := range map[string]struct {
		order Order
		want  bool
		alter func(*Spec)
	}{
		"runs":             {OrderRuns, true, func(*Spec) {}},
		"order of arrival": {OrderFIFO, false, func(*Spec) {}},
		"another tenant":   {OrderRuns, false, func(s *Spec) { s.Tenant = 2 }},
		"another class":    {OrderRuns, false, func(s *Spec) { s.Class = llm.ClassInteractive }},
		"due later":        {OrderRuns, false, func(s *Spec) { s.FinishBy = at(121) }},
		"not larger":       {OrderRuns, false, func(s *Spec) { s.Tokens = 2 }},
		"said nothing":     {OrderRuns, false, func(s *Spec) { s.FinishBy = time.Time{} }},
		"promised":         {OrderRuns, false, func(s *Spec) { s.Promised = true }},
		"begun elsewhere":  {OrderRuns, false, func(s *Spec) { s.Begun = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledgerOf{s: New(Options{Order: tc.order}), now: at(0)}
			s := spec
			tc.alter(&s)
			l.add(s)
			if _, ok := l.s.Droppable(asker, 10, nil); ok != tc.want {
				t.Errorf("Droppable = %t, want %t", ok, tc.want)
			}
		})
	}
}

// TestACallThatCameBackKeepsItsRunBegun: what was throttled or backs off after its
// start is not given up.
func TestACallThatCameBackKeepsItsRunBegun(t *testing.T) {
	t.Parallel()
	for _, kind := range []EventKind{Returned, BackOff} {
		l := &ledgerOf{s: New(Options{}), now: at(0)}
		n := l.add(Spec{Class: llm.ClassStandard, Tenant: 1, Run: 1, RunCalls: 5, Tokens: 100, Deadline: at(3600), FinishBy: at(60), Cost: 1})
		l.start()
		l.step(Event{Kind: kind, Call: n.ref, At: at(1)})
		l.refuse()
		asker := Spec{Class: llm.ClassStandard, Tenant: 1, Run: 2, FinishBy: at(90)}
		if d, ok := l.s.Droppable(asker, -1, nil); ok {
			t.Errorf("after event %d Droppable = %+v, want none", kind, d)
		}
	}
}

// BenchmarkDroppable is the search of a whole line for the largest run, and for the
// 64 largest, which is the most that is given up for one.
func BenchmarkDroppable(b *testing.B) {
	const waiting = 10_000
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d_of_%d_waiting", n, waiting), func(b *testing.B) {
			l := &ledgerOf{s: New(Options{}), now: at(0)}
			for i := range waiting {
				l.add(Spec{Class: llm.ClassStandard, Tenant: 1, Run: uint64(i + 1), RunCalls: 6, Tokens: int64(i * 7919 % waiting), Deadline: at(3600), FinishBy: at(600), Cost: 1})
			}
			spec := Spec{Class: llm.ClassStandard, Tenant: 1, Run: waiting + 1, FinishBy: at(900)}
			chosen := make([]Drop, 0, n)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				l.s.AheadOfRun(spec)
				for chosen = chosen[:0]; len(chosen) < n; {
					d, ok := l.s.Droppable(spec, 0, chosen)
					if !ok {
						b.Fatal("nothing to be given up")
					}
					chosen = append(chosen, d)
				}
			}
		})
	}
}
