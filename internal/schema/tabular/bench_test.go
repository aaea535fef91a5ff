package tabular_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/internal/schema/tabular"
)

// writeOrders writes a table of orders of about size bytes.
func writeOrders(tb testing.TB, size int) (path string, rows int) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "orders.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(3, 4))
	n, _ := fmt.Fprintln(w, "order_id,customer,placed,status,amount,note,lat,email")
	for n < size {
		note := ""
		switch r.IntN(4) {
		case 0:
			note = `"left at ""the door"", ring twice"`
		case 1:
			note = `""`
		}
		m, _ := fmt.Fprintf(w, "%d,%d,2026-%02d-%02d 12:%02d:00,%s,%d.%02d,%s,%.6f,user%d@example.com\n", 1000000+rows, r.IntN(90000), 1+r.IntN(12), 1+r.IntN(28), r.IntN(60),
			[]string{"new", "paid", "shipped"}[r.IntN(3)], r.IntN(900), r.IntN(100), note, 50+r.Float64(), r.IntN(90000))
		n, rows = n+m, rows+1
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		tb.Fatal(err)
	}
	return path, rows
}

// BenchmarkScan compares a scan that looks at every cell with encoding/csv, on the
// same bytes.
func BenchmarkScan(b *testing.B) {
	path, rows := writeOrders(b, 64<<20)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
			r.ReuseRecord = true
			n := 0
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if f.Close(); n != rows+1 {
				b.Fatalf("%d rows, want %d", n, rows+1)
			}
		}
	})
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("tabular-%d", workers), func(b *testing.B) {
			set, err := tabular.Open(b.Context(), []string{path}, tabular.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			b.ReportAllocs()
			for b.Loop() {
				var bytes atomic.Int64
				s, err := set.Tables[0].Scan(b.Context(), workers, func(_ int, batch *tabular.Batch) error {
					sum := 0
					for row := range batch.Rows {
						for col := range batch.Columns() {
							sum += len(batch.Cell(row, col).Text)
						}
					}
					bytes.Add(int64(sum))
					return nil
				})
				if err != nil || int(s.Rows) != rows || bytes.Load() == 0 {
					b.Fatalf("%d rows (%v), want %d", s.Rows, err, rows)
				}
			}
		})
	}
}
