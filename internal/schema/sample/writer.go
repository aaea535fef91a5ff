package sample

import (
	"bufio"
	"io"
	"strconv"
)

// writer writes rows of CSV. Nothing that the sample writes needs quotes.
type writer struct {
	out   *bufio.Writer
	row   []byte
	dates [][]byte // known by day
	err   error
}

func newWriter(w io.Writer) *writer { return &writer{out: bufio.NewWriterSize(w, 64<<10)} }

func (w *writer) text(s string) { w.row = append(append(w.row, s...), ',') }

func (w *writer) null() { w.row = append(w.row, ',') }

func (w *writer) number(n int64) { w.row = append(strconv.AppendInt(w.row, n, 10), ',') }

func (w *writer) numbered(prefix string, n int64) {
	w.row = append(w.row, prefix...)
	w.number(n)
}

// cents writes hundredths as a decimal.
func (w *writer) cents(n int64) {
	if n < 0 {
		w.row = append(w.row, '-')
		n = -n
	}
	w.row = strconv.AppendInt(w.row, n/100, 10)
	w.row = append(w.row, '.', byte('0'+n/10%10), byte('0'+n%10), ',')
}

func (w *writer) date(day int64) {
	for int64(len(w.dates)) <= day {
		w.dates = append(w.dates, dateOf(int64(len(w.dates))).AppendFormat(nil, "2006-01-02"))
	}
	w.row = append(append(w.row, w.dates[day]...), ',')
}

func (w *writer) phone(country int64, random uint64) {
	w.row = strconv.AppendInt(w.row, country, 10)
	for _, n := range []uint64{random % 900, random / 1000 % 900, random / 1_000_000 % 9000} {
		w.row = append(w.row, '-')
		if n < 1000 && random%7 != 0 {
			n += 100
		}
		w.row = strconv.AppendUint(w.row, n+100, 10)
	}
	w.row = append(w.row, ',')
}

// end writes the row.
func (w *writer) end() {
	w.row[len(w.row)-1] = '\n'
	if w.err == nil {
		_, w.err = w.out.Write(w.row)
	}
	w.row = w.row[:0]
}

func (w *writer) flush() error {
	if w.err != nil {
		return w.err
	}
	return w.out.Flush()
}
