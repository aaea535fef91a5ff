// Package schematest makes schemas of files for the tests of the databases that load
// them, and tells whether what a database has is what the files had.
package schematest

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Databases are the folders of databases that the project does not have: those in
// the folder that HEADGATE_SCHEMADATA names, else beside the repository. The test is
// skipped where they are absent.
func Databases(tb testing.TB) []string {
	tb.Helper()
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	for _, dir := range []string{os.Getenv("HEADGATE_SCHEMADATA"), filepath.Join(root, "..", "shared", "schemadata"), filepath.Join(root, "..", "..", "shared", "schemadata")} {
		if _, err := os.Stat(filepath.Join(dir, "spider_en")); dir == "" || err != nil { //nolint:gosec // whoever runs the tests names the folder
			continue
		}
		var out []string
		for _, pattern := range []string{"*/*.csv", "spider_en/*/*.csv", "dirty/*/*.csv"} {
			files, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				tb.Fatal(err)
			}
			for _, f := range files {
				if d := filepath.Dir(f); !slices.Contains(out, d) {
					out = append(out, d)
				}
			}
		}
		return out
	}
	tb.Skip("there are no databases to load: set HEADGATE_SCHEMADATA to their folder")
	return nil
}

// Hostile is a folder of files whose texts want to be something else to whoever
// loads them, with a table of each type, nulls, a circle and a reference.
func Hostile(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	var b strings.Builder
	b.WriteString("note_id,text,writer_id,day,at,seen,price,open,rate\n")
	texts := []string{
		`\N`, `\.`, `'; DROP TABLE note; --`, "a\nb", "a\r\nb", "tab\there", `back\slash\`, `quo"te`, "comma, comma", " left and right ", "NULL", "null", "$$ %s $1 ?",
		"\u2028\U0001f600e\u0301", "-- no comment", ".quit", `.import x y`, `\q`, "{\"a\": 1}", "0x41", "@v1", strings.Repeat("long ", 2000),
	}
	for i, text := range texts {
		price, writer := fmt.Sprintf("%d.25", i*1000), fmt.Sprint(i%3+1)
		if i%5 == 4 {
			price, writer = "", ""
		}
		fmt.Fprintf(&b, "%d,\"%s\",%s,2024-02-%02d,2024-02-%02d 10:11:12.5,2024-02-%02dT10:11:12+02:00,%s,%t,%de-7\n",
			i+1, strings.ReplaceAll(text, `"`, `""`), writer, i+1, i+1, i+1, price, i%2 == 0, i*i+1)
	}
	for name, text := range map[string]string{
		"note.csv": b.String(), "writer.csv": "writer_id,name,chief_id\n1,Ann,3\n2,\"O'Neil \"\"Bo\"\"\",1\n3,Cy,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// Made is a schema that was made of files.
type Made struct {
	Dir    string // of the run, with ddl/ and load/
	Schema *schema.Schema

	input string
}

// Make makes a schema of a file or folder. Nothing may have to be given up for it.
func Make(tb testing.TB, input string, engines ...verify.Engine) *Made {
	tb.Helper()
	m := &Made{Dir: filepath.Join(tb.TempDir(), "run"), Schema: &schema.Schema{}, input: input}
	report, err := agent.Generate(tb.Context(), agent.Options{Inputs: []string{input}, Name: "made", Out: m.Dir, Engines: engines, Version: "test"})
	if err != nil {
		tb.Fatalf("%s: %v", input, err)
	}
	for _, g := range report.GivenUp {
		tb.Errorf("%s: %s of %s had to be given up: %s", input, g.Constraint, g.Table, g.Message)
	}
	for i := range report.Verification {
		if v := &report.Verification[i]; !v.Held() {
			tb.Errorf("%s: %s: %+v", input, v.Summary(), v.Findings)
		}
	}
	text, err := os.ReadFile(filepath.Join(m.Dir, "schema.json"))
	if err == nil {
		err = json.Unmarshal(text, m.Schema)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// Query asks a database for all rows of a table, with every value as a text.
type Query func(ctx context.Context, t *schema.Table, fn func(row []*string) error) error

// Compare finds where the rows of a database are not those of the files, by their
// number and a sum over their content, in which the order does not count.
func (m *Made) Compare(tb testing.TB, query Query) {
	tb.Helper()
	set, err := tabular.Open(tb.Context(), []string{m.input}, tabular.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := set.Close(); err != nil {
			tb.Error(err)
		}
	})
	ev, err := profile.Run(tb.Context(), set.Tables, profile.Options{TempDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	source, err := rows.New(set.Tables, ev)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range m.Schema.Tables {
		t := &m.Schema.Tables[i]
		want, got := digest{table: t}, digest{table: t}
		if err := source.Scan(tb.Context(), t, want.add); err != nil {
			tb.Fatalf("read %s: %v", t.Name, err)
		}
		if err := query(tb.Context(), t, got.add); err != nil {
			tb.Errorf("ask for %s: %v", t.Name, err)
			continue
		}
		if got.rows != want.rows {
			tb.Errorf("%s has %d rows, want %d", t.Name, got.rows, want.rows)
		}
		for j, c := range t.Columns {
			if got.sum(j) != want.sum(j) {
				tb.Errorf("%s.%s (%s) has other values than the files, such as %s instead of %s", t.Name, c.Name, c.Type.Kind, got.example(j, &want), want.example(j, &got))
			}
		}
	}
}

// digest sums up the values of each column, beside those of the first one.
type digest struct {
	table *schema.Table
	rows  int
	sums  []uint64
	some  []map[string]bool // of the first rows, to show
}

func (d *digest) add(row []*string) error {
	d.rows++
	if d.sums == nil {
		d.sums, d.some = make([]uint64, len(row)), make([]map[string]bool, len(row))
	}
	for i, v := range row {
		text := plain(&d.table.Columns[i], v)
		h := fnv.New64a()
		fmt.Fprintf(h, "%s\x00%s", plain(&d.table.Columns[0], row[0]), text)
		d.sums[i] += h.Sum64()
		if d.some[i] == nil {
			d.some[i] = map[string]bool{}
		}
		if d.rows < 1000 {
			d.some[i][text] = true
		}
	}
	return nil
}

func (d *digest) sum(i int) uint64 {
	if d.sums == nil {
		return 0
	}
	return d.sums[i]
}

// example is a value that the other one does not have.
func (d *digest) example(i int, other *digest) string {
	if d.some != nil && other.some != nil {
		for v := range d.some[i] {
			if !other.some[i][v] {
				return fmt.Sprintf("%.60q", v)
			}
		}
	}
	return "?"
}

// plain is a value apart from how a database writes it. Scripts know no empty texts
// in columns that may be null.
func plain(c *schema.Column, v *string) string {
	if v == nil || *v == "" {
		return "nothing"
	}
	text := *v
	switch evidence.Type(c.Type.Kind) {
	case evidence.TypeBoolean:
		return fmt.Sprint(text == "t" || text == "true" || text == "1")
	case evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat:
		if f, _, err := big.ParseFloat(text, 10, 64, big.ToNearestEven); err == nil {
			return f.Text('g', 12)
		}
	case evidence.TypeTimestamp, evidence.TypeTime, evidence.TypeTimestampTZ:
		for _, zone := range []string{"+00:00", "+00"} {
			text = strings.TrimSuffix(text, zone)
		}
		if whole, fraction, ok := strings.Cut(text, "."); ok {
			text = strings.TrimSuffix(whole+"."+strings.TrimRight(fraction, "0"), ".")
		}
	case evidence.TypeJSON:
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			if b, err := json.Marshal(v); err == nil {
				return string(b)
			}
		}
	default:
	}
	return text
}
