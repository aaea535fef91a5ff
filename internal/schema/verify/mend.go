package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
)

// Change is one thing that was given up so that the schema runs.
type Change struct {
	Finding
	Did string `json:"did"` // one sentence
}

// Outcome is how a schema fared.
type Outcome struct {
	Results []Result `json:"results"` // of the last round, in the engines' order
	Changes []Change `json:"changes"`
	Rounds  int      `json:"rounds"`
}

// Mend tries the schema on every engine, and gives up what does not hold, in s
// itself, until all engines take it. It ends because each round gives up at least
// one constraint. The error is for engines that cannot be used, and for findings
// that nothing can be given up for.
func Mend(ctx context.Context, s *schema.Schema, rows Rows, engines []Engine) (Outcome, error) {
	var out Outcome
	for {
		out.Rounds++
		out.Results = nil
		changed := false
		for _, e := range engines {
			r, err := e.Try(ctx, s, rows)
			if err != nil {
				return out, err
			}
			out.Results = append(out.Results, r)
			for _, f := range r.Findings {
				did, ok := GiveUp(s, f)
				if !ok && changed {
					continue // what it is about may be given up already; else the next round finds it again
				}
				if !ok {
					return out, fault.New(fault.Internal, "%s does not take the schema, and nothing can be given up for it: %s", r.Engine, f.Message)
				}
				if did != "" {
					out.Changes = append(out.Changes, Change{Finding: f, Did: did})
					changed = true
				}
			}
			if changed {
				break // the other engines see the mended schema
			}
		}
		if !changed {
			return out, nil
		}
	}
}

// GiveUp takes out of s what a finding is about, and says what it did in a sentence;
// empty where that was done before. False where there is no such thing.
func GiveUp(s *schema.Schema, f Finding) (did string, ok bool) {
	if f.Constraint == Catalog {
		return "", true // it is told as it is: the rows and their constraints held
	}
	t := s.Table(f.Table)
	if t == nil {
		return "", false
	}
	switch f.Constraint {
	case PrimaryKey:
		if t.PrimaryKey == nil {
			return "", false
		}
		dropReferences(s, t.Name, t.PrimaryKey.Columns, f.Message)
		t.PrimaryKey = nil
		return "the primary key was dropped", true
	case Unique:
		i := slices.IndexFunc(t.Unique, func(k schema.Key) bool { return slices.Equal(sorted(k.Columns), sorted(f.Columns)) })
		if i < 0 {
			return "", false
		}
		dropReferences(s, t.Name, t.Unique[i].Columns, f.Message)
		t.Unique = slices.Delete(t.Unique, i, i+1)
		return "the unique key was dropped", true
	case ForeignKey:
		n := len(t.ForeignKeys)
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(k schema.ForeignKey) bool {
			same := k.RefTable == f.RefTable && slices.Equal(k.Columns, f.Columns)
			if same {
				suspect(s, k, f.Message)
			}
			return same
		})
		return "the reference is only suspected", len(t.ForeignKeys) < n
	case NotNull:
		return "the column may be null", each(t, f.Columns, func(c *schema.Column) bool { was := !c.Nullable; c.Nullable = true; return was })
	case TypeOf:
		ok = each(t, f.Columns, func(c *schema.Column) bool {
			was := c.Type.Kind != "text"
			c.Type = schema.Type{Kind: "text", Length: c.Type.Length}
			return was
		})
		dropUnlike(s)
		return "the column is a text", ok
	case Lossless:
		return "what was split off is joined again", edit.Rejoin(s, t.From.Table)
	case Syntax, Catalog:
	}
	return "", false
}

// each changes columns; false when none was changed.
func each(t *schema.Table, names []string, change func(*schema.Column) bool) bool {
	changed := false
	for _, name := range names {
		if c := t.Column(name); c != nil && change(c) {
			changed = true
		}
	}
	return changed
}

// dropReferences makes the references to a key that is given up suspicions.
func dropReferences(s *schema.Schema, table string, columns []string, why string) {
	for i := range s.Tables {
		t := &s.Tables[i]
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(k schema.ForeignKey) bool {
			gone := k.RefTable == table && slices.Equal(k.RefColumns, columns)
			if gone {
				suspect(s, k, fmt.Sprintf("what it refers to is no key: %s", why))
			}
			return gone
		})
	}
}

// dropUnlike makes the references between texts and other types suspicions: no
// database but SQLite takes them.
func dropUnlike(s *schema.Schema) {
	for i := range s.Tables {
		t := &s.Tables[i]
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(k schema.ForeignKey) bool {
			to := s.Table(k.RefTable)
			for j, name := range k.Columns {
				a, b := t.Column(name), to.Column(k.RefColumns[j])
				if (a.Type.Kind == "text") != (b.Type.Kind == "text") {
					suspect(s, k, "one of the columns is a text and the other is not")
					return true
				}
			}
			return false
		})
	}
}

func suspect(s *schema.Schema, k schema.ForeignKey, why string) {
	k.Mark.Why = why
	s.Suspected = append(s.Suspected, k)
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }
