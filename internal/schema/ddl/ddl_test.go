package ddl_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/mysqlcheck"
	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/evidence"
)

func column(name string, kind evidence.Type) schema.Column {
	return schema.Column{ID: name, Name: name, Type: schema.Type{Kind: string(kind), Precision: 7, Scale: 2, Length: 40, Bytes: 4}}
}

func key(columns ...string) *schema.Key { return &schema.Key{Columns: columns} }

// everything has each type, a circle, a self reference, keys of two columns, words
// of SQL as names, and comments that want out of their quotes.
func everything() *schema.Schema {
	person := schema.Table{Name: "order", ID: "T1", PrimaryKey: key("select"), Purpose: `it's; DROP TABLE "order"; --\`}
	for _, kind := range []evidence.Type{
		evidence.TypeBoolean, evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat, evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ,
		evidence.TypeTime, evidence.TypeUUID, evidence.TypeJSON, evidence.TypeBinary, evidence.TypeText, evidence.TypeUnknown,
	} {
		c := column("a_"+string(kind), kind)
		c.Nullable = true
		c.Meaning = "the\n'real' thing\\"
		person.Columns = append(person.Columns, c)
	}
	long := column("story", evidence.TypeText)
	long.Type.Length = 20_000
	person.Columns = append(person.Columns, column("select", evidence.TypeInteger), column("boss", evidence.TypeInteger), column("home", evidence.TypeText), long)
	person.ForeignKeys = []schema.ForeignKey{
		{ID: "F1", Table: "order", Columns: []string{"boss"}, RefTable: "order", RefColumns: []string{"select"}},
		{ID: "F2", Table: "order", Columns: []string{"home"}, RefTable: "place", RefColumns: []string{"code"}},
	}
	place := schema.Table{
		Name: "place", ID: "T2", PrimaryKey: key("code"), Unique: []schema.Key{*key("mayor", "code")},
		Columns:     []schema.Column{column("code", evidence.TypeText), column("mayor", evidence.TypeInteger)},
		ForeignKeys: []schema.ForeignKey{{ID: "F3", Table: "place", Columns: []string{"mayor"}, RefTable: "order", RefColumns: []string{"select"}}},
	}
	visit := schema.Table{Name: "visit", ID: "T3", Columns: []schema.Column{column("mayor", evidence.TypeInteger), column("code", evidence.TypeText)}}
	visit.ForeignKeys = []schema.ForeignKey{{ID: "F4", Table: "visit", Columns: []string{"mayor", "code"}, RefTable: "place", RefColumns: []string{"mayor", "code"}}}
	s := &schema.Schema{Name: "all", Judged: schema.JudgedNobody, Tables: []schema.Table{visit, place, person}}
	s.Order()
	return s
}

func TestEveryDialectIsAsWritten(t *testing.T) {
	t.Parallel()
	s := everything()
	if faults := s.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, d := range ddl.Dialects() {
		got := ddl.Script(s, d)
		name := filepath.Join("testdata", string(d)+".sql")
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryDialectIsUnderstood(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*schema.Schema{"everything": everything(), "wide": wide(211)} {
		if err := pgcheck.Parse(string(ddl.Script(s, ddl.PostgreSQL))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := mysqlcheck.Parse(string(ddl.Script(s, ddl.MySQL))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := (&sqlitecheck.Engine{TempDir: t.TempDir()}).Try(t.Context(), s, nothing{})
		if err != nil || !got.Held() {
			t.Errorf("%s: %v %v", name, got.Findings, err)
		}
	}
}

// nothing has no rows.
type nothing struct{}

func (nothing) Scan(context.Context, *schema.Table, func([]*string) error) error { return nil }

func (nothing) Original(context.Context, string, []schema.Column, func([]*string) error) error {
	return nil
}

func wide(n int) *schema.Schema {
	t := schema.Table{Name: "wide", ID: "T1"}
	for i := range n {
		t.Columns = append(t.Columns, column(fmt.Sprintf("c_%d", i), evidence.TypeText))
		t.Columns[i].Type.Length = 200
	}
	return &schema.Schema{Name: "wide", Tables: []schema.Table{t}}
}

// TestARowOfMySQLIsNotTooWide: 65,535 bytes is the most that a row may have, at four
// bytes a character of varchar and about ten for a text that is apart.
func TestARowOfMySQLIsNotTooWide(t *testing.T) {
	t.Parallel()
	script := string(ddl.Script(wide(211), ddl.MySQL))
	if bytes := strings.Count(script, "varchar(255)")*255*4 + strings.Count(script, " text")*12; bytes > 65535 || bytes < 30_000 {
		t.Errorf("a row has %d bytes, want most of 65,535", bytes)
	}
}
