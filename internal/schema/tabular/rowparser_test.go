package tabular

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// render writes rows so that quoted, empty and absent cells differ.
func render(b *Batch) []string {
	var rows []string
	for r := range b.Rows {
		var cells []string
		for c := range b.Columns() {
			switch cell := b.Cell(r, c); {
			case cell.Null():
				cells = append(cells, "∅")
			case cell.Quoted:
				cells = append(cells, fmt.Sprintf("%q", cell.Text))
			default:
				cells = append(cells, string(cell.Text))
			}
		}
		rows = append(rows, strings.Join(cells, "¦"))
	}
	return rows
}

// rowsOf reads text at once.
func rowsOf(d dialect, columns, limit int, text string) ([]string, Summary) {
	var b Batch
	var s Summary
	p := newRowParser(d, columns, true)
	p.limit = limit
	b.reset([]byte(text))
	p.parse(b.text, 0, &b, &s)
	return render(&b), s
}

// rowsInChunks reads text through the pipeline, in chunks of a size.
func rowsInChunks(t *testing.T, d dialect, columns, limit, size int, text string) ([]string, Summary) {
	t.Helper()
	split := newRowSplitter(d)
	split.limit = limit
	rows := map[int64][]string{}
	var order []int64
	c := &tally{}
	w := &rowWorker{parser: newRowParser(d, columns, true), tally: c, emit: func(_ int, b *Batch) error {
		rows[b.First] = render(b)
		order = append(order, b.First)
		return nil
	}}
	w.parser.limit = limit
	err := pipelineOf(t.Context(), iotest.HalfReader(strings.NewReader(text)), split, 1, size, func(ctx context.Context, _ int, piece *chunk) error {
		return w.work(ctx, piece)
	})
	if err != nil {
		t.Fatalf("pipeline: %v", err)
	}
	var all []string
	for _, first := range order {
		if int(first) != len(all) {
			t.Fatalf("a batch begins at row %d after %d rows", first, len(all))
		}
		all = append(all, rows[first]...)
	}
	return all, c.summary()
}

