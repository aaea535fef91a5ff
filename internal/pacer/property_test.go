package pacer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

func drawLimits(t *rapid.T) limitsOf {
	limits := []quota.Limit{{Kind: quota.TokensPerMinute, Amount: 6000}}
	if rapid.Bool().Draw(t, "requests too") {
		limits = append(limits, quota.Limit{Kind: quota.RequestsPerMinute, Amount: 8})
	}
	if rapid.Bool().Draw(t, "adapt") {
		return adapt.NewSet(limits, 0, adapt.Options{})
	}
	return quota.NewSet(limits, 0)
}

// drawPlan draws a run whose time is enough if it is alone.
func drawPlan(t *rapid.T, id uint64) *plan {
	r := &plan{
		id: id, tenant: 1, at: time.Duration(rapid.IntRange(0, 60).Draw(t, "at")) * time.Second,
		calls: rapid.IntRange(1, 6).Draw(t, "calls"), tokens: int64(rapid.IntRange(1, 20).Draw(t, "tokens")) * 10,
		takes:   time.Duration(rapid.IntRange(1, 8).Draw(t, "takes")) * time.Second,
		returns: rapid.IntRange(0, 2).Draw(t, "returns"),
	}
	r.by = time.Duration(rapid.IntRange(60, 300).Draw(t, "by")) * time.Second
	return r
}

// TestEveryCallIsToldOnce: whatever is refused, comes back, leaves or says nonsense
// of itself, every call in line gets one word, every hold one end, nothing begun is
// given up, and in order of arrival nothing is.
func TestEveryCallIsToldOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		opts := sched.Options{Order: sched.Order(rapid.IntRange(0, 1).Draw(t, "order"))}
		w := newWorld(drawLimits(t), opts, t.Fatalf)
		var plans []*plan
		for i := range rapid.IntRange(1, 25).Draw(t, "runs") {
			r := drawPlan(t, uint64(i+1))
			r.tenant = uint32(rapid.IntRange(1, 2).Draw(t, "tenant"))
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				r.by = 0
			case 1:
				r.id = 0
			case 2:
				r.leaves = time.Duration(rapid.IntRange(1, 100).Draw(t, "leaves")) * time.Second
			case 3:
				r.fails = map[int]int{0: rapid.IntRange(0, 3).Draw(t, "fails"), 1: 1}
			}
			plans = append(plans, r)
		}
		w.run(plans)
		for _, r := range plans {
			if opts.Order == sched.OrderFIFO && r.dropped > 0 {
				t.Fatalf("run %d was dropped in order of arrival", r.id)
			}
			if done := !r.ended.IsZero(); !done && !r.lost && r.refused == 0 {
				t.Fatalf("run %d was neither done, nor refused, nor lost: %+v", r.id, r)
			}
		}
	})
}

// TestWhatIsLetInIsDone: with exact sizes and time for their calls, runs that are
// let in are done in time, 98 of 100 at least.
func TestWhatIsLetInIsDone(t *testing.T) {
	t.Parallel()
	in, done := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(quota.NewSet([]quota.Limit{{Kind: quota.TokensPerMinute, Amount: 6000}}, 0), sched.Options{}, t.Fatalf)
		var plans []*plan
		for i := range rapid.IntRange(60, 160).Draw(t, "runs") {
			plans = append(plans, drawPlan(t, uint64(i+1)))
		}
		w.run(plans)
		for _, r := range plans {
			if r.admitted.IsZero() {
				continue
			}
			in++
			if !r.ended.IsZero() && !r.ended.After(r.admitted) {
				done++
			}
		}
	})
	if share := float64(done) / float64(in); in < 1000 || share < 0.98 {
		t.Errorf("of %d runs that were let in %d were done in time: %.4f, want 0.98", in, done, share)
	}
}

// TestNothingIsDroppedWhenAllFits: when each run has time for all the work that
// there is, all are let in at once, and stay.
func TestNothingIsDroppedWhenAllFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(drawLimits(t), sched.Options{}, t.Fatalf)
		var plans []*plan
		all := 2 * time.Minute // a window that is full, and one that is tight
		for i := range rapid.IntRange(1, 25).Draw(t, "runs") {
			r := drawPlan(t, uint64(i+1))
			plans = append(plans, r)
			each := r.takes + time.Duration(r.tokens)*10*time.Millisecond + time.Minute/8
			all += time.Duration(r.calls) * each
		}
		for _, r := range plans {
			r.by = all + all/4
		}
		w.run(plans)
		if slices.ContainsFunc(plans, func(r *plan) bool { return r.refused+r.dropped > 0 || r.lost || r.ended.After(r.admitted) }) {
			for _, r := range plans {
				t.Logf("%+v", r)
			}
			t.Fatalf("not all were let in and done within %v", all)
		}
	})
}
