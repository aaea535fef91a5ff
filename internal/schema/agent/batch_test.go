package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/judge"
)

// databases are so many folders: each has a table that analyze and final ask about,
// and of each second one columns asks too.
func databases(tb testing.TB, n int) string {
	tb.Helper()
	dir := tb.TempDir()
	for i := range n {
		name := filepath.Join(dir, "db"+strconv.Itoa(i))
		if err := os.Mkdir(name, 0o750); err != nil {
			tb.Fatal(err)
		}
		column := "label"
		if i%2 == 1 {
			column = "lbl"
		}
		for file, text := range map[string]string{
			"things.csv": "thing_id," + column + "\n1,a\n2,b\n3,c\n",
			"seen.csv":   "colour,score\nred,1.5\nred,1.5\nblue,2.5\n", // has no key, which final asks about
		} {
			if err := os.WriteFile(filepath.Join(name, file), []byte(text), 0o600); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return dir
}

func batch(tb testing.TB, dir string, m *model, rate agent.Rate) agent.Batch {
	tb.Helper()
	dbs, err := agent.Databases(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return agent.Batch{Options: judged(tb, "", m), Databases: dbs, Rate: rate, Pack: true}
}

func TestThePlanIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate  agent.Rate
		pack  bool
		text  string
		calls int
	}{
		// Seven schemas ask analyze and final: 14 calls. Three of them, the odd ones,
		// ask columns too: 17. At 2 a minute that is 8.5 minutes.
		"never": {agent.Rate{Requests: 2}, false, "7 schemas, 17 calls, about 8.5 min at 2 requests a minute", 17},
		// Packed, analyze and columns are one round and final is another. Crews of
		// four and three schemas have two rounds each: 4 calls, 2 minutes.
		"packed": {agent.Rate{Requests: 2}, true, "7 schemas, 4 calls, about 2 min at 2 requests a minute (17, each step and schema by itself)", 4},
		// 17 calls go within the first minute: nothing is put together.
		"enough":       {agent.Rate{Requests: 17}, true, "7 schemas, 17 calls, about 1 min at 17 requests a minute", 17},
		"nobody knows": {agent.Rate{}, true, "7 schemas, 17 calls", 17},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &model{}
			b := batch(t, databases(t, 7), m, c.rate)
			b.Pack = c.pack
			planned := 0
			b.Planned = func(p *agent.Plan) {
				planned = len(m.calls) + 1
				if p.String() != c.text {
					t.Errorf("the plan is %q, want %q", p, c.text)
				}
			}
			r, err := agent.GenerateAll(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if planned != 1 {
				t.Error("the plan was not told before the first call")
			}
			if len(m.calls) != c.calls || r.Calls != c.calls || r.Failed != 0 || len(r.Results) != 7 {
				t.Errorf("%d calls, want %d; %+v", len(m.calls), c.calls, r)
			}
			var in int64
			for _, s := range r.Results {
				in += s.Totals.InputTokens
				if s.Judged != schema.JudgedModel || s.Tables != 2 {
					t.Errorf("%+v", s)
				}
			}
			// Each call took 1001 tokens, which are divided without a loss.
			if in != int64(c.calls)*1001 {
				t.Errorf("%d tokens in over all schemas, want %d", in, c.calls*1001)
			}
		})
	}
}

// TestThoseWithFewCallsComeFirst: one after another, and each is told when it is done.
func TestThoseWithFewCallsComeFirst(t *testing.T) {
	t.Parallel()
	m := &model{}
	b := batch(t, databases(t, 4), m, agent.Rate{Requests: 2})
	b.Pack = false
	var begun []string
	b.Progress = func(p agent.Progress) {
		if p.Step == string(judge.Analyze) && !p.Done {
			begun = append(begun, p.Schema)
		}
	}
	if _, err := agent.GenerateAll(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"db0", "db2", "db1", "db3"}, begun); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	want := []judge.Step{"analyze", "final", "analyze", "final", "analyze", "columns", "final", "analyze", "columns", "final"}
	if diff := cmp.Diff(want, m.steps()); diff != "" {
		t.Errorf("a schema began before the one before it was done (-want +got):\n%s", diff)
	}
}

