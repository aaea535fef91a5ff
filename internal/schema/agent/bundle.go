package agent

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/judge"
)

// bundle is one call: questions of one run, or of several.
type bundle struct {
	groups [][]*question   // by run
	reqs   []judge.Request // of each group
	req    judge.Request   // of all
}

func newBundle(groups [][]*question) *bundle {
	b := &bundle{groups: groups}
	for _, qs := range groups {
		b.reqs = append(b.reqs, judge.Join(requests(qs)))
	}
	b.req = judge.Join(b.reqs)
	return b
}

// of reports whether a run has a question in it.
func (b *bundle) of(r *Run) bool {
	for _, qs := range b.groups {
		if qs[0].run == r {
			return true
		}
	}
	return false
}

// ask makes the call and hands out what is answered. made says that the call was
// answered.
func (b *bundle) ask(ctx context.Context) (made bool, err error) {
	a, err := b.call(ctx)
	if err != nil {
		return false, fault.Wrap(fault.KindOf(err), "ask a model ("+string(b.req.Step)+")", err)
	}
	answers, errs := judge.Split(b.req, b.reqs, a.Input)
	shares := b.shares(a.Usage)
	n := 0
	for i, qs := range b.groups {
		parts, bad := make([]json.RawMessage, len(qs)), make([]error, len(qs))
		if errs[i] == nil {
			parts, bad = judge.Split(b.reqs[i], requests(qs), answers[i])
		}
		for j, q := range qs {
			one := a
			one.Input, one.Usage = parts[j], shares[n]
			n++
			k := kept{Answer: one, Together: len(shares), Follows: j > 0}
			if err := q.take(k, cmp.Or(errs[i], bad[j])); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// second is how often is told that a call still waits.
const second = time.Second

// call makes the call, and tells each second for how long it has been under way.
func (b *bundle) call(ctx context.Context) (judge.Answer, error) {
	first := b.groups[0][0].run
	tell := func(waited time.Duration) {
		first.o.tell(Progress{Step: string(b.req.Step), Detail: "waiting for its turn", With: b.others(), Waited: waited})
	}
	tell(0)
	begun, ended := time.Now(), make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		tick := time.NewTicker(second)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				tell(time.Since(begun))
			}
		}
	})
	a, err := first.o.Caller.Call(ctx, b.req, b.labels())
	close(ended)
	told.Wait()
	return a, err
}

// others are the names of the other schemas.
func (b *bundle) others() []string {
	var out []string
	for _, qs := range b.groups[1:] {
		out = append(out, qs[0].run.o.Name)
	}
	return out
}

// labels are those of the run; several together are a run of their own.
func (b *bundle) labels() judge.Labels {
	l := judge.Labels{Step: b.req.Step, Run: b.groups[0][0].run.runID()}
	var ids []string
	for _, qs := range b.groups {
		l.Calls = max(l.Calls, qs[0].run.calls)
		ids = append(ids, qs[0].run.runID())
	}
	if len(ids) > 1 {
		sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
		l.Run = "schemas-" + hex.EncodeToString(sum[:4])
	}
	return l
}

// shares divide what a call took among its questions, by what each was expected to
// take; they add up to it.
func (b *bundle) shares(u judge.Usage) []judge.Usage {
	var in, out []int64
	for _, qs := range b.groups {
		for _, q := range qs {
			in, out = append(in, int64(q.req.Input)), append(out, int64(q.req.Output))
		}
	}
	inputs, outputs := divide(u.Input, in), divide(u.Output, out)
	reads, writes := divide(u.CacheRead, in), divide(u.CacheWrite, in)
	all := make([]judge.Usage, len(in))
	for i := range all {
		all[i] = judge.Usage{Input: inputs[i], Output: outputs[i], CacheRead: reads[i], CacheWrite: writes[i]}
	}
	return all
}

// divide splits a whole by weights, without a loss.
func divide(whole int64, weights []int64) []int64 {
	var sum, before, given int64
	for _, w := range weights {
		sum += max(w, 1)
	}
	out := make([]int64, len(weights))
	for i, w := range weights {
		before += max(w, 1)
		upTo := int64(float64(whole) * float64(before) / float64(sum))
		if i == len(weights)-1 {
			upTo = whole
		}
		out[i], given = upTo-given, upTo
	}
	return out
}
