package bedrock

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/headgate/headgate/internal/llm"
)

// canonical writes JSON so that texts which differ in the order of members and in
// white space alone come out the same, and all others do not. What it writes is for
// a digest, not for a reader of JSON.
type canonical struct {
	scanner

	out []byte
	// scratch holds a sorted object on its way back to out.
	scratch []byte
	// dropped is the member of the body itself that is left out.
	dropped string
	// moved is how many bytes were sorted, at every level that they stand below.
	moved int
}

// mostMoved is how often each byte of a body may be moved on average. A byte moves
// once for each disordered object around it; requests are some ten levels deep.
const mostMoved = 32

// member is where in out a member of an object stands, its name included.
type member struct {
	name       []byte
	start, end int
}

// Canonical appends the canonical form of a request's body to dst: equal for bodies
// that differ in the order of members or in white space, different for all others.
// The form keeps numbers and strings as they are spelled, so that what it takes for
// different may still mean the same. Request metadata of Converse is left out: it
// changes no answer.
//
// The body must be one that [Peek] has taken. It reports false for one that names a
// member of any object twice, since readers differ in which of the two they take,
// and for one so deep and disordered that sorting it would take far longer than
// reading it.
func Canonical(dst []byte, op llm.Operation, body []byte) ([]byte, bool) {
	c := canonical{scanner: scanner{b: body}, out: dst}
	if op == llm.OpConverse || op == llm.OpConverseStream {
		c.dropped = "requestMetadata"
	}
	c.value()
	c.end()
	return c.out, c.reason == ""
}

func (c *canonical) value() {
	switch c.kind() {
	case '{':
		c.object()
	case '[':
		c.array()
	default:
		c.out = append(c.out, c.raw()...)
	}
}

func (c *canonical) array() {
	c.enter()
	c.out = append(c.out, '[')
	for first := true; c.next(']', first); first = false {
		if !first {
			c.out = append(c.out, ',')
		}
		c.value()
	}
	c.out = append(c.out, ']')
}

// object writes the members in the order of their names. A name is preceded by its
// length: escapes are undone, so that it may hold quotes.
func (c *canonical) object() {
	top := c.depth == 0
	c.enter()
	c.out = append(c.out, '{')
	begin := len(c.out)
	var few [16]member
	members := few[:0]
	for first := true; c.next('}', first); first = false {
		name := c.key()
		if top && c.dropped != "" && string(name) == c.dropped {
			c.skip()
			continue
		}
		m := member{name: name, start: len(c.out)}
		c.out = binary.BigEndian.AppendUint32(c.out, uint32(len(name))) //nolint:gosec // a body has no 4 GB
		c.out = append(c.out, name...)
		c.value()
		m.end = len(c.out)
		members = append(members, m)
	}
	c.sort(begin, members)
	c.out = append(c.out, '}')
}

// sort puts the members that stand in out from begin on into the order of their
// names.
func (c *canonical) sort(begin int, members []member) {
	byName := func(a, b member) int { return bytes.Compare(a.name, b.name) }
	if !slices.IsSortedFunc(members, byName) {
		slices.SortFunc(members, byName)
		if c.moved += len(c.out) - begin; c.moved > mostMoved*(len(c.b)+1) {
			c.fail("too deep to be sorted")
			return
		}
		c.scratch = c.scratch[:0]
		for _, m := range members {
			c.scratch = append(c.scratch, c.out[m.start:m.end]...)
		}
		copy(c.out[begin:], c.scratch)
	}
	for i := 1; i < len(members); i++ {
		if bytes.Equal(members[i-1].name, members[i].name) {
			c.fail("duplicate member")
		}
	}
}
