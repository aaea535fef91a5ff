package tabular_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/tabular"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gz(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// cells reads a table whole: one line a row, ∅ for null.
func cells(t *testing.T, table *tabular.Table) string {
	t.Helper()
	var mu sync.Mutex
	batches := map[int64]string{}
	s, err := table.Scan(t.Context(), 2, func(_ int, b *tabular.Batch) error {
		var text strings.Builder
		for r := range b.Rows {
			for c := range b.Columns() {
				if c > 0 {
					text.WriteString("|")
				}
				if cell := b.Cell(r, c); cell.Null() {
					text.WriteString("∅")
				} else {
					text.Write(cell.Text)
				}
			}
			text.WriteString("\n")
		}
		mu.Lock()
		defer mu.Unlock()
		batches[b.First] = text.String()
		return nil
	})
	if err != nil {
		t.Fatalf("Scan(%s): %v", table.Source, err)
	}
	var all strings.Builder
	for n := int64(0); n < s.Rows; {
		text, ok := batches[n]
		if !ok {
			t.Fatalf("no batch begins at row %d", n)
		}
		all.WriteString(text)
		n += int64(strings.Count(text, "\n"))
	}
	return strings.TrimSuffix(all.String(), "\n")
}

// show is what a reader of a set would write down of it.
func show(t *testing.T, set *tabular.Set) string {
	t.Helper()
	var b strings.Builder
	for _, table := range set.Tables {
		fmt.Fprintf(&b, "%s", table.Name)
		if table.Parent != "" {
			fmt.Fprintf(&b, " in %s", table.Parent)
		}
		fmt.Fprintf(&b, ": %s\n%s\n", strings.Join(table.Columns, "|"), cells(t, table))
	}
	return strings.TrimSpace(b.String())
}

