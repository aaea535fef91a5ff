package increase_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Four minutes with calls; the third is of two pools that draw on the same quota.
//
//	requests 1 2 2 5 → median 2, mean 2.5, 95 % and peak 5
//	tokens   100 200 300 (100 + 200) 1000 → median 200, mean 400, peak 1000
func measured() increase.Use {
	minutes := []increase.Minute{
		{Start: at(3), Requests: 5, Throttled: 2, Tokens: 1000},
		{Start: at(0), Requests: 1, Tokens: 100},
		{Start: at(2), Requests: 1, Tokens: 100},
		{Start: at(1), Requests: 2, Tokens: 200},
		{Start: at(2), Requests: 1, Tokens: 200},
	}
	calls := increase.Calls{Calls: 6, Usage: llm.Usage{Input: 500, Output: 200, CacheRead: 100}, Tokens: 1200, MostInput: 200, MostOutput: 90, Queued: 5 * time.Minute}
	calls = calls.Plus(increase.Calls{Calls: 4, Usage: llm.Usage{Input: 100, Output: 50}, Tokens: 400, MostInput: 30, MostOutput: 91, Queued: 5 * time.Minute})
	return increase.Measure(at(0), at(10), minutes, calls)
}

func TestUseIsSpreadOverTheMinutesThatHadAny(t *testing.T) {
	t.Parallel()
	want := increase.Use{
		Since: at(0), Until: at(10), Calls: 10, Minutes: 4,
		Requests: increase.Rate{Median: 2, Mean: 2.5, P95: 5, Peak: 5}, Tokens: increase.Rate{Median: 200, Mean: 400, P95: 1000, Peak: 1000},
		BusiestDay: 1600, Input: increase.PerCall{Mean: 70, Peak: 200}, Output: increase.PerCall{Mean: 25, Peak: 91},
		PerCall: 160, Throttled: 2, Wait: time.Minute,
	}
	if diff := cmp.Diff(want, measured()); diff != "" {
		t.Errorf("Measure (-want +got):\n%s", diff)
	}
	if u := increase.Measure(at(0), at(1), nil, increase.Calls{}); u.Measured() {
		t.Error("nothing was measured")
	}
}

func evidence(code string, value float64) increase.Evidence {
	snap := quotas()
	q, _ := snap.Quota(code)
	return increase.Evidence{
		Account: snap.Account, Region: snap.Region, Quota: q, Value: value, Siblings: increase.Siblings(snap, q),
		UseCase: "A schema agent for our analysts.", At: at(10), Burndown: 5,
	}
}

func TestTextsForAWS(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]func() string{
		"measured": func() string {
			e := evidence("L-BELOW", 10_001)
			e.Use = measured()
			return e.Justification()
		},
		"stated": func() string {
			e := evidence("L-TOKENS", 600_000)
			w, _ := advisor.Preset("production")
			e.Stated = &w
			return e.Justification()
		},
		"nothing-known": func() string {
			e := evidence("L-FIXED", 10)
			e.UseCase = " "
			if e.Complete() {
				t.Error("a text with gaps is not complete")
			}
			return e.Justification()
		},
		"case-below-default": func() string {
			e := evidence("L-BELOW", 20)
			e.Use = measured()
			c := e.SupportCase()
			return c.Subject + "\n\n" + c.Body
		},
		"case-of-two": func() string {
			e := evidence("L-BELOW", 20)
			e.Needs = map[string]float64{"L-BELOW": 20, "L-TOKENS": 600_000}
			c := e.SupportCase()
			return c.Subject + "\n\n" + c.Body
		},
		"case-not-adjustable": func() string {
			e := evidence("L-FIXED", 10)
			c := e.SupportCase()
			return c.Subject + "\n\n" + c.Body
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, got := filepath.Join("testdata", name+".md"), text()
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// At 160 tokens a call, 500,000 tokens a minute are 3,125 calls: they bind once
// requests do not. A run of the preset has 6 calls of 2,000 + 5 × 1,500 = 9,500
// tokens together: 1,583.3 a call, of which 500,000 are 315.8.
func TestWhatAnIncreaseGives(t *testing.T) {
	t.Parallel()
	e := evidence("L-BELOW", 10_001)
	e.Use = measured()
	want := &increase.Gives{Per: "minute", Before: 2, After: 3125, Binds: "tokens_per_minute", From: "measured"}
	if diff := cmp.Diff(want, e.Gives()); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
	e.Needs = map[string]float64{"L-BELOW": 10_001, "L-TOKENS": 800_000} // of which 5,000 are
	if g := e.Gives(); g == nil || g.Before != 2 || g.After != 5000 {
		t.Errorf("with another that is asked for: %+v", g)
	}
	e = evidence("L-BELOW", 10_001)
	w, _ := advisor.Preset("production")
	e.Stated = &w
	if g := e.Gives(); g == nil || g.From != "stated" || g.After < 315.7 || g.After > 315.8 {
		t.Errorf("stated: %+v", g)
	}
	e.Stated = nil
	want = &increase.Gives{Per: "minute", Before: 2, After: 10_001, Binds: "requests_per_minute"}
	if diff := cmp.Diff(want, e.Gives()); diff != "" {
		t.Errorf("nothing known (-want +got):\n%s", diff)
	}
	e = evidence("L-TOKENS", 600_000)
	if g := e.Gives(); g != nil {
		t.Errorf("the size of a call is not known: %+v", g)
	}
}
