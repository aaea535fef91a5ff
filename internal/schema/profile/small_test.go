package profile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/profile"
)

// small measures tables that are given as text, by name.
func small(t *testing.T, tables map[string]string) *evidence.Evidence {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for name, text := range tables {
		path := filepath.Join(dir, name+".csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	return with(t, profile.Options{Workers: 2}, files...)
}

// one measures a table of two columns: a number and what is asked about.
func one(t *testing.T, cells ...string) evidence.Column {
	t.Helper()
	var text strings.Builder
	text.WriteString("id,x\n")
	for i, c := range cells {
		fmt.Fprintf(&text, "%d,%s\n", i+1, c)
	}
	ev := small(t, map[string]string{"one": text.String()})
	c, ok := named(ev, "one", "x")
	if !ok {
		t.Fatalf("no column x: %+v", ev.Tables)
	}
	return c
}

func TestNulls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		cells         []string
		typ           evidence.Type
		nulls, blanks int64
		tokens        []evidence.Value
		distinct      int64
	}{
		{"empty cells", []string{"1", "", "3"}, "integer", 1, 0, nil, 2},
		{"empty in quotes", []string{"a", `""`, "b"}, "text", 0, 1, nil, 3},
		{"empty in quotes among numbers", []string{"1", `""`, "2"}, "integer", 0, 1, nil, 2},
		{"a token among numbers", []string{"1", "N/A", "2", "N/A", "-"}, "integer", 3, 0, []evidence.Value{{Text: "N/A", Count: 2}, {Text: "-", Count: 1}}, 2},
		{"a token among texts is a word", []string{"green", "none", "red", "none"}, "text", 0, 0, nil, 3},
		{"a backslash N among texts is null", []string{"green", `\N`, "red", "none"}, "text", 1, 0, []evidence.Value{{Text: `\N`, Count: 1}}, 3},
		{"a backslash N among numbers", []string{"5", `\N`, "6"}, "integer", 1, 0, []evidence.Value{{Text: `\N`, Count: 1}}, 2},
		{"only tokens", []string{"?", "?", "?"}, "text", 0, 0, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := one(t, c.cells...)
			if c.tokens == nil {
				c.tokens = []evidence.Value{}
			}
			if got.Type != c.typ || got.Nulls != c.nulls || got.Blanks != c.blanks || got.Distinct != c.distinct || !cmp.Equal(got.NullTokens, c.tokens) {
				t.Errorf("%q is %s with %d nulls %v, %d blanks, %d values; want %s, %d %v, %d, %d",
					c.cells, got.Type, got.Nulls, got.NullTokens, got.Blanks, got.Distinct, c.typ, c.nulls, c.tokens, c.blanks, c.distinct)
			}
		})
	}
}

