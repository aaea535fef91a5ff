package judge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/verify"
)

type object = map[string]any

// trade has what evidence cannot know: that an order is shipped via a shipper, and
// that a customer's care_of is one of the staff.
func trade() map[string]string {
	var orders, customers, staff strings.Builder
	orders.WriteString("order_id,customer_id,ship_via,placed,wght,temp\n")
	for i := range 60 {
		temp := fmt.Sprint(10 + i%9)
		if i%17 == 3 {
			temp = "-999"
		}
		fmt.Fprintf(&orders, "%d,%d,%d,%02d/%02d/2024,%d.5,%s\n", 100+i, 1+i%12, 1+i%3, 1+i%12, 1+i%11, i%13, temp)
	}
	customers.WriteString("customer_id,title,care_of\n")
	for i := range 12 {
		fmt.Fprintf(&customers, "%d,Firm %d,%d\n", i+1, i, 3+i%3)
	}
	staff.WriteString("staff_id,surname,since\n")
	for i := range 9 {
		fmt.Fprintf(&staff, "%d,Person %d,\"March %d, 2020\"\n", i+1, i, i+1)
	}
	return map[string]string{
		"orders.csv": orders.String(), "customers.csv": customers.String(), "staff.csv": staff.String(),
		"shippers.csv": "shipper_id,label\n1,a\n2,b\n3,c\n", "regions.csv": "region_id,label\n1,n\n2,s\n3,e\n4,w\n",
	}
}

func TestAModelMendsWhatEvidenceCannotKnow(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	via, care := b.inclusion(t, "orders.ship_via", "shippers.shipper_id"), b.inclusion(t, "customers.care_of", "staff.staff_id")
	for _, r := range append(b.Schema.Table("orders").ForeignKeys, b.Schema.Table("customers").ForeignKeys...) {
		if r.ID == via || r.ID == care {
			t.Fatalf("%s was known before", r.ID)
		}
	}
	answer := object{"accept": []string{via, care}}
	req, _ := judge.Ask(judge.Relationships, b.State)
	if strings.Contains(string(req.Tool.Schema), `"reject":`) {
		answer["reject"] = []string{}
	}
	if n := refused(b.answer(t, judge.Relationships, answer)); n > 0 {
		t.Errorf("%d were refused", n)
	}
	for table, id := range map[string]string{"orders": via, "customers": care} {
		found := false
		for _, f := range b.Schema.Table(table).ForeignKeys {
			found = found || f.ID == id && f.Mark.Provenance == schema.FromModel("relationships")
		}
		if !found {
			t.Errorf("%s does not refer by %s", table, id)
		}
	}
	for _, f := range b.Schema.Suspected {
		if f.Table == "orders" && f.Columns[0] == "ship_via" {
			t.Error("what was accepted is suspected of another table still")
		}
	}
	b.holds(t)
}

func TestColumnsAreReadAsAModelSays(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	req, ok := judge.Ask(judge.Columns, b.State)
	if !ok {
		t.Fatal("nothing is unclear")
	}
	column := func(name, as, unit, read string, nulls ...string) object {
		return object{"id": b.id(t, name), "name": as, "meaning": "what it\nis", "unit": unit, "read": read, "nulls": append([]string{}, nulls...)}
	}
	got := b.answer(t, judge.Columns, object{"columns": []object{
		column("orders.placed", "placed_on", "", "month_first"),
		column("orders.wght", "weight", "kg", "keep"),
		column("orders.temp", "temp", "", "keep", "-999"),
		column("staff.since", "since", "", "date"),
	}})
	if n := refused(got); n > 0 {
		t.Fatalf("%d were refused: %+v\n%s", n, got, req.User)
	}
	b.holds(t)
	orders := b.Schema.Table("orders")
	if c := orders.Column("placed_on"); c == nil || c.Format != "01/02/2006" {
		t.Errorf("placed is %+v, want months first", c)
	}
	if c := orders.Column("weight"); c == nil || c.Unit != "kg" || c.Meaning != "what it is" {
		t.Errorf("wght is %+v", c)
	}
	if c := orders.Column("temp"); !c.Nullable || len(c.Nulls) != 1 {
		t.Errorf("temp is %+v, want -999 as null", c)
	}
	if c := b.Schema.Table("staff").Column("since"); c.Type.Kind != "date" {
		t.Errorf("since is %+v, want a date", c.Type)
	}
	nulls, first := 0, ""
	err := b.rows.Scan(t.Context(), orders, func(row []*string) error {
		for i, c := range orders.Columns {
			switch {
			case c.Name == "temp" && row[i] == nil:
				nulls++
			case c.Name == "placed_on" && first == "":
				first = *row[i]
			}
		}
		return nil
	})
	if err != nil || nulls != 4 || first != "2024-01-01" {
		t.Errorf("%d nulls, first %s: %v", nulls, first, err)
	}
}

