package advisor_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Twenty minutes from a multiple of a day on: of each, everybody makes as many
// requests as its number, and Headgate 3 of them where there are so many; every
// request has 100 tokens. In the busiest five minutes there are 15 + … + 19 = 85
// requests, of which 15 are Headgate's: others make 70 / 5 = 14 a minute. Of 190
// requests Headgate made 0 + 1 + 2 + 17 × 3 = 54.
func minutes() []advisor.Minute {
	var out []advisor.Minute
	for i := range int64(20) {
		of := func(n float64) advisor.Amounts { return advisor.Amounts{Requests: n, Tokens: 100 * n} }
		out = append(out, advisor.Minute{Index: 1440*1000 + i, All: of(float64(i)), Own: of(float64(min(i, 3)))})
	}
	return out
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for kind, want := range map[quota.Kind]advisor.Measured{
		// The 95th percentile of 19 minutes with a request is the 19th.
		quota.RequestsPerMinute: {Limit: "requests_per_minute", P95: 19, Peak: 19, Others: 14, OthersShare: 136. / 190},
		quota.TokensPerMinute:   {Limit: "tokens_per_minute", P95: 1900, Peak: 1900, Others: 1400, OthersShare: 136. / 190},
		quota.TokensPerDay:      {Limit: "tokens_per_day", P95: 19_000, Peak: 19_000, Others: 13_600, OthersShare: 136. / 190},
	} {
		got, ok := advisor.Measure(kind, minutes())
		if d := cmp.Diff(want, got); d != "" || !ok {
			t.Errorf("%s: %s", kind, d)
		}
	}
	if _, ok := advisor.Measure(quota.AccountTokensPerDay, minutes()); ok {
		t.Error("the use of one pool is not that of all models")
	}
	if _, ok := advisor.Measure(quota.RequestsPerMinute, nil); ok {
		t.Error("nothing was used")
	}
}

// Production takes 100 requests a minute; others take 30 of the 120 there are. Of
// 130 and a fifth 156 are asked for, rounded up to 160: (160 − 30) / 6 runs.
func TestWhatOthersTakeIsNeededToo(t *testing.T) {
	t.Parallel()
	w, _ := advisor.Preset("production")
	limit := advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 120, Default: 100, Adjustable: true, Taken: 30}
	rec, err := advisor.Recommend(w, []advisor.Limit{limit}, advisor.Model{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := rec.Advice[0]
	if a.Priority != advisor.Now || a.Ask != 160 || a.How != advisor.HowRequest || a.Gives < 21.66 || a.Gives > 21.67 || !strings.Contains(a.Why, "others take 30") {
		t.Errorf("%+v", a)
	}
	f, err := advisor.Plan(w, []advisor.Limit{limit}, advisor.Model{})
	if err != nil || f.RunsPerMinute != 15 { // (120 − 30) / 6
		t.Errorf("%v runs a minute, %v", f.RunsPerMinute, err)
	}
	limit.Amount, limit.Taken = 1000, 2000
	if f, _ = advisor.Plan(w, []advisor.Limit{limit}, advisor.Model{}); f.RunsPerMinute != 0 {
		t.Errorf("%v runs a minute where others take more than there is", f.RunsPerMinute)
	}
}

func TestTheBusiestMinuteIsNeededWhateverTheMean(t *testing.T) {
	t.Parallel()
	w := advisor.Workload{RunsPerMinute: 10, CallsPerRun: 1, InputPerRun: 100, MaxTokens: 1, OutputPerRun: 1}
	limit := advisor.Limit{Kind: quota.TokensPerMinute, Amount: 2_000, Default: 1_000, Adjustable: true, Floor: 1_900, Used: &advisor.Measured{P95: 1_500, Peak: 1_900}}
	rec, err := advisor.Recommend(w, []advisor.Limit{limit}, advisor.Model{Burndown: 1, Bucket: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := rec.Advice[0]; a.Priority != advisor.Soon || a.Ask != 2_300 || !strings.Contains(a.Evidence, "needs 1900, has 2000; measured: 95 % of the busy minutes at most 1500, the busiest 1900") {
		t.Errorf("%+v", a)
	}
}

// A request that is open is waited for, and what it asks for is compared.
func TestAnOpenRequestIsWaitedFor(t *testing.T) {
	t.Parallel()
	w, _ := advisor.Preset("production")
	limit := advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2, Default: 10, Adjustable: true, Open: &account.Request{ID: "r1", Desired: 60, Status: account.StatusCaseOpened}}
	rec, err := advisor.Recommend(w, []advisor.Limit{limit}, advisor.Model{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := rec.Advice[0]
	if a.How != advisor.HowWait || a.Priority != advisor.Now || a.Gives != 10 || a.Ask != 120 || !strings.Contains(a.Why, "request r1 for 60 is CASE_OPENED") || !strings.Contains(a.Why, "120 are needed") {
		t.Errorf("%+v", a)
	}
	limit.Amount = 10_000
	if rec, _ = advisor.Recommend(w, []advisor.Limit{limit}, advisor.Model{}, nil); rec.Advice[0].How != advisor.HowNone {
		t.Errorf("enough is enough: %+v", rec.Advice[0])
	}
}

func TestHowBusyAnotherPathIs(t *testing.T) {
	t.Parallel()
	w, _ := advisor.Preset("production")
	few := advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2}
	for want, other := range map[string]advisor.Other{
		"idle all the time":         {Measured: true, Limits: []advisor.Limit{{Kind: quota.RequestsPerMinute, Amount: 60}}},
		"had 50 requests":           {Measured: true, Limits: []advisor.Limit{{Kind: quota.RequestsPerMinute, Amount: 60, Used: &advisor.Measured{Peak: 50}, Taken: 50}}},
		"of the last day used 40 %": {PeakShare: new(0.4), Limits: []advisor.Limit{{Kind: quota.RequestsPerMinute, Amount: 60}}},
	} {
		other.Path = llm.PathGlobal
		rec, err := advisor.Recommend(w, []advisor.Limit{few}, advisor.Model{}, []advisor.Other{other})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, l := range rec.Levers {
			found = found || l.Lever == "path-global" && strings.Contains(l.Why, want)
		}
		if !found {
			t.Errorf("%s: %+v", want, rec.Levers)
		}
	}
}