func TestWhatAColumnIs(t *testing.T) {
	t.Parallel()
	c := one(t, "5", "7", "-200", "6", "-200", "4")
	if len(c.Sentinels) != 1 || c.Sentinels[0] != (evidence.Value{Text: "-200", Count: 2}) {
		t.Errorf("sentinels = %v, want -200 twice", c.Sentinels)
	}
	c = one(t, "5", "7", "9999", "6", "9999", "4")
	if len(c.Sentinels) != 1 || c.Sentinels[0] != (evidence.Value{Text: "9999", Count: 2}) {
		t.Errorf("sentinels = %v, want 9999 twice", c.Sentinels)
	}
	if c = one(t, "-5", "7", "-200", "6", "-200", "-4"); len(c.Sentinels) != 0 {
		t.Errorf("sentinels = %v among negative numbers, want none", c.Sentinels)
	}
	if c = one(t, "007", "123", "099"); c.Type != "text" || !c.LeadingZeros {
		t.Errorf("codes are %s, leading zeros %v; want a text with them", c.Type, c.LeadingZeros)
	}
	if c = one(t, "1", "5", "9"); !c.Increasing || !c.Unique || c.Min != "1" || c.Max != "9" {
		t.Errorf("1, 5, 9 = %+v, want increasing, unique, from 1 to 9", c)
	}
	if c = one(t, "1", "9", "5"); c.Increasing {
		t.Error("1, 9, 5 increases")
	}
	if c = one(t, "10.50", "9", "100.125"); c.Min != "9" || c.Max != "100.125" || c.Precision != 6 || c.Scale != 3 {
		t.Errorf("decimals = %s to %s, %d, %d; want 9 to 100.125, 6, 3", c.Min, c.Max, c.Precision, c.Scale)
	}
	if c = one(t, "13/02/2020", "01/03/2019", "02/01/2021"); c.Min != "01/03/2019" || c.Max != "02/01/2021" {
		t.Errorf("dates = %s to %s, want 01/03/2019 to 02/01/2021", c.Min, c.Max)
	}
	if c = one(t, "02/13/2020", "12/03/2019", "01/02/2019"); c.Format != "01/02/2006" || c.Min != "01/02/2019" || c.Max != "02/13/2020" {
		t.Errorf("dates = %q, %s to %s, want months first, 01/02/2019 to 02/13/2020", c.Format, c.Min, c.Max)
	}
	c = one(t, "b", "a", "b", "c")
	if want := []evidence.Value{{Text: "b", Count: 2}, {Text: "a", Count: 1}, {Text: "c", Count: 1}}; !cmp.Equal(c.Top, want) {
		t.Errorf("top = %v, want %v", c.Top, want)
	}
	if c = one(t, "äöü", "a"); c.Length != 3 {
		t.Errorf("length = %d characters, want 3", c.Length)
	}
}

