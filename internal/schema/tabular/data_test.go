package tabular_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema/tabular"
)

// schemaData finds the databases with ground truth, which are no part of the
// project.
func schemaData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HEADGATE_SCHEMADATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "schemadata")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no schema data: set HEADGATE_SCHEMADATA to its folder")
	}
	return dir
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestCleanSets: header and rows of every table are those of the ground truth.
func TestCleanSets(t *testing.T) {
	t.Parallel()
	root := schemaData(t)
	truths, _ := filepath.Glob(filepath.Join(root, "*", "ground_truth.json"))
	more, _ := filepath.Glob(filepath.Join(root, "*", "*", "ground_truth.json"))
	tables, rows := 0, int64(0)
	for _, path := range append(truths, more...) {
		var truth struct {
			Tables map[string]struct {
				Columns []struct{ Name string }
				Rows    int64
			}
		}
		readJSON(t, path, &truth)
		for name, want := range truth.Tables {
			file := filepath.Join(filepath.Dir(path), name+".csv")
			got := open(t, file)
			if len(got.Tables) != 1 {
				t.Errorf("%s: %d tables, want 1; skipped: %v", file, len(got.Tables), got.Skipped)
				continue
			}
			table := got.Tables[0]
			var columns []string
			for _, c := range want.Columns {
				columns = append(columns, c.Name)
			}
			if diff := cmp.Diff(columns, table.Columns); diff != "" {
				t.Errorf("%s: columns (-want +got):\n%s", file, diff)
			}
			s := count(t, table)
			if s.Rows != want.Rows || s.Ragged != 0 {
				t.Errorf("%s: %d rows, %d blank, %d ragged; want %d rows", file, s.Rows, s.Blank, s.Ragged, want.Rows)
			}
			tables++
			rows += s.Rows
		}
	}
	t.Logf("%d tables, %d rows", tables, rows)
}

// TestMessyFiles: dialect, header and preamble of every messy file are as expected.
func TestMessyFiles(t *testing.T) {
	t.Parallel()
	root := filepath.Join(schemaData(t), "dirty")
	var all map[string]struct {
		Delimiter *string
		Header    *int64 `json:"header_row"`
		Rows      *int64 `json:"data_rows"`
		Columns   *int
		Encoding  string
		Widths    map[string]int64 `json:"width_histogram"`
		Container string
		Bytes     int
	}
	readJSON(t, filepath.Join(root, "EXPECTATIONS.json"), &all)
	checked := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		want := all[name]
		switch {
		case want.Container != "":
			if got := open(t, filepath.Join(root, name)); len(got.Tables) != 1 || count(t, got.Tables[0]).Rows == 0 {
				t.Errorf("%s: %d tables, want 1 with rows; skipped: %v", name, len(got.Tables), got.Skipped)
			} else {
				t.Logf("%-50s %+v columns %q", name, got.Tables[0].Reading, got.Tables[0].Columns)
			}
			checked++
			continue
		case want.Bytes == 1:
			if _, err := tabular.Open(t.Context(), []string{filepath.Join(root, name)}, tabular.Options{}); err == nil {
				t.Errorf("%s: one byte is taken for a table", name)
			}
			checked++
			continue
		case want.Bytes == 0: // not a file
			continue
		}
		checked++
		got := open(t, filepath.Join(root, name))
		if len(got.Tables) != 1 {
			t.Errorf("%s: %d tables, want 1; skipped: %v", name, len(got.Tables), got.Skipped)
			continue
		}
		table := got.Tables[0]
		r, s := table.Reading, count(t, table)
		delimiter := ""
		if want.Delimiter != nil {
			delimiter = *want.Delimiter
		}
		if r.Delimiter != delimiter {
			t.Errorf("%s: delimiter %q, want %q", name, r.Delimiter, delimiter)
		}
		switch {
		case want.Header != nil:
			if !r.Header || r.Preamble != *want.Header {
				t.Errorf("%s: header %t after %d lines, want one after %d", name, r.Header, r.Preamble, *want.Header)
			}
		case name == "horror/weird_head_padding.csv":
			if !r.Header || r.Preamble != 11 {
				t.Errorf("%s: header %t after %d lines, want one after 11", name, r.Header, r.Preamble)
			}
		case strings.HasPrefix(name, "horror/simple"):
		case r.Header || r.Preamble != 0:
			t.Errorf("%s: header %t after %d lines, want none", name, r.Header, r.Preamble)
		}
		if want.Rows != nil && s.Rows+s.Blank != *want.Rows {
			t.Errorf("%s: %d rows and %d blank, want %d", name, s.Rows, s.Blank, *want.Rows)
		}
		columns := want.Columns
		for w := range want.Widths {
			var n int
			_ = json.Unmarshal([]byte(w), &n)
			columns = &n
		}
		if columns != nil && len(table.Columns) != *columns {
			t.Errorf("%s: %d columns, want %d: %q", name, len(table.Columns), *columns, table.Columns)
		}
		if e := want.Encoding; e != "" && e != "ascii" && !strings.HasPrefix(e, r.Encoding) {
			t.Errorf("%s: encoding %s, want %s", name, r.Encoding, e)
		}
		t.Logf("%-50s %+v rows %d blank %d columns %q", name, r, s.Rows, s.Blank, table.Columns)
	}
	t.Logf("%d files", checked)
}

func open(t *testing.T, inputs ...string) *tabular.Set {
	t.Helper()
	set, err := tabular.Open(t.Context(), inputs, tabular.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatalf("Open(%v): %v", inputs, err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	return set
}

func count(t *testing.T, table *tabular.Table) tabular.Summary {
	t.Helper()
	s, err := table.Scan(t.Context(), 2, func(int, *tabular.Batch) error { return nil })
	if err != nil {
		t.Fatalf("Scan(%s): %v", table.Source, err)
	}
	return s
}
