package tabular_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/schema/tabular"
)

// TestCellsLongerThanTheHead: a text in quotes may be longer than what a dialect is
// found from, in the header, in the first row and later.
func TestCellsLongerThanTheHead(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("line, with \"\" and\n", 1<<17) + `"`
	for name, text := range map[string]string{
		"first cell":      "note,id\n" + long + ",1\nx,2\ny,3\n",
		"no row before":   "id,note\n1," + long + "\n2,x\n3,y\n",
		"one column":      "note\n" + long + "\nx\ny\n",
		"several":         "a;b\n" + long + ";" + long + "\nx;" + long + "\ny;z\n",
		"after some rows": "id\tnote\n1\t\"" + strings.Repeat("a ", 30<<10) + "\"\n2\t" + long + "\n3\tx\n",
	} {
		for packing, file := range map[string]string{"t.csv": text, "t.csv.gz": gz(t, text), "u.csv": wide(text)} {
			table := open(t, write(t, packing, file)).Tables[0]
			s := count(t, table)
			want := strings.FieldsFunc(strings.SplitN(text, "\n", 2)[0], func(r rune) bool { return strings.ContainsRune(",;\t", r) })
			if diff := cmp.Diff(want, table.Columns); diff != "" || s.Rows != 3 || s.Ragged != 0 || len(table.Notes) > 0 {
				t.Errorf("%s, %s: %d rows, %d ragged, notes %v; want 3; columns (-want +got):\n%s", name, packing, s.Rows, s.Ragged, table.Notes, diff)
			}
		}
	}
}

func wide(text string) string {
	out := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// TestQuotesThatAreNeverClosedAreTold: a quote that is taken for a character though
// it may open a very long text is named.
func TestQuotesThatAreNeverClosedAreTold(t *testing.T) {
	t.Parallel()
	table := open(t, write(t, "t.csv", "id,note\n1,\""+strings.Repeat("abc defghi\n", 2<<20)+"\"\n2,x\n")).Tables[0]
	if len(table.Notes) != 1 || !strings.HasPrefix(table.Notes[0].Text, "The quote at byte 10 is not closed within 16 MiB") {
		t.Errorf("notes = %v, want one on the quote at byte 10", table.Notes)
	}
}

// TestWhatIsCutOffEndsTheScan: the end of a damaged file is not taken for the end of
// its rows.
func TestWhatIsCutOffEndsTheScan(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 200_000 {
		b.WriteString(strings.Repeat("x", i%7) + ",")
		b.WriteString(strings.Repeat("y", i*i%11) + "\n")
	}
	for name, text := range map[string]string{"t.csv.gz": b.String(), "u.csv.gz": wide(b.String()), "t.jsonl.gz": strings.Repeat("{\"a\":1,\"b\":\"xyz\"}\n", 200_000)} {
		packed := gz(t, text)
		set, err := tabular.Open(t.Context(), []string{write(t, name, packed[:len(packed)-len(packed)/3])}, tabular.Options{})
		if err == nil {
			_, err = set.Tables[0].Scan(t.Context(), 2, func(int, *tabular.Batch) error { return nil })
		}
		if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "ends in the middle") {
			t.Errorf("%s, cut off: error %v, want one that says that it is damaged", name, err)
		}
	}
}

// TestZeroBytesAmongTexts: a few are left out, many mean that a file is no text.
func TestZeroBytesAmongTexts(t *testing.T) {
	t.Parallel()
	table := open(t, write(t, "t.csv", "id,name\n1,a\x00b\n2,\x00\n3,c\n")).Tables[0]
	if diff := cmp.Diff("1|ab\n2|∅\n3|c", cells(t, table)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