// TestWrongAnswersChangeNothing: ids that nobody asked about, what the data does not
// show, SQL in names, and what is no answer at all.
func TestWrongAnswersChangeNothing(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	b.Findings = []verify.Finding{{Constraint: verify.ForeignKey, Table: "orders", Columns: []string{"customer_id"}, RefTable: "customers"}}
	sql := `x"); DROP TABLE orders; --`
	for _, c := range []struct {
		step   judge.Step
		answer object
	}{
		{judge.Analyze, object{"domain": "", "tables": []object{{"id": "T99", "name": "x", "purpose": "y"}, {"id": "T1", "name": sql, "purpose": ""}, {"id": "T1.2", "name": "x", "purpose": "y"}}}},
		{judge.Columns, object{"columns": []object{
			{"id": b.id(t, "orders.customer_id"), "name": "x", "meaning": "", "unit": "", "read": "text", "nulls": []string{}},
			{"id": b.id(t, "orders.wght"), "name": sql, "meaning": "", "unit": "", "read": "date", "nulls": []string{"1.5"}},
		}}},
		{judge.Relationships, object{"accept": []string{"F999", "T1", b.inclusion(t, "orders.customer_id", "customers.customer_id")}, "reject": []string{"F998"}, "add": []object{}}},
		{judge.Validate, object{"fixes": []object{{"id": "E7", "op": "give_up"}, {"id": "E1", "op": sql}, {"id": "F1", "op": "give_up"}}}},
	} {
		before, err := json.Marshal(b.Schema)
		if err != nil {
			t.Fatal(err)
		}
		req, ok := judge.Ask(c.step, b.State)
		if !ok {
			t.Fatalf("%s: nothing is asked", c.step)
		}
		data, _ := json.Marshal(only(req, c.answer))
		changes, err := judge.Merge(c.step, b.State, data)
		if err != nil {
			t.Errorf("%s: %v", c.step, err)
		}
		if len(changes) == 0 || refused(changes) != len(changes) {
			t.Errorf("%s: %d of %d changes were refused", c.step, refused(changes), len(changes))
		}
		after, _ := json.Marshal(b.Schema)
		if diff := cmp.Diff(string(before), string(after)); diff != "" {
			t.Errorf("%s changed the schema:\n%s", c.step, diff)
		}
		for _, bad := range []string{``, `null`, `[]`, `{}`, `"x"`, `{"accept":"F1"}`, `{"domain":1}`, strings.Repeat("[", 10_000)} {
			if _, err := judge.Merge(c.step, b.State, json.RawMessage(bad)); err == nil {
				t.Errorf("%s: %.20q is taken for an answer", c.step, bad)
			}
		}
	}
}

// only is an answer without the properties that the tool does not have.
func only(req judge.Request, answer object) object {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	_ = json.Unmarshal(req.Tool.Schema, &s)
	out := object{}
	for k, v := range answer {
		if _, ok := s.Properties[k]; ok {
			out[k] = v
		}
	}
	return out
}

// TestAFalseReferenceStaysSuspected: not all values have a partner, whatever a model
// says.
func TestAFalseReferenceStaysSuspected(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	id := b.inclusion(t, "orders.ship_via", "shippers.shipper_id")
	for i := range b.Evidence.Inclusions {
		if in := &b.Evidence.Inclusions[i]; in.ID == id {
			in.Coverage, in.Missing, in.Orphans = 0.97, 1, 4
		}
	}
	b.Schema.Suspected = append(b.Schema.Suspected, schema.ForeignKey{ID: id, Table: "orders", Columns: []string{"ship_via"}, RefTable: "shippers", RefColumns: []string{"shipper_id"}})
	got := b.answer(t, judge.Relationships, object{"accept": []string{id}, "reject": []string{}})
	if refused(got) != 1 || len(b.Schema.Table("orders").ForeignKeys) != 1 {
		t.Errorf("%+v %+v", got, b.Schema.Table("orders").ForeignKeys)
	}
	kept := b.Schema.Suspected[len(b.Schema.Suspected)-1]
	if kept.ID != id || !strings.Contains(kept.Mark.Why, "4 rows have no partner") {
		t.Errorf("suspected is %+v", kept)
	}
}

