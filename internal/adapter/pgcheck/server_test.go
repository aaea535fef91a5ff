package pgcheck_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/verify"
)

// rows are tables as texts: rows by line, cells by comma, - for null. The original
// of an evidence's table has its id.
type rows map[string]string

func (r rows) Scan(_ context.Context, t *schema.Table, fn func([]*string) error) error {
	return r.each(t.Name, fn)
}

func (r rows) Original(_ context.Context, table string, _ []schema.Column, fn func([]*string) error) error {
	return r.each(table, fn)
}

func (r rows) each(name string, fn func([]*string) error) error {
	for line := range strings.FieldsSeq(r[name]) {
		var row []*string
		for cell := range strings.SplitSeq(line, ",") {
			if cell == "-" {
				row = append(row, nil)
			} else {
				row = append(row, &cell)
			}
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

func columns(text string) []schema.Column {
	var out []schema.Column
	for word := range strings.FieldsSeq(text) {
		name, kind, _ := strings.Cut(word, ":")
		kind, null := strings.CutSuffix(kind, "?")
		out = append(out, schema.Column{ID: name, Name: name, From: "T1." + name, Nullable: null, Type: schema.Type{Kind: kind, Precision: 5, Scale: 2, Bytes: 4}})
	}
	return out
}

func key(names ...string) *schema.Key { return &schema.Key{Columns: names} }

func shop() *schema.Schema {
	city := schema.Table{ID: "T1", Name: "city", Columns: columns("id:integer name:text founded:date?"), PrimaryKey: key("id"), Unique: []schema.Key{*key("name")}, From: schema.From{Table: "T1"}}
	person := schema.Table{ID: "T2", Name: "person", Columns: columns("id:integer city:integer? born:date open:boolean"), PrimaryKey: key("id"), From: schema.From{Table: "T2"}}
	person.ForeignKeys = []schema.ForeignKey{{ID: "I1", Table: "person", Columns: []string{"city"}, RefTable: "city", RefColumns: []string{"id"}}}
	return &schema.Schema{Name: "shop", Tables: []schema.Table{city, person}}
}

// private is a server for one test, which is skipped where there is no PostgreSQL.
func private(t *testing.T) *pgcheck.Private {
	t.Helper()
	p := pgcheck.NewPrivate("")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	r, err := p.Try(t.Context(), &schema.Schema{Name: "empty"}, rows{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Executed {
		t.Skip(r.Why)
	}
	return p
}

func TestWhatHoldsIsFoundToHold(t *testing.T) {
	t.Parallel()
	got, err := private(t).Try(t.Context(), shop(), rows{
		"city": "1,Rome,- 2,Oslo,1048-01-01", "person": "1,2,2001-02-03,true 2,-,2001-12-31,false",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Held() || !got.Executed || !strings.HasPrefix(got.Engine, "PostgreSQL 1") {
		t.Errorf("result %+v", got)
	}
	if diff := cmp.Diff(map[string]int64{"city": 2, "person": 2}, got.Loaded); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
}

func TestWhatDoesNotHoldIsFoundAndGivenUp(t *testing.T) {
	t.Parallel()
	e := private(t)
	for name, c := range map[string]struct {
		rows rows
		want []string // constraint table columns rows
	}{
		"primary key":   {rows{"city": "1,Rome,- 1,Oslo,-"}, []string{"primary_key city id 1"}},
		"key of nobody": {rows{"city": "-,Rome,- 1,Oslo,-"}, []string{"primary_key city id 1"}},
		"unique":        {rows{"city": "1,Rome,- 2,Rome,- 3,Rome,-"}, []string{"unique city name 2"}},
		"not null":      {rows{"city": "1,-,-"}, []string{"not_null city name 1"}},
		"type":          {rows{"city": "1,Rome,2001-02-30"}, []string{"type city founded 1"}},
		"number":        {rows{"city": "one,Rome,- 3000000000,Oslo,-"}, []string{"type city id 2"}},
		"reference":     {rows{"person": "1,7,2001-02-03,true 2,7,2001-02-03,true"}, []string{"foreign_key person city 2"}},
		"referred to":   {rows{"city": "1,Rome,- 1,Oslo,-", "person": "1,1,2001-02-03,true"}, []string{"primary_key city id 1"}},
		"no row is refused because another was": {
			rows{"city": "1,Rome,2001-02-30 2,Oslo,-", "person": "1,1,2001-02-30,true"},
			[]string{"type city founded 1", "type person born 1"},
		},
		"several": {
			rows{"city": "1,Rome,- 1,Rome,-", "person": "1,7,2001-02-03,-"},
			[]string{"not_null person open 1", "primary_key city id 1", "unique city name 1", "foreign_key person city 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shop()
			first, err := e.Try(t.Context(), s, c.rows)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range first.Findings {
				got = append(got, fmt.Sprintf("%s %s %s %d", f.Constraint, f.Table, strings.Join(f.Columns, "+"), f.Rows))
				for _, value := range []string{"Rome", "2001", "3000000000"} {
					if strings.Contains(f.Message, value) {
						t.Errorf("%q quotes a value", f.Message)
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			out, err := verify.Mend(t.Context(), s, c.rows, []verify.Engine{e})
			if err != nil {
				t.Fatal(err)
			}
			if last := out.Results[0]; !last.Held() || len(out.Changes) == 0 {
				t.Errorf("mended: %+v", out)
			}
			if faults := s.Check(); len(faults) > 0 {
				t.Errorf("the mended schema has faults: %v", faults)
			}
		})
	}
}

func TestASplitIsProvedByJoiningItAgain(t *testing.T) {
	t.Parallel()
	base := schema.Table{ID: "T1", Name: "beer", Columns: columns("id:integer brewery:integer?"), PrimaryKey: key("id"), From: schema.From{Table: "T1"}}
	part := schema.Table{ID: "N1", Name: "brewery", Columns: columns("brewery:integer city:text?"), PrimaryKey: key("brewery"), From: schema.From{Table: "T1", Distinct: true, Dependency: "D1"}}
	base.ForeignKeys = []schema.ForeignKey{{ID: "X1", Table: "beer", Columns: []string{"brewery"}, RefTable: "brewery", RefColumns: []string{"brewery"}}}
	s := &schema.Schema{Name: "beers", Tables: []schema.Table{part, base}}
	e := private(t)
	for name, c := range map[string]struct {
		original    string
		lost, added int64
	}{
		"lossless":       {"1,7,Rome 2,7,Rome 3,8,- 4,-,-", 0, 0},
		"a changed city": {"1,7,Rome 2,7,Oslo 3,8,- 4,-,-", 1, 1},
		"a lost row":     {"1,7,Rome 2,7,Rome 3,8,- 4,-,- 5,8,-", 1, 0},
	} {
		got, err := e.Try(t.Context(), s, rows{"brewery": "7,Rome 8,-", "beer": "1,7 2,7 3,8 4,-", "T1": c.original})
		if err != nil {
			t.Fatal(err)
		}
		want := []verify.Proof{{Original: "T1", Parts: []string{"beer", "brewery"}, Lost: c.lost, Added: c.added}}
		if diff := cmp.Diff(want, got.Proofs); diff != "" || got.Held() != (c.lost+c.added == 0) {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// one is a table of one row.
type one []string

func (r one) Scan(_ context.Context, _ *schema.Table, fn func([]*string) error) error {
	return r.each(fn)
}

func (r one) Original(_ context.Context, _ string, _ []schema.Column, fn func([]*string) error) error {
	return r.each(fn)
}

func (r one) each(fn func([]*string) error) error {
	row := make([]*string, len(r))
	for i := range r {
		row[i] = &r[i]
	}
	return fn(row)
}

// TestHostileTextsStayTexts: the same values are in a table and in a part that was
// split off, so that they are loaded twice, joined and compared.
func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	values := one{
		"\\N", "\\.", "", "a\tb\nc\r\n\\t", `'; DROP TABLE "note"; --`, "$$ $1 %s", "\u2028\U0001f600e\u0301", strings.Repeat("\\", 70_000), "\x00" + "\xff",
	}
	note := schema.Table{ID: "T1", Name: "note", From: schema.From{Table: "T1"}}
	for i := range values {
		note.Columns = append(note.Columns, columns(fmt.Sprintf("c_%d:text", i))...)
	}
	note.Columns[len(values)-1].Type.Kind = "binary"
	got, err := private(t).Try(t.Context(), &schema.Schema{Name: "notes", Tables: []schema.Table{note}}, values)
	if err != nil || !got.Held() || got.Loaded["note"] != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAddressesThatDoNotDo(t *testing.T) {
	t.Parallel()
	for dsn, kind := range map[string]fault.Kind{
		"postgres://u:secret@host@x:99999999/db":            fault.Invalid,
		"postgres://u:secret@127.0.0.1:1/db":                fault.Upstream,
		"host=/nonexistent user=u password=secret dbname=d": fault.Upstream,
		"host=h user=u password='secret":                    fault.Invalid,
	} {
		_, err := (&pgcheck.Server{DSN: dsn}).Try(t.Context(), shop(), rows{})
		if fault.KindOf(err) != kind || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%v is of kind %v, want %v", err, fault.KindOf(err), kind)
		}
	}
}