// TestABadPartIsAskedForAlone: the other parts stand.
func TestABadPartIsAskedForAlone(t *testing.T) {
	t.Parallel()
	m := &model{}
	m.answer = func(n int, _ judge.Request, a *judge.Answer) error {
		if n > 0 {
			return nil
		}
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(a.Input, &parts); err != nil {
			return err
		}
		delete(parts, "S3")
		var err error
		a.Input, err = json.Marshal(parts)
		return err
	}
	b := batch(t, databases(t, 7), m, agent.Rate{Requests: 2})
	b.Databases = []agent.Database{b.Databases[0], b.Databases[2], b.Databases[4], b.Databases[6]}
	r, err := agent.GenerateAll(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	// One for all, one for the third alone, and one for all again.
	if diff := cmp.Diff([]judge.Step{judge.Analyze, judge.Analyze, judge.Final}, m.steps()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(m.calls[0].Run, "schemas-") || !strings.HasPrefix(m.calls[1].Run, "schema-db4-") {
		t.Errorf("calls are labelled %+v", m.calls)
	}
	for _, s := range r.Results {
		if want := 2 + map[bool]int{true: 1}[s.Schema == "db4"]; s.Totals.Calls != want {
			t.Errorf("%s took part in %d calls, want %d", s.Schema, s.Totals.Calls, want)
		}
	}
}

func TestOneThatFailsStopsNoOther(t *testing.T) {
	t.Parallel()
	dir := databases(t, 3)
	if err := os.WriteFile(filepath.Join(dir, "db1", "things.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "db1", "seen.csv")); err != nil {
		t.Fatal(err)
	}
	failed := false
	m := &model{answer: func(int, judge.Request, *judge.Answer) error {
		if failed {
			return nil
		}
		failed = true
		return errors.New("the gateway is gone")
	}}
	b := batch(t, dir, m, agent.Rate{Requests: 1})
	b.Pack = false
	r, err := agent.GenerateAll(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	errs := map[string]string{}
	for _, s := range r.Results {
		errs[s.Schema] = s.Error
	}
	if r.Failed != 2 || errs["db2"] != "" || !strings.Contains(errs["db0"], "the gateway is gone") || !strings.Contains(errs["db1"], "one byte") {
		t.Errorf("%d failed: %v", r.Failed, errs)
	}
	// The one whose call failed has its schema all the same, marked.
	sql, err := os.ReadFile(filepath.Join(b.Out, "db0", "ddl", "sqlite.sql"))
	if err != nil || !strings.Contains(string(sql), "MODEL REVIEW PENDING") {
		t.Errorf("%v\n%s", err, sql)
	}
	// Going on makes the calls that are missing, and no other.
	made := len(m.calls)
	b.Resume = true
	b.Databases = []agent.Database{b.Databases[0], b.Databases[2]}
	again, err := agent.GenerateAll(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if again.Failed != 0 || again.Plan.Calls != 2 || len(m.calls) != made+2 {
		t.Errorf("%d calls were planned and %d made, want 2: %+v", again.Plan.Calls, len(m.calls)-made, again)
	}
}

func TestADryRunLeavesNothing(t *testing.T) {
	t.Parallel()
	m := &model{}
	b := batch(t, databases(t, 2), m, agent.Rate{Requests: 2})
	b.DryRun = true
	r, err := agent.GenerateAll(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(b.Out); err == nil || len(m.calls) != 0 || r.Plan.Schemas != 2 {
		t.Errorf("%v, %d calls, plan %s", err, len(m.calls), r.Plan)
	}
}

// TestABatchIsBrokenOff between any two calls, and goes on.
func TestABatchIsBrokenOff(t *testing.T) {
	t.Parallel()
	dir := databases(t, 5)
	for broken := range 4 {
		m := &model{}
		ctx, cancel := context.WithCancel(t.Context())
		m.answer = func(n int, _ judge.Request, _ *judge.Answer) error {
			if n == broken {
				cancel()
			}
			return context.Cause(ctx)
		}
		b := batch(t, dir, m, agent.Rate{Requests: 2})
		if _, err := agent.GenerateAll(ctx, b); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want that of the context", err)
		}
		m.answer = nil
		b.Resume = true
		r, err := agent.GenerateAll(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		// Crews of four and one schema, two rounds each.
		if r.Failed != 0 || len(m.calls) != 4 || r.Plan.Calls != 4-broken {
			t.Errorf("broken off before call %d: %d calls in all, want 4; the plan was %s", broken, len(m.calls), r.Plan)
		}
		cancel()
	}
}

func TestDatabasesOfAList(t *testing.T) {
	t.Parallel()
	dir := databases(t, 2)
	list := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(list, []byte("# all\ndb*\n\ndb1/thing*.csv\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := agent.Databases(list)
	want := []agent.Database{
		{Name: "db0", Inputs: []string{filepath.Join(dir, "db0")}},
		{Name: "db1", Inputs: []string{filepath.Join(dir, "db1")}},
		{Name: "db1_2", Inputs: []string{filepath.Join(dir, "db1", "things.csv")}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := os.WriteFile(list, []byte("db7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := agent.Databases(list); err == nil || !strings.Contains(err.Error(), `line 1: "db7" finds no files`) {
		t.Errorf("error %v", err)
	}
}
