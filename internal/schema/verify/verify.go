// Package verify tries a schema on database engines and mends what does not hold,
// until what is left runs: a constraint that rows break becomes a suspicion, with
// the reason.
package verify

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// Rows are the rows of a schema's tables, made from the inputs. They can be read as
// often as wanted.
type Rows interface {
	// Scan hands fn each row of a table: one text in canonical form for each column,
	// nil for null. The slice is fn's until it returns.
	Scan(ctx context.Context, t *schema.Table, fn func(row []*string) error) error
	// Original hands fn each row of an evidence's table, in the canonical form of the
	// columns whose ids are given, as Scan gives them to the tables made of it.
	Original(ctx context.Context, table string, columns []schema.Column, fn func(row []*string) error) error
}

// Engine is a database that schemas are tried on.
type Engine interface {
	// Try makes the schema, loads the rows, and looks at every constraint. What does
	// not hold is in the result; the error is for an engine that cannot be used.
	Try(ctx context.Context, s *schema.Schema, rows Rows) (Result, error)
}

// Result is what an engine said of a schema.
type Result struct {
	Dialect ddl.Dialect `json:"dialect"`
	Engine  string      `json:"engine"` // with its version, such as "SQLite 3.54.1"
	// Executed says that the schema was made and rows were loaded; else it was only
	// parsed.
	Executed bool `json:"executed"`
	// Why says why it was not executed; empty where nothing better was asked for.
	Why string `json:"why,omitempty"`
	// Loaded are the rows of each table, by name.
	Loaded map[string]int64 `json:"loaded,omitempty"`
	// Proofs are the splits that were joined again.
	Proofs   []Proof   `json:"proofs,omitempty"`
	Findings []Finding `json:"findings"`
}

// Held reports whether nothing was found.
func (r *Result) Held() bool { return len(r.Findings) == 0 }

// Summary is a result in a line.
func (r *Result) Summary() string {
	if !r.Executed {
		text := r.Engine + ": parsed, not executed"
		if r.Why != "" {
			text += ": " + r.Why
		}
		return text
	}
	var n int64
	for _, rows := range r.Loaded {
		n += rows
	}
	if n == 0 && r.Held() {
		return r.Engine + ": the tables were made; there are no rows to check them with"
	}
	if !r.Held() {
		return fmt.Sprintf("%s: %d rows loaded, %d things do not hold", r.Engine, n, len(r.Findings))
	}
	return fmt.Sprintf("%s: %d rows loaded, every constraint holds", r.Engine, n)
}

// Constraint is the kind of thing that a finding is about.
type Constraint string

// The constraints.
const (
	PrimaryKey Constraint = "primary_key"
	Unique     Constraint = "unique"
	ForeignKey Constraint = "foreign_key"
	NotNull    Constraint = "not_null"
	TypeOf     Constraint = "type"
	Lossless   Constraint = "lossless"
	Syntax     Constraint = "syntax"
	// Catalog is for what a database says of its tables otherwise than it was told.
	Catalog Constraint = "catalog"
)

// Finding is something that does not hold.
type Finding struct {
	Constraint Constraint `json:"constraint"`
	Table      string     `json:"table"`
	Columns    []string   `json:"columns"`
	RefTable   string     `json:"ref_table,omitempty"`
	Rows       int64      `json:"rows"` // how many break it; 0 where that was not counted
	Message    string     `json:"message"`
}

// Proof is that of one split: the parts joined give the original again.
type Proof struct {
	Original string `json:"original"` // id of the evidence's table
	// Parts are the names of the tables that were joined, the one that has all the
	// rows first.
	Parts []string `json:"parts"`
	// Lost are rows of the original that the join does not give, Added rows of the
	// join that the original does not have; of equal rows each counts once.
	Lost  int64 `json:"lost"`
	Added int64 `json:"added"`
}
