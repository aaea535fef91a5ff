package profile

import (
	"bytes"
	"math"

	"github.com/headgate/headgate/internal/schema/value"
)

// tails are the two least and the two greatest different numbers of a column: what
// shows that one stands apart.
type tails struct {
	low     [2]tail
	high    [2]tail
	started bool
}

type tail struct {
	number float64
	text   []byte
	count  int64
}

// number is the value of a cell that is one.
func number(c value.Cell) float64 {
	if c.Form == value.Int {
		return float64(c.Key)
	}
	if c.Key < 0 {
		return -math.Float64frombits(uint64(-c.Key))
	}
	return math.Float64frombits(uint64(c.Key))
}

func (t *tails) add(n float64, text []byte) {
	if !t.started {
		t.started = true
		one := tail{n, clip(text), 0}
		two := tail{math.Inf(1), nil, 0}
		t.low = [2]tail{one, two}
		two.number = math.Inf(-1)
		t.high = [2]tail{one, two}
	}
	push(&t.low, n, text, func(a, b float64) bool { return a < b })
	push(&t.high, n, text, func(a, b float64) bool { return a > b })
}

func push(ends *[2]tail, n float64, text []byte, beyond func(a, b float64) bool) {
	switch {
	case n == ends[0].number:
		ends[0].count++
		if bytes.Compare(text, ends[0].text) < 0 {
			ends[0].text = clip(text)
		}
	case beyond(n, ends[0].number):
		ends[1] = ends[0]
		ends[0] = tail{n, clip(text), 1}
	case n == ends[1].number:
		ends[1].count++
	case beyond(n, ends[1].number):
		ends[1] = tail{n, clip(text), 1}
	}
}