func TestTablesAreAddedFromADescription(t *testing.T) {
	t.Parallel()
	b := files(t, trade())
	missing := []object{{"name": "returns", "why": "goods sent back", "columns": []object{
		{"name": "return_id", "type": "integer", "refers_to": ""}, {"name": "order_id", "type": "integer", "refers_to": "orders"}, {"name": "x_id", "type": "text", "refers_to": "nothing"},
	}}}
	answer := object{"domain": "trade", "tables": []object{}, "missing": missing}
	if n := refused(b.answer(t, judge.Analyze, answer)); n != 1 || b.Schema.Table("returns") != nil {
		t.Error("tables are added that nobody described")
	}
	b.Description = "Orders can be returned."
	if n := refused(b.answer(t, judge.Analyze, answer)); n != 1 {
		t.Errorf("%d were refused, want the reference to nothing", n)
	}
	b.holds(t)
	if r := b.Schema.Table("returns"); r == nil || len(r.ForeignKeys) != 1 || r.From.Table != "" {
		t.Errorf("returns is %+v", r)
	}
	empty := bench{State: &judge.State{Evidence: b.Evidence, Schema: &schema.Schema{Name: "x"}, Description: "Orders"}, rows: b.rows}
	empty.answer(t, judge.Analyze, object{"domain": "trade", "missing": missing})
	if empty.Schema.Table("returns") == nil || len(empty.Schema.Check()) > 0 {
		t.Errorf("of a description alone %+v was made", empty.Schema.Tables)
	}
}

func TestNormalFormsAreChosen(t *testing.T) {
	t.Parallel()
	var sb strings.Builder
	sb.WriteString("sale_id,buyer,city,land,m_1,m_2,m_3,tags\n")
	for i := range 120 {
		c := i * 7 % 40
		fmt.Fprintf(&sb, "%d,b%02d,City%d,Land%d,%d,%d,%d.5,t%d;t%d;t%d\n", i+1, c, c%12, c%12%4, i%7, i%9, i%11, i%5, 5+i%3, i%5)
	}
	var tags strings.Builder
	tags.WriteString("tag,label\n")
	for i := range 8 {
		fmt.Fprintf(&tags, "t%d,Label %d\n", i, i)
	}
	b := files(t, map[string]string{"sales.csv": sb.String(), "tags.csv": tags.String()})
	req, ok := judge.Ask(judge.Normalize, b.State)
	if !ok {
		t.Fatal("nothing is to normalize")
	}
	buyer := ""
	for _, d := range b.Evidence.Tables[0].Dependencies {
		if d.Determinant[0] == b.id(t, "sales.buyer") && len(d.Determinant) == 1 {
			buyer = d.ID
		}
	}
	got := b.answer(t, judge.Normalize, object{
		"split":   []object{{"id": buyer, "table": "buyers"}, {"id": buyer, "table": "again"}, {"id": "D77", "table": "x"}},
		"unpivot": []object{{"id": "G1", "table": "months", "label": "month", "value": "amount"}},
		"lists":   []object{{"id": b.id(t, "sales.tags"), "table": "sale_tags", "value": "tag"}},
	})
	if refused(got) != 2 || len(b.Schema.Tables) != 5 {
		t.Errorf("%+v\n%s", got, req.User)
	}
	b.holds(t)
	b.answer(t, judge.Final, only(mustAsk(t, judge.Final, b), object{
		"names": []object{{"id": "N1", "name": "customers"}, {"id": "T1", "name": "x"}}, "notes": []object{{"id": "N2", "text": "by month"}}, "questions": []string{"a?", "b?", "c?", "d?"},
	}))
	if b.Schema.Table("customers") == nil || len(b.Schema.Questions) != 3 {
		t.Errorf("%v %v", b.Schema.Tables, b.Schema.Questions)
	}
	b.holds(t)
}

func mustAsk(t *testing.T, step judge.Step, b bench) judge.Request {
	t.Helper()
	r, ok := judge.Ask(step, b.State)
	if !ok {
		t.Fatalf("%s: nothing is asked", step)
	}
	return r
}
