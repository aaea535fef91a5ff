package judge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema/judge"
)

func TestStepsAreAskedTogether(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	parts := []judge.Request{mustAsk(t, judge.Analyze, b), mustAsk(t, judge.Columns, b)}
	joined := judge.Join(parts)
	if joined.Step != "analyze+columns" || joined.Input >= parts[0].Input+parts[1].Input+40 || joined.Output < parts[0].Output+parts[1].Output || !judge.Fits(parts) {
		t.Errorf("joined is %s, %d in, %d out", joined.Step, joined.Input, joined.Output)
	}
	answers, errs := judge.Split(joined, parts, json.RawMessage(`{"analyze":{"domain":"trade","tables":[]},"columns":{"columns":7}}`))
	if errs[0] != nil || errs[1] == nil {
		t.Fatalf("%v, want the second part alone to be bad", errs)
	}
	if _, err := judge.Merge(judge.Analyze, b.State, answers[0]); err != nil || b.Schema.Domain != "trade" {
		t.Errorf("%v %q", err, b.Schema.Domain)
	}
}

func TestSchemasArePacked(t *testing.T) {
	t.Parallel()
	var parts []judge.Request
	for i := range 4 {
		b := files(t, map[string]string{fmt.Sprintf("thing%d.csv", i): "thing_id,label\n1,a\n2,b\n3,c\n"})
		parts = append(parts, mustAsk(t, judge.Analyze, b))
	}
	joined := judge.Join(parts)
	if joined.Step != judge.Analyze || !judge.Fits(parts) || judge.Fits(append(parts, parts[0])) || strings.Count(joined.System, "purpose") != 1 {
		t.Errorf("%s: %s", joined.Step, joined.System)
	}
	one := `{"domain":"d","tables":[{"id":"T1","name":"x","purpose":"y"}]}`
	_, errs := judge.Split(joined, parts, json.RawMessage(`{"S1":`+one+`,"S2":`+one+`,"S4":{}}`))
	if errs[0] != nil || errs[1] != nil || errs[2] == nil || errs[3] == nil {
		t.Errorf("%v, want the third and fourth to be bad", errs)
	}
	for _, bad := range []string{``, `[]`, `null`, `{"S1":`} {
		if _, errs := judge.Split(joined, parts, json.RawMessage(bad)); errs[0] == nil || errs[3] == nil {
			t.Errorf("%q is taken for an answer", bad)
		}
	}
}

// TestAnAnswerOutlivesAnother: what two steps were asked in one call is merged one
// after the other, though the first may leave nothing to ask of the second.
func TestAnAnswerOutlivesAnother(t *testing.T) {
	t.Parallel()
	var orders strings.Builder
	orders.WriteString("order_id,via,speed_class\n")
	for i := range 60 {
		fmt.Fprintf(&orders, "%d,%d,class %d\n", 100+i, 1+i%6, i%6/2)
	}
	b := files(t, map[string]string{"orders.csv": orders.String(), "shippers.csv": "shipper_id,label\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n"})
	parts := []judge.Request{mustAsk(t, judge.Relationships, b), mustAsk(t, judge.Normalize, b)}
	split := ""
	for _, d := range b.Evidence.Tables[0].Dependencies {
		if d.Determinant[0] == b.id(t, "orders.via") {
			split = d.ID
		}
	}
	accept, _ := json.Marshal(only(parts[0], object{"accept": []string{b.inclusion(t, "orders.via", "shippers.shipper_id")}, "reject": []string{}}))
	cut := `{"split":[{"id":"` + split + `","table":"speeds"}]}`
	answers, errs := judge.Split(judge.Join(parts), parts, json.RawMessage(`{"relationships":`+string(accept)+`,"normalize":`+cut+`}`))
	if errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
	for i, step := range []judge.Step{judge.Relationships, judge.Normalize} {
		if _, err := judge.Merge(step, b.State, answers[i]); err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
	if f := b.Schema.Table("orders").ForeignKeys; len(f) != 1 || f[0].RefTable != "shippers" {
		t.Errorf("orders refers to %+v", f)
	}
	b.holds(t)
}

// TestPartsOfSeveralSchemasAreTold: one asks for two steps, another for one of them.
func TestPartsOfSeveralSchemasAreTold(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	both := judge.Join([]judge.Request{mustAsk(t, judge.Analyze, b), mustAsk(t, judge.Columns, b)})
	joined := judge.Join([]judge.Request{both, mustAsk(t, judge.Analyze, b)})
	if !strings.Contains(joined.User, "S1 (analyze+columns):") || !strings.Contains(joined.User, "S2 (analyze):") {
		t.Errorf("the parts are not told apart:\n%s", joined.User)
	}
}