func TestRows(t *testing.T) {
	t.Parallel()
	comma := dialect{newline: '\n', delim: ',', quote: '"'}
	for _, c := range []struct {
		name, text string
		change     func(d *dialect)
		want       []string
		ragged     int64
		blank      int64
	}{
		{name: "plain", text: "a,b\nc,d\n", want: []string{"a¦b¦∅", "c¦d¦∅"}},
		{name: "no last line end", text: "a,b", want: []string{"a¦b¦∅"}},
		{name: "carriage returns", text: "a,b\r\n\"c\",\"d\"\r\n", want: []string{"a¦b¦∅", `"c"¦"d"¦∅`}},
		{name: "empty is not quoted empty", text: ",\"\"\n", want: []string{`∅¦""¦∅`}},
		{name: "doubled quotes", text: `"a ""b""",""""` + "\n", want: []string{`"a \"b\""¦"\""¦∅`}},
		{name: "line end in quotes", text: "\"a\nb\",c\n", want: []string{`"a\nb"¦c¦∅`}},
		{name: "quote within a cell", text: "5\" pipe,a\"b\"\n", want: []string{`5" pipe¦a"b"¦∅`}},
		{name: "text after a quote", text: "\"a\"b ,\"c\" \n", want: []string{`"ab "¦"c"¦∅`}},
		{name: "quote never closed", text: "\"a,b\nc,d\n", want: []string{`"a¦b¦∅`, "c¦d¦∅"}},
		{name: "short and long", text: "a\nb,c,d,\"e,f\"\n", want: []string{"a¦∅¦∅", `b¦c¦d,"e,f"`}, ragged: 2},
		{name: "blank rows", text: "\na,b\n,\n \r\n\r\n", want: []string{"a¦b¦∅"}, blank: 4},
		{name: "lone carriage returns", text: "a,b\rc,d", change: func(d *dialect) { d.newline = '\r' }, want: []string{"a¦b¦∅", "c¦d¦∅"}},
		{name: "spaces before quotes", text: `a, "b,c"` + "\n d,  e\n", change: func(d *dialect) { d.padded = true }, want: []string{`a¦"b,c"¦∅`, "d¦e¦∅"}},
		{name: "runs of spaces", text: "  a   b \nc \"d e\"\n", change: func(d *dialect) { d.delim = ' ' }, want: []string{"a¦b¦∅", `c¦"d e"¦∅`}},
		{name: "backslashes", text: `"a\"b,",c\` + "\n", change: func(d *dialect) { d.escaped = true }, want: []string{`"a\"b,"¦c\¦∅`}},
		{name: "no quotes", text: "\"a,b\"\n", change: func(d *dialect) { d.quote = 0 }, want: []string{`"a¦b"¦∅`}},
		{name: "zero bytes", text: "a\x00b,\x00\n", want: []string{"ab¦∅¦∅"}},
		{name: "one cell is not UTF-8", text: "caf\xe9,é\n", want: []string{"café¦é¦∅"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := comma
			if c.change != nil {
				c.change(&d)
			}
			got, s := rowsInChunks(t, d, 2, maxQuoted, chunkSize, c.text)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rows of %q (-want +got):\n%s", c.text, diff)
			}
			if s.Ragged != c.ragged || s.Blank != c.blank || int(s.Rows) != len(c.want) {
				t.Errorf("rows of %q: summary %+v, want %d ragged, %d blank", c.text, s, c.ragged, c.blank)
			}
		})
	}
}

// TestChunksAreExact: wherever a text is cut, the rows are those of the whole.
func TestChunksAreExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		d := dialect{newline: '\n', delim: ',', quote: '"'}
		switch r.IntN(8) {
		case 0:
			d.padded = true
		case 1:
			d.escaped = true
		case 2:
			d.delim = ' '
		case 3:
			d.delim = d.newline
		case 4:
			d.quote = 0
		case 5:
			d.newline = '\r'
		}
		checkChunks(t, d, 3+r.IntN(40), 1+r.IntN(60), randomText(r, `"",, ab\`+"\n\n\r'", r.IntN(200)))
	}
}

func randomText(r *rand.Rand, alphabet string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func checkChunks(t *testing.T, d dialect, limit, size int, text string) {
	t.Helper()
	want, whole := rowsOf(d, 2, limit, text)
	got, parts := rowsInChunks(t, d, 2, limit, size, text)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%+v, cells to %d, chunks of %d, text %q: rows (-whole +chunks):\n%s", d, limit, size, text, diff)
	}
	whole.Rows = int64(len(want))
	if diff := cmp.Diff(whole, parts); diff != "" {
		t.Fatalf("%+v, chunks of %d, text %q: summary (-whole +chunks):\n%s", d, size, text, diff)
	}
}

func FuzzChunks(f *testing.F) {
	f.Add("a,b\n\"c\nd\",\"\"\"\"\n", 3, uint8(0))
	f.Add("\"a\",\"b\r\n\"\"\",c", 1, uint8(1))
	f.Fuzz(func(t *testing.T, text string, size int, kind uint8) {
		if len(text) > 4096 || strings.IndexByte(text, 0) >= 0 || strings.ToValidUTF8(text, "") != text || size < 0 {
			return // long ones are slow to compare; others are mended after they were cut
		}
		d := dialect{newline: "\n\r"[kind&1], delim: ",; |"[kind>>1&3], quote: '"', padded: kind>>3&1 == 1, escaped: kind>>4&1 == 1}
		// Without goroutines: what they cover differs from run to run, and then the
		// fuzzer tries for a minute to make each input smaller.
		want, whole := rowsOf(d, 2, 16, text)
		got, pieces := rowsInPieces(d, 2, 16, 1+size%64, text)
		if diff := cmp.Diff(want, got); diff != "" || whole.Blank != pieces.Blank || whole.Ragged != pieces.Ragged {
			t.Fatalf("%+v, pieces of %d, text %q: %+v, want %+v; rows (-whole +pieces):\n%s", d, 1+size%64, text, pieces, whole, diff)
		}
	})
}

// rowsInPieces reads text as the pipeline does, one piece after the other.
func rowsInPieces(d dialect, columns, limit, size int, text string) ([]string, Summary) {
	var (
		all   []string
		s     Summary
		left  []byte
		split = newRowSplitter(d)
		p     = newRowParser(d, columns, true)
	)
	split.limit, p.limit = limit, limit
	for eof := false; !eof; {
		piece, n := left, 0
		for n == 0 && !eof {
			take := min(max(size, len(piece)), len(text))
			piece, text = append(piece, text[:take]...), text[take:]
			eof = text == ""
			n = split.cut(piece, eof)
		}
		left = bytes.Clone(piece[n:])
		var b Batch
		b.reset(piece[:n])
		for pos := 0; pos < n; {
			pos = p.parse(b.text, pos, &b, &s)
		}
		all = append(all, render(&b)...)
	}
	return all, s
}

// TestQuotedCellsAreBounded: a quote that is not closed within the bound opens nothing.
func TestQuotedCellsAreBounded(t *testing.T) {
	t.Parallel()
	d := dialect{newline: '\n', delim: ',', quote: '"'}
	long := strings.Repeat("x", 3<<20)
	got, s := rowsInChunks(t, d, 2, maxQuoted, chunkSize, `"`+long+`",b`+"\n")
	if len(got) != 1 || len(got[0]) < len(long) || s.Ragged != 0 {
		t.Errorf("a cell of 3 MiB: %d rows, summary %+v", len(got), s)
	}
	text := `"` + strings.Repeat("abcdefg,hijklmn\n", 18<<16) + `",b` + "\n"
	rows := int64(0)
	w := &rowWorker{parser: newRowParser(d, 2, true), tally: &tally{}, emit: func(_ int, b *Batch) error {
		rows += int64(b.Rows)
		return nil
	}}
	err := pipeline(t.Context(), strings.NewReader(text), newRowSplitter(d), 1, func(ctx context.Context, _ int, c *chunk) error {
		if len(c.text) > 20<<20 {
			t.Errorf("a chunk of %d bytes", len(c.text))
		}
		return w.work(ctx, c)
	})
	if want := int64(18<<16 + 1); err != nil || rows != want {
		t.Errorf("a quote that closes after 18 MiB: %d rows (%v), want %d", rows, err, want)
	}
}

func TestARowWithoutEnd(t *testing.T) {
	t.Parallel()
	d := dialect{newline: '\n', delim: ',', quote: '"'}
	endless := io.LimitReader(repeat("abc,"), 200<<20)
	err := pipeline(t.Context(), endless, newRowSplitter(d), 2, func(context.Context, int, *chunk) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "64 MiB") {
		t.Errorf("a row of 200 MiB: error %v, want one that names the bound", err)
	}
}

// repeat is a reader of the same text for ever.
type repeat string

func (s repeat) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(s), len(p)/len(s)+1)), nil
}
