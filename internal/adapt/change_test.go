package adapt

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

func TestARaiseIsBelievedWhole(t *testing.T) {
	t.Parallel()
	limits := func(n int64) []quota.Limit { return []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: n}} }
	s := NewSet(limits(10), 0, Options{})
	now := time.Unix(1_800_000_000, 0)
	h, v := s.Reserve(now, quota.Charges{})
	if !v.Granted {
		t.Fatalf("the first call: %+v", v)
	}
	s.Throttled(now, quota.RequestsPerMinute, h)
	if b := s.Beliefs()[0]; b.Effective >= 10 {
		t.Fatalf("after a throttle with nine calls left: %+v, want less in force", b)
	}
	now = now.Add(10 * time.Second)
	if !s.SetLimits(now, limits(126)) {
		t.Fatal("a raise changed nothing")
	}
	if b := s.Beliefs()[0]; b.Effective != 126 || b.Amount != 126 || b.Throttles != 1 {
		t.Errorf("after the raise: %+v, want all 126 in force, and the throttle told", b)
	}
	granted := 0
	for range 200 {
		now = now.Add(time.Millisecond)
		if _, v := s.Reserve(now, quota.Charges{}); v.Granted {
			granted++
		}
	}
	if granted != 126 {
		t.Errorf("%d calls went in the minute after the raise, want 126", granted)
	}
	if s.SetLimits(now, limits(126)) {
		t.Error("the same limits are told as a change")
	}
}

func TestALimitThatComesIsLearnedAndOneThatGoesIsForgotten(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	s := NewSet([]quota.Limit{{Kind: quota.RequestsPerMinute}}, 0, Options{})
	if n := len(s.Beliefs()); n != 0 {
		t.Fatalf("a quota of zero has %d beliefs", n)
	}
	s.SetLimits(now, []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 2}, {Kind: quota.TokensPerMinute, Amount: 1000}})
	if n := len(s.Beliefs()); n != 2 {
		t.Errorf("%d beliefs of two limits", n)
	}
	s.SetLimits(now, nil)
	if n := len(s.Beliefs()); n != 0 || s.Never(quota.Charges{Tokens: quota.Charge{Hold: 1 << 40}}) != nil {
		t.Errorf("%d beliefs of no limit", n)
	}
}
