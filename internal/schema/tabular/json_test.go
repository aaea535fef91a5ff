package tabular_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/tabular"
)

func TestOpenJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"array", `[{"id":1,"name":"Ann"},{"id":2,"name":null},{"id":3,"name":""}]`, "t: id|name\n1|Ann\n2|∅\n3|"},
		{"lines", "{\"id\":1}\n{\"id\":2,\"x\":true}\n", "t: id|x\n1|∅\n2|true"},
		{"values without lines between", `{"id":1} {"id":2}`, "t: id\n1\n2"},
		{"one object", `{"id":1,"name":"Ann"}`, "t: t_row|id|name\n1|1|Ann"},
		{"nested objects", `[{"id":1,"at":{"city":"Rome","geo":{"lat":1.5}}},{"id":2,"at":null}]`, "t: id|at_city|at_geo_lat\n1|Rome|1.5\n2|∅|∅"},
		{
			"arrays of objects", `[{"id":"a","items":[{"sku":1},{"sku":2}]},{"id":"b","items":[]},{"id":"c","items":[{"sku":3}]}]`,
			"t: t_row|id\n1|a\n2|b\n3|c\nt_items in t: t_row|sku\n1|1\n1|2\n3|3",
		},
		{"arrays of scalars", `[{"id":1,"tags":["x","y"]},{"id":2,"tags":["z"]}]`, "t: t_row|id\n1|1\n2|2\nt_tags in t: t_row|value\n1|x\n1|y\n2|z"},
		{
			"arrays in arrays of objects", `[{"o":[{"l":[{"q":1},{"q":2}]}]},{"o":[{"l":[{"q":3}]},{"l":[{"q":4}]}]}]`,
			"t: t_row\n1\n2\nt_o in t: t_row|t_o_row\n1|1\n2|2\n2|3\nt_o_l in t_o: t_o_row|q\n1|1\n1|2\n2|3\n3|4",
		},
		{"an array directly in an array", `[{"id":1,"box":[[1,2],[3,4]]}]`, "t: t_row|id\n1|1\nt_box in t: t_row|value\n1|[1,2]\n1|[3,4]"},
		{"object of arrays", `{"authors":[{"id":1}],"books":[{"id":7,"author":1}]}`, "authors: id\n1\nbooks: id|author\n7|1"},
		{"object with values and arrays", `{"shop":"S","at":{"x":1},"lines":[{"n":1},{"n":2}],"none":[]}`, "t: t_row|shop|at_x\n1|S|1\nt_lines in t: t_row|n\n1|1\n1|2"},
		{"arrays within an object of the object", `{"data":{"rows":[{"a":1},{"a":2}]}}`, "t: t_row\n1\nt_data_rows in t: t_row|a\n1|1\n1|2"},
		{"mixed kinds", `[{"v":1},{"v":"one"},{"v":[2,3]},{"v":{"w":4}}]`, "t: t_row|v|v_w\n1|1|∅\n2|one|∅\n3|∅|∅\n4|∅|4\nt_v in t: t_row|value\n3|2\n3|3"},
		{"scalars", `["a","b"]`, "t: value\na\nb"},
		{"escapes", `[{"a\u0062":"\u00e9\ud83d\ude00\n\"\\\/x"}]`, "t: ab\né😀\n\"\\/x"},
		{"brackets and quotes in texts", `[{"a":"]},{[\\","b":"{\"x\":[1]}"}]`, "t: a|b\n]},{[\\|{\"x\":[1]}"},
		{"keys that flatten to one name", `[{"a_b":1,"a":{"b":2}}]`, "t: a_b|a_b_2\n1|2"},
		{"a byte order mark", "\ufeff[{\"a\":1}]", "t: a\n1"},
		{"UTF-16", "\xff\xfe[\x00{\x00\"\x00a\x00\"\x00:\x001\x00}\x00]\x00", "t: a\n1"},
		{"numbers as written", `[{"a":1.50,"b":-2e3,"c":12345678901234567890}]`, "t: a|b|c\n1.50|-2e3|12345678901234567890"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, show(t, open(t, write(t, "t.json", c.text)))); diff != "" {
				t.Errorf("Open of %s (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestOpenRefusesJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, why string }{
		{`[{"a":1},{"a":`, "not valid JSON"},
		{`[{"a":1}`, "does not end"},
		{`{"a":1`, "does not end"},
		{`[{"a":1}] x`, "something after"},
		{`[{"a":1.}]`, "not valid JSON"},
		{`[{"a" 1}]`, "no colon"},
		{"{\"a\":1}\n{\"a\":1]\n", "not valid JSON"},
		{"{'a': 1}", "not valid JSON"},
		{"[]", "no values"},
		{"{}", "no values"},
		{"[{},{}]", "no values"},
		{"hello", "named as JSON"},
		{"[{\"a\":\x00}]", "not valid JSON"},
	} {
		_, err := tabular.Open(t.Context(), []string{write(t, "t.json", c.text)}, tabular.Options{})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) {
			t.Errorf("Open of %q = %v, want Invalid with %q", c.text, err, c.why)
		}
	}
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `{"id":{"k%d":1}}`, i)
	}
	_, err := tabular.Open(t.Context(), []string{write(t, "t.json", b.String())}, tabular.Options{MaxColumns: 10})
	if err == nil || !strings.Contains(err.Error(), "keys seem to be data") {
		t.Errorf("Open of data in keys = %v, want a refusal that says so", err)
	}
}