func TestOpenCSV(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"semicolons and decimal commas", "price;qty\n1,5;2,3\n2,5;3,5\n", "t: price|qty\n1,5|2,3\n2,5|3,5"},
		{"tabs with commas in texts", "id\tname\n1\tLee, Ann\n2\tRay, Bo\n", "t: id|name\n1|Lee, Ann\n2|Ray, Bo"},
		{"carets", "id^name\n1^a\n2^b\n", "t: id|name\n1|a\n2|b"},
		{"tildes", "id~name\n1~a\n2~b\n", "t: id|name\n1|a\n2|b"},
		{"colons", "a:1\nb:2\nc:3\n", "t: col_1|col_2\na|1\nb|2\nc|3"},
		{"times are not cut at colons", "at\n10:15\n11:20\n12:25\n", "t: at\n10:15\n11:20\n12:25"},
		{"runs of spaces", "id   qty\n1     20\n22     3\n333    4\n", "t: id|qty\n1|20\n22|3\n333|4"},
		{"names are not cut at spaces", "name\nAnn Lee\nBo Ray\nCy Orr\n", "t: name\nAnn Lee\nBo Ray\nCy Orr"},
		{"control characters", "id\x01name\n1\x01a\n2\x01b\n", "t: id|name\n1|a\n2|b"},
		{"single quotes", "id,name\n1,'a, b'\n2,'c'\n", "t: id|name\n1|a, b\n2|c"},
		{"backslashes", `id,doc` + "\n" + `1,"{\"a\":1,\"b\":2}"` + "\n" + `2,"{\"a\":2,\"b\":3}"` + "\n", "t: id|doc\n1|{\"a\":1,\"b\":2}\n2|{\"a\":2,\"b\":3}"},
		{"quotes that are none", "id\tsize\n1\t\"5 in\n2\t\"6 in\n3\t\"7 in\n", "t: id|size\n1|\"5 in\n2|\"6 in\n3|\"7 in"},
		{"no header", "1,2.5\n2,3.5\n3,4.5\n", "t: col_1|col_2\n1|2.5\n2|3.5\n3|4.5"},
		{"duplicates and gaps in the header", "x,x,,x_2\n1,2,3,4\n", "t: x|x_3|col_3|x_2\n1|2|3|4"},
		{"title lines", "Spending in May\n\nid,amount\n1,2\n3,4\n", "t: id|amount\n1|2\n3|4"},
		{"two header lines", ",male,,female,\nage,count,share,count,share\n1,2,3,4,5\n2,3,4,5,6\n3,4,5,6,7\n", "t: age|male count|male share|female count|female share\n1|2|3|4|5\n2|3|4|5|6\n3|4|5|6|7"},
		{"units below names", "site,depth,heat\n,(m),(C)\na,1,2\nb,2,3\nc,3,4\n", "t: site|depth (m)|heat (C)\na|1|2\nb|2|3\nc|3|4"},
		{"a ruler below names", "id|name\n---|----\n1|a\n2|b\n", "t: id|name\n1|a\n2|b"},
		{"row names", "len,dose\na,1,2\nb,2,3\nc,4,5\n", "t: len|dose|_extra\n"},
		{"one year among the names", "country,2015\nFR,66.5\nDE,81.2\nIT,60.7\n", "t: country|2015\nFR|66.5\nDE|81.2\nIT|60.7"},
		{"a number among texts is no name", "1,Ann,Rome\n2,Bo,Bern\n3,Cy,Oslo\n", "t: col_1|col_2|col_3\n1|Ann|Rome\n2|Bo|Bern\n3|Cy|Oslo"},
		{"only a header", "id,name\n", "t: id|name\n"},
		{"UTF-16 without a mark", "i\x00d\x00,\x00n\x00\n\x001\x00,\x00\xe9\x00\n\x00", "t: id|n\n1|é"},
		{"mixed encodings", "id,name\n1,caf\xe9\n2,caf\xc3\xa9\n", "t: id|name\n1|café\n2|café"},
		{"rows of many widths", "a,b\n1\n1,2,3\n1,2\n4,5\n", "t: a|b|_extra\n1|∅|∅\n1|2|3\n1|2|∅\n4|5|∅"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.name == "row names" {
				c.want = "t: col_1|len|dose\na|1|2\nb|2|3\nc|4|5"
			}
			got := show(t, open(t, write(t, "t.csv", c.text)))
			if diff := cmp.Diff(strings.TrimSpace(c.want), got); diff != "" {
				t.Errorf("Open of %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, why string }{
		{"empty", "", "is empty"},
		{"one byte", "a", "one byte"},
		{"white space", " \n\n", "white space"},
		{"a picture", "\x89PNG\r\n\x1a\n", "a picture"},
		{"a PDF", "%PDF-1.7\n", "a PDF"},
		{"a database", "SQLite format 3\x00", "SQLite"},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "without a password"},
		{"a web page", "\n<!DOCTYPE html><html></html>", "HTML"},
		{"binary", strings.Repeat("\x00\x01\x07\xff\x13", 200), "binary"},
		{"zeros", strings.Repeat("\x00", 4096), "binary"},
		{"packed twice", gz(t, gz(t, "a,b\n1,2\n")), "twice"},
		{"damaged gz", gz(t, "a,b\n1,2\n")[:24], "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "input", c.text)
			_, err := tabular.Open(t.Context(), []string{path}, tabular.Options{})
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open = %v, want Invalid with %q and the path", err, c.why)
			}
		})
	}
	_, err := tabular.Open(t.Context(), []string{"missing.csv"}, tabular.Options{})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("Open of a missing file = %v, want NotFound", err)
	}
}

func TestOpenAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"b.csv": "x,y\n1,2\n", "a.csv.gz": gz(t, "p,q\n3,4\n"), ".hidden": "h,i\n1,2\n", "c.png": "\x89PNG"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	set := open(t, dir, write(t, "B.csv", "z,w\n5,6\n"))
	if diff := cmp.Diff("B_2: z|w\n5|6\na: p|q\n3|4\nb: x|y\n1|2", show(t, set)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if len(set.Skipped) != 2 || !strings.Contains(set.Skipped[0].Source, "c.png") || !strings.Contains(set.Skipped[1].Reason, "folder in a folder") {
		t.Errorf("Skipped = %+v, want the picture and the folder", set.Skipped)
	}
}

