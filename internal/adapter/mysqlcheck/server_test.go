package mysqlcheck_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/mysqlcheck"
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

// server is the one that HEADGATE_MYSQL_DSN gives; tests that need it are skipped
// where it is not set.
func server(t *testing.T) *mysqlcheck.Server {
	t.Helper()
	dsn := os.Getenv("HEADGATE_MYSQL_DSN")
	if dsn == "" {
		t.Skip("no MySQL or MariaDB server to try schemas on: set HEADGATE_MYSQL_DSN to the address of one")
	}
	return &mysqlcheck.Server{DSN: dsn}
}

func TestWhatHoldsIsFoundToHold(t *testing.T) {
	t.Parallel()
	got, err := server(t).Try(t.Context(), shop(), rows{
		"city": "1,Rome,- 2,Oslo,1048-01-01", "person": "1,2,2001-02-03,true 2,-,2001-12-31,false",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Held() || !got.Executed || !strings.HasPrefix(got.Engine, "M") {
		t.Errorf("result %+v", got)
	}
	if diff := cmp.Diff(map[string]int64{"city": 2, "person": 2}, got.Loaded); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
}

func TestWhatDoesNotHoldIsFoundAndGivenUp(t *testing.T) {
	t.Parallel()
	e := server(t)
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
			[]string{"primary_key city id 1", "not_null person open 1"},
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
	e := server(t)
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
		note.Columns[i].Type.Length = len(values[i])
	}
	note.Columns[len(values)-1].Type.Kind = "binary"
	got, err := server(t).Try(t.Context(), &schema.Schema{Name: "notes", Tables: []schema.Table{note}}, values)
	if err != nil || !got.Held() || got.Loaded["note"] != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAddressesThatDoNotDo(t *testing.T) {
	t.Parallel()
	for dsn, kind := range map[string]fault.Kind{
		"mysql://u:secret@host:port/db":     fault.Invalid,
		"u:secret@tcp(127.0.0.1":            fault.Invalid,
		"u:secret@udp(127.0.0.1:1)/":        fault.Invalid,
		"u:secret@tcp(127.0.0.1:1)/db":      fault.Upstream,
		"mysql://u:s%40secret@127.0.0.1:1/": fault.Upstream,
	} {
		e := &mysqlcheck.Server{DSN: dsn}
		_, err := e.Try(t.Context(), shop(), rows{})
		for _, err := range []error{err, e.Check(t.Context())} {
			if fault.KindOf(err) != kind || strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("%v is of kind %v, want %v", err, fault.KindOf(err), kind)
			}
		}
	}
}

// TestABrokenOffTrialLeavesNoDatabase, although nothing is rolled back there.
func TestABrokenOffTrialLeavesNoDatabase(t *testing.T) {
	t.Parallel()
	e := server(t)
	ctx, stop := context.WithCancel(t.Context())
	_, err := e.Try(ctx, shop(), stopping{stop})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
}

// stopping ends the context while rows are read.
type stopping struct{ stop func() }

func (r stopping) Scan(ctx context.Context, t *schema.Table, fn func([]*string) error) error {
	id, name := "1", "Rome"
	if err := fn([]*string{&id, &name, nil}); err != nil {
		return err
	}
	r.stop()
	return ctx.Err()
}

func (r stopping) Original(context.Context, string, []schema.Column, func([]*string) error) error {
	return nil
}
