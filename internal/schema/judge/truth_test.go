package judge_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/truth"
)

// TestIdealAnswers: who knows the domain accepts what is true of what is asked about,
// and rejects the rest. That mends nearly all that evidence cannot know.
func TestIdealAnswers(t *testing.T) {
	t.Parallel()
	root := schemadata(t)
	before, after := 0.0, 0.0
	databases := []string{"chinook", "northwind", "sakila", "oracle_hr"}
	for _, name := range databases {
		b := measure(t, filepath.Join(root, name))
		data, err := os.ReadFile(filepath.Join(root, name, "ground_truth.json"))
		if err != nil {
			t.Fatal(err)
		}
		declared, err := truth.Read(data)
		if err != nil {
			t.Fatal(err)
		}
		before += truth.Compare(declared, b.Schema, b.some).Visible.F1()
		if req, ok := judge.Ask(judge.Relationships, b.State); ok {
			b.answer(t, judge.Relationships, ideal(b, declared, req))
		}
		s := truth.Compare(declared, b.Schema, b.some)
		t.Logf("%-10s visible F1 %.3f, missed %v, wrong %v", name, s.Visible.F1(), s.Missed, s.Wrong)
		after += s.Visible.F1()
		b.holds(t)
	}
	n := float64(len(databases))
	t.Logf("mean F1 %.3f without answers, %.3f with", before/n, after/n)
	if after/n < 0.95 || after <= before {
		t.Errorf("the mean F1 is %.3f with ideal answers and %.3f without, want at least 0.95 and more", after/n, before/n)
	}
}

func (b bench) some(table, column string) (some, whole bool) {
	for _, t := range b.Evidence.Tables {
		for _, c := range t.Columns {
			if t.Name == table && c.Name == column {
				return c.Nulls+c.Blanks < t.Rows, c.Type == evidence.TypeInteger
			}
		}
	}
	return false, false
}

// ideal answers for what is declared.
func ideal(b bench, declared *truth.Declared, req judge.Request) map[string]any {
	accept, reject := []string{}, []string{}
	for line := range strings.SplitSeq(req.User, "\n") {
		id, _, _ := strings.Cut(line, " ")
		i := slices.IndexFunc(b.Evidence.Inclusions, func(in evidence.Inclusion) bool { return in.ID == id })
		if i < 0 {
			continue
		}
		if b.declared(declared, &b.Evidence.Inclusions[i]) {
			accept = append(accept, id)
		} else if strings.Contains(string(req.Tool.Schema[strings.Index(string(req.Tool.Schema), `"reject"`)+1:]), `"`+id+`"`) {
			reject = append(reject, id)
		}
	}
	out := map[string]any{"accept": accept}
	if strings.Contains(string(req.Tool.Schema), `"reject":`) {
		out["reject"] = reject
	}
	if strings.Contains(string(req.Tool.Schema), `"add":`) {
		out["add"] = []any{}
	}
	return out
}

// declared reports whether an inclusion is a declared reference.
func (b bench) declared(d *truth.Declared, in *evidence.Inclusion) bool {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
	spell := func(ids []string) (table, columns string) {
		for _, id := range ids {
			t, c := b.measured(id)
			table, columns = plain(t.Name), columns+","+plain(c.Name)
		}
		return table, columns
	}
	from, columns := spell(in.From)
	to, keys := spell(in.To)
	for name, t := range d.Tables {
		for _, r := range t.ForeignKeys {
			if plain(name) == from && plain(r.RefTable) == to && plain(","+strings.Join(r.Columns, ",")) == columns && plain(","+strings.Join(r.RefColumns, ",")) == keys {
				return true
			}
		}
	}
	return false
}
