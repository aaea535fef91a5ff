package agent_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/judge"
)

// designer answers as a model that designs tables would.
type designer struct{ emulated bool }

func (d designer) Call(_ context.Context, r judge.Request, _ judge.Labels) (judge.Answer, error) {
	input := `{"names":[],"notes":[],"questions":[]}`
	if r.Step == judge.Analyze {
		input = `{"domain":"tool lending","missing":[
			{"name":"tool","why":"what is lent","columns":[{"name":"tool_id","type":"integer","refers_to":""},{"name":"title","type":"text","refers_to":""}]},
			{"name":"loan","why":"who has it","columns":[{"name":"loan_id","type":"integer","refers_to":""},{"name":"tool_id","type":"integer","refers_to":"tool"}]},
			{"name":"x\"; DROP TABLE tool","why":"","columns":[{"name":"a","type":"text","refers_to":""}]}]}`
	}
	return judge.Answer{Input: json.RawMessage(input), Model: "test", Emulated: d.emulated}, nil
}

// TestAModelDesigns: what no rule reads is designed by a model; names that are none
// are refused.
func TestAModelDesigns(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	o.Inputs, o.Describe, o.Caller = nil, "We lend tools to whoever asks, and want them back.", designer{}
	r, err := agent.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var s schema.Schema
	readJSON(t, filepath.Join(o.Out, "schema.json"), &s)
	if r.Tables != 2 || r.References != 1 || s.Judged != schema.JudgedModel || s.Table("tool").Mark.Provenance != schema.FromModel("analyze") {
		t.Errorf("report %+v, schema %+v", r, s)
	}
}

// TestAnEmulatorDesignsNothing: then rules say what they can read, and refuse what
// they cannot.
func TestAnEmulatorDesignsNothing(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	o.Inputs, o.Describe, o.Caller = nil, "We lend tools to whoever asks, and want them back.", designer{emulated: true}
	if _, err := agent.Generate(t.Context(), o); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "needs a language model") {
		t.Errorf("error %v, want one that asks for a model", err)
	}
	o = options(t, "")
	o.Inputs, o.Describe, o.Caller = nil, "Tool: title, price; Loan: tool, day", designer{emulated: true}
	r, err := agent.Generate(t.Context(), o)
	if err != nil || r.Tables != 2 || r.Judged != schema.JudgedNobody {
		t.Errorf("%+v, %v; want the two tables that the rules read", r, err)
	}
}

// TestADescriptionAlone: without files the schema is made of what is said, and is
// tried on the engines as any other.
func TestADescriptionAlone(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	o.Inputs, o.Describe = nil, "Customer: name, email (unique); Order: order date, total; an order belongs to a customer; a customer likes many products"
	r, err := agent.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tables != 4 || r.References != 3 || r.Rows != 0 || len(r.GivenUp) > 0 || !r.Verification[0].Executed {
		t.Errorf("report %+v", r)
	}
	var s schema.Schema
	readJSON(t, filepath.Join(o.Out, "schema.json"), &s)
	for _, tb := range s.Tables {
		if tb.Mark.Provenance != schema.FromDescription || tb.Mark.Confidence > 0.5 {
			t.Errorf("%s is marked %+v", tb.Name, tb.Mark)
		}
	}
	if _, err := os.Stat(filepath.Join(o.Out, "load")); err == nil {
		t.Error("there is load/, of no rows")
	}
	o.Resume = true
	if _, err := agent.Generate(t.Context(), o); err != nil {
		t.Errorf("going on: %v", err)
	}
}

func TestProseNeedsAModel(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	o.Inputs, o.Describe = nil, "We lend tools to whoever asks, and want them back."
	_, err := agent.Generate(t.Context(), o)
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "needs a language model") {
		t.Errorf("error %v, want one that asks for a model", err)
	}
	if _, err := os.Stat(o.Out); err == nil {
		t.Error("a folder was left")
	}
}
