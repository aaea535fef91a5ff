package describe_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/describe"
)

// pair is a requirement with the tables and columns that it asks for.
type pair struct {
	name, text string
	tables     map[string][]string
}

func pairs(tb testing.TB, folder string) []pair {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]pair, 0, len(files))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		text, want, ok := strings.Cut(string(data), "\n---\n")
		if !ok {
			tb.Fatalf("%s has no ---", f)
		}
		p := pair{name: strings.TrimSuffix(filepath.Base(f), ".txt"), text: text, tables: map[string][]string{}}
		for line := range strings.Lines(want) {
			table, columns, _ := strings.Cut(strings.TrimSpace(line), ": ")
			p.tables[table] = strings.Split(columns, ", ")
		}
		out = append(out, p)
	}
	return out
}

// f1 compares two sets.
func f1(got, want []string) float64 {
	right := 0
	for _, g := range got {
		if slices.Contains(want, g) {
			right++
		}
	}
	return 2 * float64(right) / float64(len(got)+len(want))
}

func TestListsBecomeSchemas(t *testing.T) {
	t.Parallel()
	all := pairs(t, "list")
	if len(all) < 12 {
		t.Fatalf("only %d requirements", len(all))
	}
	var tables, columns float64
	for _, p := range all {
		s, err := describe.Make(p.text, p.name)
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		if faults := s.Check(); len(faults) > 0 {
			t.Errorf("%s has faults: %v", p.name, faults)
		}
		var gotT, gotC, wantT, wantC []string
		for _, tb := range s.Tables {
			gotT = append(gotT, tb.Name)
			for _, c := range tb.Columns {
				gotC = append(gotC, tb.Name+"."+c.Name)
				if c.Mark.Confidence > 0.5 {
					t.Errorf("%s: %s.%s is sure by %v of what nobody measured", p.name, tb.Name, c.Name, c.Mark.Confidence)
				}
			}
		}
		for name, list := range p.tables {
			wantT = append(wantT, name)
			for _, c := range list {
				wantC = append(wantC, name+"."+c)
			}
		}
		slices.Sort(gotC)
		slices.Sort(wantC)
		ft, fc := f1(gotT, wantT), f1(gotC, wantC)
		t.Logf("%-10s tables %.3f columns %.3f", p.name, ft, fc)
		if diff := cmp.Diff(wantC, gotC); diff != "" {
			t.Logf("%s (-want +got):\n%s", p.name, diff)
		}
		tables, columns = tables+ft, columns+fc
	}
	tables, columns = tables/float64(len(all)), columns/float64(len(all))
	t.Logf("mean F1: tables %.3f, columns %.3f", tables, columns)
	if tables < 0.85 || columns < 0.75 {
		t.Errorf("F1 of tables %.3f, want at least 0.85; of columns %.3f, want at least 0.75", tables, columns)
	}
}

// TestProseIsRefused: what no rule reads makes no schema, not a half one.
func TestProseIsRefused(t *testing.T) {
	t.Parallel()
	all := pairs(t, "prose")
	if len(all) < 18 {
		t.Fatalf("only %d requirements", len(all))
	}
	for _, p := range all {
		s, err := describe.Make(p.text, p.name)
		if s != nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "needs a language model") || !strings.Contains(err.Error(), "give sample files") {
			t.Errorf("%s: %v, %v; want a refusal with its cure", p.name, s, err)
		}
	}
}

func TestWhatSentencesMean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Pen: x; Cap: y; a pen has many caps":                            "cap.pen_id>pen",
		"Pen: x; Cap: y; each pen takes many caps":                       "pen_cap.cap_id>cap pen_cap.pen_id>pen",
		"Pen: x; Cap: y; pens contain many caps; a cap belongs to a pen": "cap.pen_id>pen",
		"Order: day; an order contains many order lines":                 "order_line.order_id>order",
		"Order: day; Part: x; Line: order, part, quantity":               "line.order_id>order line.part_id>part",
		"Order: x; Part: y; Line: order, part; order uses many parts":    "line.order_id>order line.part_id>part",
		"Person: name, manager_id":                                       "person.manager_id>person",
		"Person: name; a person knows many people":                       "person_person.other_person_id>person person_person.person_id>person",
		"Book: isbn (pk), title; Loan: day; a loan may refer to a book":  "loan.book_isbn>book",
		"Town (name, country); Country (name)":                           "town.country_id>country",
	} {
		s, err := describe.Make(text, "x")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, tb := range s.Tables {
			for _, f := range tb.ForeignKeys {
				got = append(got, f.Table+"."+f.Columns[0]+">"+f.RefTable)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: references are %v, want %s", text, got, want)
		}
	}
}

func TestTypesByNames(t *testing.T) {
	t.Parallel()
	s, err := describe.Make("Thing: price, order date, created_at, is_open, email, seat count, weight (float), number of pages, phone number, code (unique)", "x")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range s.Tables[0].Columns {
		got[c.Name] = c.Type.Kind
	}
	want := map[string]string{
		"thing_id": "integer", "price": "decimal", "order_date": "date", "created_at": "timestamp", "is_open": "boolean", "email": "text", "seat_count": "integer",
		"weight": "float", "number_of_pages": "integer", "phone_number": "text", "code": "text",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.Tables[0].Unique) != 1 {
		t.Errorf("unique keys %v, want that of code", s.Tables[0].Unique)
	}
}

func FuzzMake(f *testing.F) {
	for _, s := range []string{"A: b, c", "a has many b and c has many d", "A (b (pk), c)", "- x:\n - y\n - z", "a; b. c, and", "Ä: ß", "A: id, a_id, id; a has many a", "is: is; a knows many is"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := describe.Make(text, "x")
		if err != nil {
			return
		}
		if faults := s.Check(); len(faults) > 0 {
			t.Fatalf("%q gives a schema with faults: %v", text, faults)
		}
		if len(s.Tables) == 0 || s.Judged != schema.JudgedNobody {
			t.Fatalf("%q gives %+v", text, s)
		}
	})
}
