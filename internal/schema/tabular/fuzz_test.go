package tabular_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema/tabular"
)

// read opens and scans a file with a text; whatever it is, that must not panic, and
// every row must have all its cells.
func read(t *testing.T, dir, name, text string) (tables int, rows int64) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := tabular.Open(t.Context(), []string{path}, tabular.Options{TempDir: dir, MaxColumns: 100})
	if err != nil {
		return 0, 0
	}
	defer set.Close()
	for _, table := range set.Tables {
		s, err := table.Scan(t.Context(), 1, func(_ int, b *tabular.Batch) error {
			for r := range b.Rows {
				for c := range table.Columns {
					_ = b.Cell(r, c)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("Open takes %q and Scan does not: %v", text, err)
		}
		rows += s.Rows
	}
	return len(set.Tables), rows
}

func FuzzOpen(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n", "\"a\";'b'\r\n1;2", "\xff\xfea\x00,\x00", `[{"a":[1,{"b":[2]}]}]`, "{\"a\":1}\n{\"a\":[]}", `{"a":{"b":[{"c":"\ud83d"}]},"d":[1]}`,
		"PK\x03\x04", "PAR1", "\x1f\x8b", "a b\n1 2\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		read(t, dir, "t", text)
		read(t, dir, "t.json", text)
	})
}

// TestAnyTextIsReadOrRefused: mutilated files of all kinds.
func TestAnyTextIsReadOrRefused(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	seeds := []string{
		"id,name,at\n1,\"a, b\",2026-01-02\n2,'c',2026-01-03\n3,,\n", `{"a":[{"b":[1,2,{"c":null}]},{"b":"\u00e9\\"}],"d":{"e":[[1],[2]]}}`,
		`[{"id":1,"tags":["x","y"]},{"id":2,"tags":[]},{"id":3.5e1,"tags":null}]`, "{\"a\":1,\"b\":{\"c\":true}}\n{\"a\":2}\n",
	}
	tables, dir := 0, t.TempDir()
	for range 800 {
		text := []byte(seeds[r.IntN(len(seeds))])
		for range r.IntN(4) {
			at := r.IntN(len(text))
			switch r.IntN(3) {
			case 0:
				text[at] = `"{}[]:,\n0x`[r.IntN(10)]
			case 1:
				text = append(text[:at:at], text[min(len(text), at+1+r.IntN(5)):]...)
			case 2:
				text = append(text[:at:at], append([]byte(`"}],`[:1+r.IntN(3)]), text[at:]...)...)
			}
			if len(text) == 0 {
				text = []byte("x")
			}
		}
		n, _ := read(t, dir, "t.json", string(text))
		m, _ := read(t, dir, "t", string(text))
		tables += n + m
	}
	if tables < 500 {
		t.Errorf("%d tables were read, want more than 500: the texts are too broken to test much", tables)
	}
}

// TestValidJSONIsRead: whatever encoding/json writes as an array of objects has as
// many rows.
func TestValidJSONIsRead(t *testing.T) {
	t.Parallel()
	r, dir := rand.New(rand.NewPCG(7, 8)), t.TempDir()
	for range 300 {
		records := make([]map[string]any, 1+r.IntN(5))
		for i := range records {
			records[i] = map[string]any{"id": i, strings.Repeat("k", r.IntN(4)): anyValue(r, 3)}
		}
		text, err := json.Marshal(records)
		if err != nil {
			t.Fatal(err)
		}
		if tables, rows := read(t, dir, "t", string(text)); tables == 0 || rows < int64(len(records)) {
			t.Fatalf("%s: %d tables with %d rows, want %d rows or more", text, tables, rows, len(records))
		}
	}
}

func anyValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(8); {
	case n == 0 && depth > 0:
		list := make([]any, r.IntN(3))
		for i := range list {
			list[i] = anyValue(r, depth-1)
		}
		return list
	case n <= 2 && depth > 0:
		return map[string]any{"x": anyValue(r, depth-1), "y\n\"": anyValue(r, depth-1)}
	case n == 3:
		return nil
	case n == 4:
		return r.NormFloat64()
	case n == 5:
		return r.IntN(2) == 0
	}
	return []string{"", "a\"b", "é\u0001😀", "\\", "]}"}[r.IntN(5)]
}
