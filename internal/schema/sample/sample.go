// Package sample generates a database to try things on: a wholesale trade in eight
// tables with nine references, one of two columns, after the outline of TPC-H. It is
// as large as asked for, the same for the same seed, and what is true of it is
// known: Tables says it.
package sample

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Table is what is true of one table.
type Table struct {
	Name       string
	Columns    []Column
	Key        []string
	References []Reference
}

// Column is one column.
type Column struct {
	Name     string
	Type     evidence.Type
	Nullable bool
}

// Reference is a foreign key.
type Reference struct {
	Columns    []string
	Table      string
	RefColumns []string
}

// Tables are the eight tables, referred ones first.
func Tables() []Table {
	id, text, amount, date := evidence.TypeInteger, evidence.TypeText, evidence.TypeDecimal, evidence.TypeDate
	to := func(column, table, ref string) Reference {
		return Reference{Columns: []string{column}, Table: table, RefColumns: []string{ref}}
	}
	return []Table{
		{Name: "regions", Columns: []Column{{"region_id", id, false}, {"name", text, false}}, Key: []string{"region_id"}},
		{
			Name: "nations", Columns: []Column{{"nation_id", id, false}, {"name", text, false}, {"region_id", id, false}},
			Key: []string{"nation_id"}, References: []Reference{to("region_id", "regions", "region_id")},
		},
		{
			Name:    "suppliers",
			Columns: []Column{{"supplier_id", id, false}, {"name", text, false}, {"nation_id", id, false}, {"phone", text, false}, {"balance", amount, false}},
			Key:     []string{"supplier_id"}, References: []Reference{to("nation_id", "nations", "nation_id")},
		},
		{
			Name:    "customers",
			Columns: []Column{{"customer_id", id, false}, {"name", text, false}, {"nation_id", id, false}, {"segment", text, false}, {"balance", amount, false}},
			Key:     []string{"customer_id"}, References: []Reference{to("nation_id", "nations", "nation_id")},
		},
		{
			Name:    "parts",
			Columns: []Column{{"part_id", id, false}, {"name", text, false}, {"brand", text, false}, {"size", id, false}, {"price", amount, false}},
			Key:     []string{"part_id"},
		},
		{
			Name:    "part_suppliers",
			Columns: []Column{{"part_id", id, false}, {"supplier_id", id, false}, {"available", id, false}, {"cost", amount, false}},
			Key:     []string{"part_id", "supplier_id"},
			References: []Reference{
				to("part_id", "parts", "part_id"), to("supplier_id", "suppliers", "supplier_id"),
			},
		},
		{
			Name:    "orders",
			Columns: []Column{{"order_id", id, false}, {"customer_id", id, false}, {"status", text, false}, {"ordered_on", date, false}, {"priority", text, false}, {"delivery_nation", id, true}},
			Key:     []string{"order_id"},
			References: []Reference{
				to("customer_id", "customers", "customer_id"), to("delivery_nation", "nations", "nation_id"),
			},
		},
		{
			Name: "order_lines",
			Columns: []Column{
				{"order_id", id, false},
				{"line", id, false},
				{"part_id", id, false},
				{"supplier_id", id, false},
				{"quantity", id, false},
				{"amount", amount, false},
				{"discount", amount, false},
				{"returned", text, false},
				{"shipped_on", date, true},
				{"comment", text, false},
			},
			Key: []string{"order_id", "line"},
			References: []Reference{
				to("order_id", "orders", "order_id"),
				{Columns: []string{"part_id", "supplier_id"}, Table: "part_suppliers", RefColumns: []string{"part_id", "supplier_id"}},
			},
		},
	}
}

// WriteDir writes all tables as CSV files below dir, which exists: NAME.csv each.
// Scale 1 is 1,500,000 orders with four lines each on average; the smallest is
// 0.0001. It stops at the first error.
func WriteDir(dir string, scale float64, seed uint64) error {
	for _, t := range Tables() {
		f, err := os.Create(filepath.Join(dir, t.Name+".csv")) //nolint:gosec // the caller's folder
		if err != nil {
			return fault.Wrap(fault.Internal, "write a sample", err)
		}
		err = Write(f, t.Name, scale, seed)
		if closing := f.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Name(), err)
		}
	}
	return nil
}

// Write writes one table as CSV with a header. Errors: NotFound for a table that
// there is not, and those of w.
func Write(w io.Writer, table string, scale float64, seed uint64) error {
	for _, t := range Tables() {
		if t.Name == table {
			g := &generator{out: newWriter(w), seed: seed, size: sizeOf(scale)}
			return g.write(t)
		}
	}
	return fault.New(fault.NotFound, "The sample has no table %s.", table)
}