func TestTextThatLooksLikeJSON(t *testing.T) {
	t.Parallel()
	got := show(t, open(t, write(t, "t.csv", "[id],[name]\n1,Ann\n2,Bo\n")))
	if diff := cmp.Diff("t: [id]|[name]\n1|Ann\n2|Bo", got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

func TestMixedKindsAreNoted(t *testing.T) {
	t.Parallel()
	table := open(t, write(t, "t.json", `[{"v":1},{"v":"one"}]`)).Tables[0]
	if len(table.Notes) != 1 || table.Notes[0].Kind != "mixed" || !strings.Contains(table.Notes[0].Text, "1 numbers, 1 texts") {
		t.Errorf("Notes = %+v, want one that v is mixed", table.Notes)
	}
}

// TestLargeJSON: numbers of rows and parents hold over many chunks and workers.
func TestLargeJSON(t *testing.T) {
	t.Parallel()
	const rows = 60000
	var b strings.Builder
	b.WriteString("[")
	for i := range rows {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"id": %d, "name": "row \"%d\"", "items": [{"of": %d, "n": [1, 2]}, {"of": %d}]}`, i+1, i+1, i+1, i+1)
	}
	b.WriteString("]")
	set := open(t, write(t, "t.json", b.String()))
	if len(set.Tables) != 3 {
		t.Fatalf("%d tables, want 3", len(set.Tables))
	}
	for i, want := range []int64{rows, 2 * rows, 2 * rows} {
		table := set.Tables[i]
		s, err := table.Scan(t.Context(), 3, func(_ int, batch *tabular.Batch) error {
			for r := range batch.Rows {
				first := string(batch.Cell(r, 0).Text)
				switch table.Name {
				case "t":
					if n := batch.First + int64(r) + 1; first != fmt.Sprint(n) || string(batch.Cell(r, 1).Text) != first {
						t.Errorf("row %d has the number %s and id %s", n, first, batch.Cell(r, 1).Text)
					}
				case "t_items":
					if of := string(batch.Cell(r, 2).Text); of != first {
						t.Errorf("an item of %s has the parent %s", of, first)
					}
				case "t_items_n":
					if n := (batch.First+int64(r))/2*2 + 1; first != fmt.Sprint(n) {
						t.Errorf("row %d of t_items_n has the parent %s, want %d", batch.First+int64(r), first, n)
					}
				}
			}
			return nil
		})
		if err != nil || s.Rows != want {
			t.Errorf("%s: %d rows (%v), want %d", table.Name, s.Rows, err, want)
		}
	}
}

// TestBrokenLinesAreNamed: by their number.
func TestBrokenLinesAreNamed(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("{\"a\":1}\n", 40)
	for _, c := range []struct{ text, want string }{
		{good + "{\"a\":}\n" + good, "in line 41:"},
		{good + "{\"a\":\n" + good, "in line 43, in the value that begins in line 41:"},
		{"[\n" + strings.TrimSuffix(strings.ReplaceAll(good, "\n", ",\n"), ",\n") + "x]", "in line 41:"},
		{"{\"rows\": [\n{\"a\":1},\n{\"a\":x}\n]}", "in line 3:"},
	} {
		_, err := tabular.Open(t.Context(), []string{write(t, "t.json", c.text)}, tabular.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open of %.30q… = %v, want %q in it", c.text, err, c.want)
		}
	}
}
