package sample_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/sample"
)

func read(t *testing.T, table string, seed uint64) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := sample.Write(&out, table, 0.001, seed); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// column reads some columns of all rows, joined.
func columns(rows [][]string, names ...string) []string {
	var list []string
	for _, row := range rows[1:] {
		var parts []string
		for _, name := range names {
			for i, head := range rows[0] {
				if head == name && row[i] != "" {
					parts = append(parts, row[i])
				}
			}
		}
		if len(parts) == len(names) {
			list = append(list, strings.Join(parts, "|"))
		}
	}
	return list
}

func TestWhatIsSaidIsTrue(t *testing.T) {
	t.Parallel()
	data := map[string][][]string{}
	references, composite := 0, 0
	for _, table := range sample.Tables() {
		rows := read(t, table.Name, 7)
		data[table.Name] = rows
		keys := columns(rows, table.Key...)
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k] {
				t.Fatalf("%s: the key %s is there twice", table.Name, k)
			}
			seen[k] = true
		}
		if len(keys) != len(rows)-1 {
			t.Errorf("%s: %d rows have no key", table.Name, len(rows)-1-len(keys))
		}
		for _, r := range table.References {
			references++
			if len(r.Columns) > 1 {
				composite++
			}
			there := map[string]bool{}
			for _, k := range columns(data[r.Table], r.RefColumns...) {
				there[k] = true
			}
			for _, k := range columns(rows, r.Columns...) {
				if !there[k] {
					t.Fatalf("%s: %v %s is not in %s", table.Name, r.Columns, k, r.Table)
				}
			}
		}
	}
	if len(data) != 8 || references != 9 || composite != 1 {
		t.Errorf("%d tables, %d references, %d of several columns; want 8, 9 and 1", len(data), references, composite)
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	write := func(seed uint64) string {
		var out strings.Builder
		if err := sample.Write(&out, "orders", 0.001, seed); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if first, second := write(1), write(1); first != second {
		t.Error("the same seed gives other rows")
	}
	if write(1) == write(2) {
		t.Error("another seed gives the same rows")
	}
	if err := sample.Write(io.Discard, "none", 1, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Write of no table = %v, want NotFound", err)
	}
}
