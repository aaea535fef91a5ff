package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/judge"
)

// model is a caller that answers each call with the least that its tool's schema
// wants, or as it is told.
type model struct {
	mu    sync.Mutex
	calls []asked
	// answer is told the number of the call from 0, and may change the answer.
	answer func(n int, r judge.Request, a *judge.Answer) error
}

// asked is what came in.
type asked struct {
	Step  judge.Step
	Run   string
	Calls int
}

func (m *model) Call(ctx context.Context, r judge.Request, l judge.Labels) (judge.Answer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return judge.Answer{}, err
	}
	a := judge.Answer{Input: least(r.Tool.Schema), Usage: judge.Usage{Input: 1001, Output: 303}, Model: "m", Pool: "p"}
	if m.answer != nil {
		if err := m.answer(len(m.calls), r, &a); err != nil {
			return judge.Answer{}, err
		}
	}
	m.calls = append(m.calls, asked{l.Step, l.Run, l.Calls})
	return a, nil
}

func (m *model) steps() []judge.Step {
	var out []judge.Step
	for _, c := range m.calls {
		out = append(out, c.Step)
	}
	return out
}

// least is the smallest value that has the form of a schema.
func least(form json.RawMessage) json.RawMessage {
	var s struct {
		Type       string                     `json:"type"`
		Properties map[string]json.RawMessage `json:"properties"`
		Enum       []string                   `json:"enum"`
	}
	if err := json.Unmarshal(form, &s); err != nil {
		panic(err)
	}
	var v any
	switch s.Type {
	case "object":
		o := map[string]json.RawMessage{}
		for name, p := range s.Properties {
			o[name] = least(p)
		}
		v = o
	case "array":
		v = []string{}
	default:
		v = ""
		if len(s.Enum) > 0 {
			v = s.Enum[0]
		}
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// doubtful has something to ask in most steps.
func doubtful(tb testing.TB) string {
	tb.Helper()
	staff := "staff_id,nm,boss,wght\n"
	visits := "visit_id,helper,placed\n"
	for i := range 12 {
		boss := ""
		if i > 0 {
			boss = string(rune('0' + (i+1)/2))
		}
		staff += strings.Join([]string{num(i + 1), "n" + num(i), boss, num(i%5) + ".5"}, ",") + "\n"
		visits += strings.Join([]string{num(100 + i), num(1 + i%4), "0" + num(1+i%9) + "/0" + num(1+i%7) + "/2024"}, ",") + "\n"
	}
	return write(tb, map[string]string{"staff.csv": staff, "visits.csv": visits})
}

func num(i int) string {
	data, _ := json.Marshal(i) // an integer always encodes
	return string(data)
}

func judged(tb testing.TB, in string, m *model) agent.Options {
	tb.Helper()
	o := options(tb, in)
	o.Caller, o.Model = m, "m"
	return o
}

func TestStepsAreAskedInTheirOrder(t *testing.T) {
	t.Parallel()
	m := &model{}
	o := judged(t, doubtful(t), m)
	var waits []string
	o.Progress = func(p agent.Progress) {
		if p.Detail == "waiting for its turn" {
			waits = append(waits, p.Step)
		}
	}
	o.Cost = func(model, pool string, u judge.Usage) *int64 { return new(u.Input*1000 + u.Output*5000) }
	r, err := agent.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []judge.Step{judge.Analyze, judge.Columns, judge.Relationships, judge.Final}
	if diff := cmp.Diff(want, m.steps()); diff != "" {
		t.Fatalf("steps (-want +got):\n%s", diff)
	}
	for _, c := range m.calls {
		if c.Run != m.calls[0].Run || !strings.HasPrefix(c.Run, "schema-shop-") || c.Calls != 4 {
			t.Errorf("labelled %+v, want one run of 4 calls", c)
		}
	}
	// 4 calls of 1001 tokens in and 303 out: 4 × (1001 × 1000 + 303 × 5000) nano-dollars.
	if r.Totals.Calls != 4 || r.Totals.InputTokens != 4004 || r.Totals.OutputTokens != 1212 || r.Totals.CostNano == nil || *r.Totals.CostNano != 10_064_000 {
		t.Errorf("totals %+v", r.Totals)
	}
	if r.Judged != schema.JudgedModel || len(waits) != 4 {
		t.Errorf("judged by %s; %d waits were told, want 4", r.Judged, len(waits))
	}
}

func TestTwoStepsInACall(t *testing.T) {
	t.Parallel()
	m := &model{}
	o := judged(t, doubtful(t), m)
	o.Together = true
	r, err := agent.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]judge.Step{"analyze+columns", judge.Relationships, judge.Final}, m.steps()); diff != "" {
		t.Fatalf("steps (-want +got):\n%s", diff)
	}
	if r.Totals.Calls != 3 || len(r.Calls) != 4 || !r.Calls[1].Follows || r.Calls[0].Together != 2 {
		t.Errorf("totals %+v, calls %+v", r.Totals, r.Calls)
	}
	// The usage of the first call is divided between its steps, and adds up.
	if in := r.Calls[0].Answer.Usage.Input + r.Calls[1].Answer.Usage.Input; in != 1001 || r.Calls[1].Answer.Usage.Input == 0 {
		t.Errorf("%d tokens in, want 1001 over both", in)
	}
}

