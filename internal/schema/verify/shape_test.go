package verify_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

func TestWhatADatabaseHasOtherwiseIsFound(t *testing.T) {
	t.Parallel()
	person := schema.Table{
		ID: "T1", Name: "person", PrimaryKey: &schema.Key{Columns: []string{"id"}}, Unique: []schema.Key{{Columns: []string{"boss", "id"}}},
		Columns: []schema.Column{
			{Name: "id", Type: schema.Type{Kind: "integer"}, Nullable: true},
			{Name: "boss", Type: schema.Type{Kind: "integer"}, Nullable: true},
			{Name: "at", Type: schema.Type{Kind: "time"}},
		},
		ForeignKeys: []schema.ForeignKey{{ID: "F1", Table: "person", Columns: []string{"boss"}, RefTable: "person", RefColumns: []string{"id"}}},
	}
	want := verify.Expected(&schema.Schema{Tables: []schema.Table{person}}, ddl.PostgreSQL, func(kind string) string { return kind + "!" })
	shape := func(boss string, reference []string) *verify.Shape {
		var s verify.Shape
		s.Column("person", 1, "id", "integer!", false)
		s.Column("person", 2, "boss", boss, true)
		s.Column("person", 3, "at", "time!", false)
		s.Key("person", verify.PrimaryKey, []string{"id"})
		s.Key("person", verify.Unique, []string{"boss", "id"})
		s.Reference("person", reference, "person", []string{"id"})
		return &s
	}
	if got := shape("integer!", []string{"boss"}).Against(want); len(got) > 0 {
		t.Errorf("what is as it was told is found: %v", got)
	}
	var got []string
	for _, f := range shape("text", []string{"at"}).Against(want) {
		if f.Constraint != verify.Catalog || f.Table != "person" {
			t.Errorf("found %+v", f)
		}
		got = append(got, f.Message)
	}
	if diff := cmp.Diff([]string{
		"the database does not have what it was told: person: (boss) refers to person (id)",
		"the database does not have what it was told: person: column 2 is boss integer! null",
		"the database has what it was not told: person: (at) refers to person (id)",
		"the database has what it was not told: person: column 2 is boss text null",
	}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
