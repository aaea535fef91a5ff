package dispatch

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"math"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// ids makes call ids that sort by time and do not repeat over restarts: the
// milliseconds of arrival, a number of this process, and a counter.
type ids struct {
	process  [2]byte
	encoding *base32.Encoding
	next     *atomic.Uint32
}

func newIDs() ids {
	i := ids{encoding: base32.NewEncoding(idAlphabet).WithPadding(base32.NoPadding), next: &atomic.Uint32{}}
	_, _ = rand.Read(i.process[:]) // never fails (crypto/rand)
	return i
}

// idAlphabet is base 32 in an order that sorts, without look-alikes.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// call names a new call, such as "c_06e8ftq2m9g4w0r1".
func (i ids) call(at time.Time) llm.CallID {
	var raw [10]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(at.UnixMilli())<<16)
	copy(raw[6:8], i.process[:])
	binary.BigEndian.PutUint16(raw[8:], uint16(i.next.Add(1)&math.MaxUint16)) // one millisecond has fewer calls
	out := [18]byte{'c', '_'}
	i.encoding.Encode(out[2:], raw[:])
	return llm.CallID(out[:])
}
