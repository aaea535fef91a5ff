package alarm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/alarm"
)

func found(a alarm.Alarm, change func(*alarm.Setting)) alarm.Found {
	f := alarm.Found{Setting: a.Setting(), ARN: "arn:" + a.Name}
	f.Datapoints = f.Periods // as it may be told
	if change != nil {
		change(&f.Setting)
	}
	return f
}

func TestCompare(t *testing.T) {
	t.Parallel()
	plan := alarm.Plan(input("us.m.one-v1:0"))
	ours := map[string]string{alarm.TagKey: alarm.TagValue}
	have := []alarm.Found{
		found(plan[1], nil),
		found(plan[2], func(s *alarm.Setting) { s.Threshold, s.Actions, s.Tags = 1, nil, nil }),
		found(plan[3], func(s *alarm.Setting) { s.Tags = map[string]string{"a": "old", "mine": "too"} }),
		{Setting: alarm.Setting{Name: "headgate-us-east-1-gone", Tags: ours}},
		{Setting: alarm.Setting{Name: "headgate-us-east-1-somebodys", Tags: map[string]string{}}},
		{Setting: alarm.Setting{Name: "headgate-us-east-1-unknown"}},
	}
	for prune, gone := range map[bool]alarm.Do{false: alarm.LeftOver, true: alarm.Delete} {
		got := map[string]string{}
		for _, c := range alarm.Compare(plan[:4], have, prune) {
			got[c.Name] = string(c.Do)
			for _, d := range c.Differs {
				got[c.Name] += " " + d
			}
		}
		want := map[string]string{
			plan[0].Name: "create", plan[1].Name: "leave", plan[2].Name: "update AlarmActions Threshold", plan[3].Name: "update Tags",
			"headgate-us-east-1-gone": string(gone), "headgate-us-east-1-unknown": "left-over",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("prune %t: %s", prune, d)
		}
	}
}

func TestWithoutATopicActionsStay(t *testing.T) {
	t.Parallel()
	in := input("us.m.one-v1:0")
	with := alarm.Plan(in)[0]
	in.Topic = ""
	without := alarm.Plan(in)[0]
	c := alarm.Compare([]alarm.Alarm{without}, []alarm.Found{found(with, nil)}, false)
	if c[0].Do != alarm.Leave || len(c[0].Want.Actions) != 1 {
		t.Errorf("%+v", c[0])
	}
}

func TestMine(t *testing.T) {
	t.Parallel()
	in := input("us.m.one-v1:0")
	for name, want := range map[string][2]bool{
		"headgate-us-east-1-account-throttles":        {true, true},
		"headgate-us-east-1-m-one-v1-0-geo-errors":    {true, true},
		"headgate-us-east-1-m-one-v1-0-global-errors": {true, false},
		"headgate-us-east-2-account-throttles":        {false, false},
		"somebodys":                                   {false, false},
	} {
		if got := [2]bool{alarm.Mine(name, in, false), alarm.Mine(name, in, true)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// The use by others is what is not Headgate's: of what it publishes, or of the
// profiles that it alone calls; without either there is nothing to alarm on.
func TestOthers(t *testing.T) {
	t.Parallel()
	expression := func(change func(*alarm.Input)) (string, int) {
		in := input("us.m.one-v1:0", "app")
		in.Others = 20
		change(&in)
		for _, a := range alarm.Plan(in) {
			if q := a.Queries(); len(q) > 0 && a.Threshold == 20 {
				return q[len(q)-1].Expression, len(q)
			}
		}
		return "", 0
	}
	if got, n := expression(func(in *alarm.Input) { in.Published = true }); got != "20*(SUM([FILL(m1,0),FILL(m2,0)])-FILL(own,0))/500000" || n != 4 {
		t.Errorf("published: %s of %d", got, n)
	}
	if got, n := expression(func(in *alarm.Input) { in.Targets[0].Own = []string{"app"} }); got != "20*m1/500000" || n != 2 {
		t.Errorf("own profile: %s of %d", got, n)
	}
	for name, change := range map[string]func(*alarm.Input){
		"neither":         func(*alarm.Input) {},
		"off":             func(in *alarm.Input) { in.Published, in.Others = true, 0 },
		"no quota":        func(in *alarm.Input) { in.Published, in.Targets[0].TokensPerMinute = true, 0 },
		"all are its own": func(in *alarm.Input) { in.Targets[0].Own = []string{"app", "us.m.one-v1:0"} },
	} {
		if got, _ := expression(change); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
