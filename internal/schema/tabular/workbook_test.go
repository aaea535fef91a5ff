package tabular_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// workbook writes sheets, each a list of rows, in order.
func workbook(t *testing.T, password string, sheets ...[][]any) string {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, rows := range sheets {
		name := []string{"Sheet1", "Staff list", "Notes"}[i]
		if _, err := book.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			cell, err := excelize.CoordinatesToCellName(1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetSheetRow(name, cell, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "shop.xlsx")
	if err := book.SaveAs(path, excelize.Options{Password: password}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenWorkbook(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	path := workbook(t, "", [][]any{
		{"Orders of March"},
		{},
		{"id", "at", "total", "done", "note"},
		{1, day, 1234.5678, true, "a"},
		{2, day.Add(90 * time.Minute), 0.1 + 0.2, false, nil},
		{},
		{3, nil, 1e6, true, "c, d"},
	}, [][]any{{"name", "age"}, {"Ann", 41}, {"Bo", 42, "left"}}, nil)
	set := open(t, path)
	want := `Sheet1: id|at|total|done|note
1|2026-03-04|1234.5678|TRUE|a
2|2026-03-04 01:30|0.3|FALSE|∅
3|∅|1000000|TRUE|c, d
Staff list: name|age|col_3
Ann|41|∅
Bo|42|left`
	if diff := cmp.Diff(want, show(t, set)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if r := set.Tables[0].Reading; r.Format != "xlsx" || r.Preamble != 2 || !r.Header {
		t.Errorf("Reading = %+v, want xlsx with a header after 2 rows", r)
	}
	if len(set.Skipped) != 1 || !strings.Contains(set.Skipped[0].Reason, "empty sheet") {
		t.Errorf("Skipped = %+v, want the empty sheet", set.Skipped)
	}
}

func TestOpenWorkbookInAnArchive(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(workbook(t, "", [][]any{{"id", "name"}, {1, "Ann"}}))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	set, err := tabular.Open(t.Context(), []string{write(t, "all.zip", zipOf(t, "in/staff.xlsx", string(text)))}, tabular.Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("staff: id|name\n1|Ann", show(t, set)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left after Close", left)
	}
}

func TestEncryptedWorkbookIsRefused(t *testing.T) {
	t.Parallel()
	_, err := tabular.Open(t.Context(), []string{workbook(t, "secret", [][]any{{"id"}, {1}})}, tabular.Options{})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "without a password") {
		t.Errorf("Open = %v, want Invalid with the cure", err)
	}
}

type parquetRow struct {
	ID    int64     `parquet:"id"`
	Name  *string   `parquet:"name,optional"`
	Day   int32     `parquet:"day,date"`
	At    time.Time `parquet:"at,timestamp(millisecond)"`
	Price int64     `parquet:"price,decimal(2:12)"`
	Rate  float64   `parquet:"rate"`
	Done  bool      `parquet:"done"`
	Key   [16]byte  `parquet:"key,uuid"`
	Raw   []byte    `parquet:"raw"`
	Tags  []string  `parquet:"tags,list"`
	Place struct {
		City string `parquet:"city"`
	} `parquet:"place"`
}

func TestOpenParquet(t *testing.T) {
	t.Parallel()
	name, empty := "Ann", ""
	rows := []parquetRow{
		{ID: 1, Name: &name, Day: 20516, At: time.UnixMilli(1767323045678).UTC(), Price: -1205, Rate: 1e6, Done: true, Key: [16]byte{1, 2}, Raw: []byte{0xff, 0}, Tags: []string{"x", "y\"z"}},
		{ID: 2, Name: &empty, Price: 5, Rate: 1.5e-9},
		{ID: 3},
	}
	rows[0].Place.City = "Rome"
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(2)); err != nil {
		t.Fatal(err)
	}
	set := open(t, path)
	want := `t: id|name|day|at|price|rate|done|key|raw|tags|place_city
1|Ann|2026-03-04|2026-01-02 03:04:05.678Z|-12.05|1000000|true|01020000-0000-0000-0000-000000000000|\xff00|["x","y\"z"]|Rome
2||1970-01-01|0001-01-01 00:00:00Z|0.05|1.5e-09|false|00000000-0000-0000-0000-000000000000||∅|
3|∅|1970-01-01|0001-01-01 00:00:00Z|0.00|0|false|00000000-0000-0000-0000-000000000000||∅|`
	if diff := cmp.Diff(want, show(t, set)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(text); n += 29 { // broken everywhere: an error perhaps, never a panic
		broken := append([]byte(nil), text...)
		broken[n] ^= 0x55
		set, err := tabular.Open(t.Context(), []string{write(t, "t.parquet", string(broken))}, tabular.Options{})
		if err != nil {
			continue
		}
		if _, err := set.Tables[0].Scan(t.Context(), 2, func(int, *tabular.Batch) error { return nil }); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("byte %d broken: Scan = %v, want an Invalid error or none", n, err)
		}
	}
}