// TestNoCallTwice breaks a run off before each of its calls, and goes on.
func TestNoCallTwice(t *testing.T) {
	t.Parallel()
	in := doubtful(t)
	for _, together := range []bool{false, true} {
		whole := &model{answer: badColumns}
		o := judged(t, in, whole)
		o.Together = together
		if _, err := agent.Generate(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		want := readAll(t, o.Out)
		for broken := range len(whole.calls) {
			m := &model{}
			ctx, cancel := context.WithCancel(t.Context())
			m.answer = func(n int, r judge.Request, a *judge.Answer) error {
				if n == broken && ctx.Err() == nil {
					cancel()
					return context.Cause(ctx)
				}
				return badColumns(n, r, a)
			}
			o := judged(t, in, m)
			o.Together = together
			if _, err := agent.Generate(ctx, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want one that says it was broken off", err)
			}
			o.Resume = true
			r, err := agent.Generate(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole.steps(), m.steps()); diff != "" {
				t.Errorf("broken off before call %d (-want +got):\n%s", broken, diff)
			}
			if diff := cmp.Diff(want, readAll(t, o.Out)); diff != "" {
				t.Errorf("broken off before call %d, it is another schema (-want +got):\n%s", broken, diff)
			}
			if r.Totals.Calls != len(whole.calls)-broken {
				t.Errorf("%d calls were made after call %d, want the rest of %d", r.Totals.Calls, broken, len(whole.calls))
			}
		}
	}
}

// badColumns answers what is asked of columns badly at first.
func badColumns(n int, r judge.Request, a *judge.Answer) error {
	if n <= 1 && strings.HasSuffix(string(r.Step), string(judge.Columns)) {
		var parts map[string]json.RawMessage
		if json.Unmarshal(a.Input, &parts) == nil {
			parts["columns"] = json.RawMessage(`7`)
		}
		a.Input, _ = json.Marshal(parts)
	}
	return nil
}

func readAll(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	out := map[string]string{}
	for _, name := range []string{"schema.json", "ddl/postgres.sql", "er.mmd"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		out[name] = string(data)
	}
	return out
}

func TestABadAnswerIsAskedForOnceMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad    int // how many answers to the first step are bad
		merged bool
	}{"once": {1, true}, "always": {9, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &model{}
			bad := 0
			m.answer = func(_ int, r judge.Request, a *judge.Answer) error {
				if r.Step == judge.Analyze && bad < c.bad {
					bad++
					a.Input = json.RawMessage(`{"domain": 7}`)
				}
				return nil
			}
			r, err := agent.Generate(t.Context(), judged(t, doubtful(t), m))
			if err != nil {
				t.Fatal(err)
			}
			want := []judge.Step{judge.Analyze, judge.Analyze, judge.Columns, judge.Relationships, judge.Final}
			if diff := cmp.Diff(want, m.steps()); diff != "" {
				t.Fatalf("steps (-want +got):\n%s", diff)
			}
			if r.Calls[0].Merged || r.Calls[0].Why == "" || r.Calls[1].Merged != c.merged || !r.Calls[2].Merged {
				t.Errorf("calls %+v", r.Calls)
			}
		})
	}
}

func TestWhoAnswersIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		emulated, scripted, accept bool
		judged                     string
	}{
		"an emulator":         {true, false, true, schema.JudgedNobody},
		"a script":            {true, true, false, schema.JudgedNobody},
		"a script, for tests": {true, true, true, schema.JudgedScripted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &model{answer: func(_ int, r judge.Request, a *judge.Answer) error {
				a.Emulated, a.Scripted = c.emulated, c.scripted
				if r.Step == judge.Analyze {
					a.Input = json.RawMessage(`{"domain":"visits of staff","tables":[{"id":"T1","name":"helpers","purpose":"who helps"}]}`)
				}
				return nil
			}}
			o := judged(t, doubtful(t), m)
			o.AcceptScripted = c.accept
			r, err := agent.Generate(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			merged := c.judged != schema.JudgedNobody
			sql := readAll(t, o.Out)["ddl/postgres.sql"]
			if r.Judged != c.judged || strings.Contains(sql, "helpers") != merged || strings.Contains(sql, "OFFLINE") == merged || len(r.Calls) != 4 {
				t.Errorf("judged by %q, %d calls:\n%s", r.Judged, len(r.Calls), sql)
			}
			for _, c := range r.Calls {
				if c.Merged != merged || (c.Why == "") != merged {
					t.Errorf("%+v", c)
				}
			}
			// Another run does not take what an emulator said for a model's answer.
			again := len(m.calls)
			o.Resume = true
			if _, err := agent.Generate(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if asked := len(m.calls) > again; asked != (c.emulated && !c.scripted) {
				t.Errorf("the run was asked again: %t", asked)
			}
		})
	}
}

// TestProseIsDesignedByAModel: what no rule reads, and a model does.
func TestProseIsDesignedByAModel(t *testing.T) {
	t.Parallel()
	m := &model{answer: func(_ int, r judge.Request, a *judge.Answer) error {
		if r.Step == judge.Analyze {
			a.Input = json.RawMessage(`{"domain":"a library","missing":[{"name":"book","why":"what is lent","columns":[{"name":"book_id","type":"integer","refers_to":""}]}]}`)
		}
		return nil
	}}
	o := judged(t, "", m)
	o.Inputs, o.Describe = nil, "We lend what people want to read and would like to know who has got it."
	r, err := agent.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tables != 1 || r.Judged != schema.JudgedModel {
		t.Errorf("%d tables, judged by %s", r.Tables, r.Judged)
	}
	// Without its answer there is no schema.
	m.answer = func(_ int, _ judge.Request, a *judge.Answer) error {
		a.Emulated = true
		return nil
	}
	o.Out = filepath.Join(t.TempDir(), "none")
	if r, err := agent.Generate(t.Context(), o); err == nil {
		t.Errorf("a schema of %d tables was made of nothing", r.Tables)
	}
}
