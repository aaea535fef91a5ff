package diagram_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/diagram"
)

func table(name, columns string, refs ...string) schema.Table {
	t := schema.Table{ID: name, Name: name, Role: schema.RoleEntity, Purpose: `a <b> & "c"`}
	for word := range strings.FieldsSeq(columns) {
		column, null := strings.CutSuffix(word, "?")
		t.Columns = append(t.Columns, schema.Column{Name: column, Nullable: null, Type: schema.Type{Kind: "integer", Bytes: 8}})
	}
	t.PrimaryKey = &schema.Key{Columns: []string{t.Columns[0].Name}}
	for _, r := range refs {
		column, to, _ := strings.Cut(r, ">")
		t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{Table: name, Columns: []string{column}, RefTable: to, RefColumns: []string{"id"}})
	}
	return t
}

func school() *schema.Schema {
	s := &schema.Schema{Name: "school", Judged: schema.JudgedNobody, Tables: []schema.Table{
		table("pupil", "id tutor? form", "tutor>teacher", "form>form"), table("teacher", "id boss?", "boss>teacher"),
		table("form", "id head?"), table("photo", "pupil", "pupil>pupil"), table("alone", "id"),
	}}
	s.Suspected = []schema.ForeignKey{{Table: "form", Columns: []string{"head"}, RefTable: "teacher", RefColumns: []string{"id"}}}
	s.Order()
	return s
}

func TestMermaid(t *testing.T) {
	t.Parallel()
	want := `%% OFFLINE - no language model judged this schema; names and relations come from data and rules.
erDiagram
  alone {
    bigint id PK
  }
  form {
    bigint id PK
    bigint head FK
  }
  teacher {
    bigint id PK
    bigint boss FK
  }
  pupil {
    bigint id PK
    bigint tutor FK
    bigint form FK
  }
  photo {
    bigint pupil PK, FK
  }
  teacher |o--o{ teacher : boss
  teacher |o--o{ pupil : tutor
  form ||--o{ pupil : form
  pupil ||--o| photo : pupil
  teacher |o..o{ form : head
`
	if diff := cmp.Diff(want, string(diagram.Mermaid(school()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// drawn are the boxes of a drawing, and its size.
type drawn struct {
	Width float64 `xml:"width,attr"`
	Boxes []struct {
		Rect struct {
			X float64 `xml:"x,attr"`
			Y float64 `xml:"y,attr"`
			W float64 `xml:"width,attr"`
			H float64 `xml:"height,attr"`
		} `xml:"rect"`
		Texts []string `xml:"text"`
	} `xml:"g"`
}

func TestBoxesDoNotOverlapAndShowEveryTable(t *testing.T) {
	t.Parallel()
	big := &schema.Schema{Name: "big"}
	for i := range 40 {
		var refs []string
		for j := 1; j*j <= i; j++ {
			refs = append(refs, fmt.Sprintf("c%d>t%02d", j, (i*7+j*3)%40))
		}
		big.Tables = append(big.Tables, table(fmt.Sprintf("t%02d", i), "id c1 c2 c3 c4 c5 c6 c7 c8"+strings.Repeat(fmt.Sprintf(" x%d", i), i), refs...))
	}
	big.Order()
	for _, s := range []*schema.Schema{school(), big, {Name: "empty"}} {
		picture := diagram.SVG(s)
		if !bytes.Equal(picture, diagram.SVG(s)) {
			t.Errorf("%s: drawn twice, it is not the same", s.Name)
		}
		wellFormed(t, picture)
		var d drawn
		if err := xml.Unmarshal(picture, &d); err != nil {
			t.Fatal(err)
		}
		shown := 0
		for i, a := range d.Boxes {
			if len(a.Texts) == 0 {
				continue // a line
			}
			shown++
			if a.Rect.X+a.Rect.W > d.Width {
				t.Errorf("%s: %s is drawn outside", s.Name, a.Texts[0])
			}
			for _, b := range d.Boxes[:i] {
				if len(b.Texts) > 0 && a.Rect.X < b.Rect.X+b.Rect.W && b.Rect.X < a.Rect.X+a.Rect.W && a.Rect.Y < b.Rect.Y+b.Rect.H && b.Rect.Y < a.Rect.Y+a.Rect.H {
					t.Errorf("%s: %s and %s overlap", s.Name, a.Texts[0], b.Texts[0])
				}
			}
		}
		if shown != len(s.Tables) {
			t.Errorf("%s: %d tables are shown of %d", s.Name, shown, len(s.Tables))
		}
	}
}

func wellFormed(t *testing.T, picture []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
	}
}
