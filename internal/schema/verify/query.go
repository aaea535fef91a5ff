package verify

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// Orphans is the query that counts the rows without the row that they refer to;
// those with a null in the reference refer to none.
func Orphans(d ddl.Dialect, f schema.ForeignKey) string {
	var present, equal []string
	for i, c := range f.Columns {
		present = append(present, "a."+ddl.Quote(d, c)+" IS NOT NULL")
		equal = append(equal, "b."+ddl.Quote(d, f.RefColumns[i])+" = a."+ddl.Quote(d, c))
	}
	return "SELECT count(*) FROM " + ddl.Quote(d, f.Table) + " a WHERE " + strings.Join(present, " AND ") +
		" AND NOT EXISTS (SELECT 1 FROM " + ddl.Quote(d, f.RefTable) + " b WHERE " + strings.Join(equal, " AND ") + ")"
}

// Repeated is the query that counts the rows whose key an earlier row has; those
// with a null in the key have none.
func Repeated(d ddl.Dialect, table string, columns []string) string {
	var present, names []string
	for _, c := range columns {
		names = append(names, ddl.Quote(d, c))
		present = append(present, ddl.Quote(d, c)+" IS NOT NULL")
	}
	return "SELECT coalesce(sum(n), 0) - count(*) FROM (SELECT count(*) AS n FROM " + ddl.Quote(d, table) + " WHERE " + strings.Join(present, " AND ") +
		" GROUP BY " + strings.Join(names, ", ") + " HAVING count(*) > 1) AS k"
}

// Absent is the query that counts the rows with a null in any of the columns.
func Absent(d ddl.Dialect, table string, columns []string) string {
	null := make([]string, len(columns))
	for i, c := range columns {
		null[i] = ddl.Quote(d, c) + " IS NULL"
	}
	return "SELECT count(*) FROM " + ddl.Quote(d, table) + " WHERE " + strings.Join(null, " OR ")
}

// Difference are the queries that count the rows of an original, a table with the
// split's columns in their order, that the parts joined again do not give, and those
// that only they give.
func (sp *Split) Difference(d ddl.Dialect, original string) (lost, added string) {
	columns := make([]string, len(sp.Columns))
	for i, c := range sp.Columns {
		table, column := sp.Owner(c.From)
		// The parts may have columns of the same name, which MySQL does not take in one.
		columns[i] = fmt.Sprintf("%s.%s AS c%d", ddl.Quote(d, table), ddl.Quote(d, column), i)
	}
	joined := "SELECT " + strings.Join(columns, ", ") + " FROM " + ddl.Quote(d, sp.Base.Name) + sp.joins(d)
	kept := "SELECT * FROM " + ddl.Quote(d, original)
	count := func(a, b string) string { return "SELECT count(*) FROM (" + a + " EXCEPT " + b + ") AS difference" }
	return count(kept, joined), count(joined, kept)
}

// joins are outer: a row without a determinant has no part.
func (sp *Split) joins(d ddl.Dialect) string {
	var b strings.Builder
	for _, j := range sp.Joins {
		equal := make([]string, len(j.Key.Columns))
		for i, c := range j.Key.Columns {
			equal[i] = ddl.Quote(d, j.From) + "." + ddl.Quote(d, c) + " = " + ddl.Quote(d, j.Part.Name) + "." + ddl.Quote(d, j.Key.RefColumns[i])
		}
		b.WriteString(" LEFT JOIN " + ddl.Quote(d, j.Part.Name) + " ON " + strings.Join(equal, " AND "))
	}
	return b.String()
}

// Prove is the proof of a split of which so many rows were lost and added, and what
// is found by it; nil where nothing is.
func (sp *Split) Prove(lost, added int64) (Proof, *Finding) {
	p := Proof{Original: sp.Base.From.Table, Parts: []string{sp.Base.Name}, Lost: lost, Added: added}
	for _, j := range sp.Joins {
		p.Parts = append(p.Parts, j.Part.Name)
	}
	if lost+added == 0 {
		return p, nil
	}
	return p, &Finding{
		Constraint: Lossless, Table: sp.Base.Name, Rows: lost + added,
		Message: fmt.Sprintf("joined again, %d rows are missing and %d are new", lost, added),
	}
}