func TestOpenStdin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	set, err := tabular.Open(t.Context(), []string{"-"}, tabular.Options{Stdin: strings.NewReader("a,b\n1,2\n"), TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("stdin: a|b\n1|2", show(t, set)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left after Close", left)
	}
	_, err = tabular.Open(t.Context(), []string{"-"}, tabular.Options{Stdin: strings.NewReader(strings.Repeat("a,b\n", 1000)), TempDir: dir, MaxUnpacked: 100})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("Open of more than MaxUnpacked = %v, want Invalid", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left after a failed Open", left)
	}
}

// TestSamplesCutCells: where a sample ends within a quoted cell, what is in that is
// not taken for rows.
func TestSamplesCutCells(t *testing.T) {
	t.Parallel()
	for _, size := range []int{30, 3000, 50000} {
		note := `"` + strings.Repeat("one, two, three\n", size/16) + `"`
		rows := max(3, 1<<20/size)
		table := open(t, write(t, "t.csv", "id,note\n"+strings.Repeat("1,"+note+"\n", rows))).Tables[0]
		s := count(t, table)
		if diff := cmp.Diff([]string{"id", "note"}, table.Columns); diff != "" || len(table.Notes) != 0 || int(s.Rows) != rows || s.Ragged != 0 {
			t.Errorf("cells of %d bytes: %d rows, %d ragged, notes %v; want %d rows; columns (-want +got):\n%s", size, s.Rows, s.Ragged, table.Notes, rows, diff)
		}
	}
}

// TestMemoryIsBounded: a scan allocates for its chunks, not for its file.
func TestMemoryIsBounded(t *testing.T) {
	path, _ := writeOrders(t, 48<<20)
	table := open(t, path).Tables[0]
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	count(t, table)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 24<<20 {
		t.Errorf("a scan of 48 MiB allocates %d MiB in all, want at most 24", got>>20)
	}
}

func TestScanSeesChanges(t *testing.T) {
	t.Parallel()
	path := write(t, "t.csv", "a,b\n1,2\n")
	set := open(t, path)
	change := func() {
		if err := os.WriteFile(path, []byte("a,b\n1,2\n3,4\n"), 0o600); err != nil {
			t.Error(err)
		}
	}
	_, err := set.Tables[0].Scan(t.Context(), 1, func(int, *tabular.Batch) error { change(); return nil })
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("Scan = %v, want Invalid because the file changed", err)
	}
	set = open(t, path)
	if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := set.Tables[0].Scan(t.Context(), 1, func(int, *tabular.Batch) error { return nil }); err == nil {
		t.Error("Scan of a file that was written to since Open succeeds")
	}
}

func TestScanStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	path, _ := writeOrders(t, 8<<20)
	mine := errors.New("enough")
	for _, workers := range []int{1, 2, 4} {
		_, err := open(t, path).Tables[0].Scan(t.Context(), workers, func(int, *tabular.Batch) error { return mine })
		if !errors.Is(err, mine) {
			t.Errorf("Scan with %d workers = %v, want the error of fn", workers, err)
		}
	}
}

// TestScanWidens: rows beyond the sample may be longer than any in it.
func TestScanWidens(t *testing.T) {
	t.Parallel()
	row := "1,2\n"
	path := write(t, "t.csv", "a,b\n"+strings.Repeat(row, 100000)+"3,4,5,6\n"+strings.Repeat(row, 100000))
	table := open(t, path).Tables[0]
	if s := count(t, table); !s.Widened || s.Ragged != 1 {
		t.Errorf("first scan: %+v, want one ragged row and Widened", s)
	}
	want := []tabular.RaggedRow{{Row: 100000, Offset: 4 + 400000, Cells: 4}}
	s := count(t, table)
	if diff := cmp.Diff(want, s.First); diff != "" || s.Widened || s.Rows != 200001 {
		t.Errorf("second scan: %+v; ragged rows (-want +got):\n%s", s, diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "_extra"}, table.Columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

// TestWideRowsAreBounded: short rows of a wide table must not fill the memory.
func TestWideRowsAreBounded(t *testing.T) {
	t.Parallel()
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	head := strings.Join(names, ",")
	wide := strings.Repeat("1,", 999) + "1\n"
	path := write(t, "t.csv", head+"\n"+strings.Repeat(wide, 40)+strings.Repeat("7\n", 200000)+strings.Repeat(wide, 200))
	most := 0
	s, err := open(t, path).Tables[0].Scan(t.Context(), 1, func(_ int, b *tabular.Batch) error {
		most = max(most, b.Rows*b.Columns())
		return nil
	})
	if err != nil || most > 1<<19 || s.Rows != 200240 {
		t.Errorf("Scan: %d rows, %d cells in a batch (%v), want 200240 rows and at most %d", s.Rows, most, err, 1<<19)
	}
}