// TestDatesAgree: one column that tells day from month tells it of others too.
func TestDatesAgree(t *testing.T) {
	t.Parallel()
	ev := small(t, map[string]string{
		"a": "x,sure,unsure\n1,03/25/2020,01/02/2020\n2,03/26/2020,02/01/2020\n",
		"b": "x,unsure\n1,01/02/2020\n",
		"c": "x,sure\n1,25.03.2020\n",
		"d": "x,unsure\n1,01.02.2020\n",
	})
	for _, c := range []struct{ table, format, least string }{{"a", "01/02/2006", "01/02/2020"}, {"b", "01/02/2006", "01/02/2020"}, {"d", "02.01.2006", "01.02.2020"}} {
		got, _ := named(ev, c.table, "unsure")
		if got.Format != c.format || !got.Ambiguous || got.Min != c.least {
			t.Errorf("%s: format %q, ambiguous %v, from %s; want %q, true, %s", c.table, got.Format, got.Ambiguous, got.Min, c.format, c.least)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	ev := small(t, map[string]string{
		"posts": "id,title,tags,place\n1,\"One, or two\",red;green,\"Rome, Italy\"\n2,Three,green,\"Bonn, Germany\"\n3,Four,red;blue;green,\"Lyon, France\"\n4,Five,blue;red,\"Graz, Austria\"\n",
		"tags":  "tag\nred\ngreen\nblue\nwhite\n",
	})
	tags, _ := named(ev, "posts", "tags")
	home, _ := named(ev, "tags", "tag")
	if tags.List == nil || tags.List.Separator != ";" || tags.List.Share != 0.75 || tags.List.Parts != 3 || tags.List.In != home.ID {
		t.Errorf("tags = %+v, want lists by ; of three parts in %s", tags.List, home.ID)
	}
	for _, name := range []string{"title", "place"} {
		if c, _ := named(ev, "posts", name); c.List != nil {
			t.Errorf("%s is a list: %+v", name, c.List)
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header, row string
		want        []evidence.Group
	}{
		{"shop,Jan,Feb,Mar,Apr", "a,1,2,3.5,4", []evidence.Group{{ID: "G1", Kind: "month", Labels: []string{"jan", "feb", "mar", "apr"}, Columns: []string{"T1.2", "T1.3", "T1.4", "T1.5"}}}},
		{"id,score_1,score_2,score_3", "7,1,2,3", []evidence.Group{{ID: "G1", Kind: "number", Stem: "score", Labels: []string{"1", "2", "3"}, Columns: []string{"T1.2", "T1.3", "T1.4"}}}},
		{"country,2019,2020,2021", "a,1,2,3", []evidence.Group{{ID: "G1", Kind: "year", Labels: []string{"2019", "2020", "2021"}, Columns: []string{"T1.2", "T1.3", "T1.4"}}}},
		{"unit,sales Q1,sales Q2,sales Q3", "a,1,2,3", []evidence.Group{{ID: "G1", Kind: "quarter", Stem: "sales", Labels: []string{"q1", "q2", "q3"}, Columns: []string{"T1.2", "T1.3", "T1.4"}}}},
		{"id,address1,address2", "7,a,b", []evidence.Group{}},
		{"id,x1,x2,x3", "7,a,2,3", []evidence.Group{}},
	} {
		ev := small(t, map[string]string{"t": c.header + "\n" + c.row + "\n"})
		if diff := cmp.Diff(c.want, ev.Tables[0].Groups); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.header, diff)
		}
	}
}

// TestCompositeReference: a key of two columns is referred to by two.
func TestCompositeReference(t *testing.T) {
	t.Parallel()
	ev := small(t, map[string]string{
		"seats":    "hall,seat,price\n1,1,9\n1,2,9\n2,1,8\n2,2,8\n3,1,9\n",
		"bookings": "guest,hall,seat\nann,1,2\nbob,2,1\ncid,2,2\nann,3,1\nbob,1,2\n",
	})
	from, to := ids(t, ev, "bookings", "hall", "seat"), ids(t, ev, "seats", "hall", "seat")
	for _, i := range ev.Inclusions {
		if cmp.Equal(i.From, from) && cmp.Equal(i.To, to) && i.Coverage == 1 && i.Unique {
			return
		}
	}
	t.Errorf("bookings do not refer to seats: %+v", ev.Inclusions)
}

// TestPointZero: integers with nulls that a program wrote as 1.0 refer to integers.
func TestPointZero(t *testing.T) {
	t.Parallel()
	ev := small(t, map[string]string{
		"a": "id,name\n1,x\n2,y\n3,z\n",
		"b": "id,a_id,price\n7,1.0,5.0\n8,,6.0\n9,3.0,7.0\n",
	})
	c, _ := named(ev, "b", "a_id")
	if c.Type != "integer" || c.Format != "point_zero" {
		t.Errorf("a_id is %s %q, want integers with .0", c.Type, c.Format)
	}
	if c, _ := named(ev, "b", "price"); c.Type != "decimal" {
		t.Errorf("price is %s, want decimal", c.Type)
	}
	for _, i := range ev.Inclusions {
		if i.From[0] == c.ID && i.To[0] == ids(t, ev, "a", "id")[0] && i.Coverage == 1 {
			return
		}
	}
	t.Errorf("a_id is not in a.id: %+v", ev.Inclusions)
}

// TestNearlyIncluded: what is missing is counted, by value and by row.
func TestNearlyIncluded(t *testing.T) {
	t.Parallel()
	var parents, children strings.Builder
	parents.WriteString("code\n")
	children.WriteString("n,code\n")
	for i := range 100 {
		if i != 50 {
			fmt.Fprintf(&parents, "c%d\n", i)
		}
		fmt.Fprintf(&children, "%d,c%d\n%d,c%d\n", 2*i, i, 2*i+1, i)
	}
	ev := small(t, map[string]string{"parents": parents.String(), "children": children.String()})
	for _, i := range ev.Inclusions {
		if i.From[0] == ids(t, ev, "children", "code")[0] && i.To[0] == ids(t, ev, "parents", "code")[0] {
			if i.Missing != 1 || i.Orphans != 2 || i.Coverage != 0.99 {
				t.Errorf("inclusion = %+v, want one value of two rows missing", i)
			}
			return
		}
	}
	t.Errorf("no inclusion: %+v", ev.Inclusions)
}

func TestEmptyTables(t *testing.T) {
	t.Parallel()
	ev := small(t, map[string]string{"a": "id,name\n", "b": "id,name\n1,x\n"})
	if n := len(ev.Tables); n != 2 {
		t.Fatalf("%d tables, want 2", n)
	}
	for _, c := range ev.Tables[0].Columns {
		if c.Type != "unknown" || c.Unique {
			t.Errorf("a column without rows is %+v", c)
		}
	}
}
