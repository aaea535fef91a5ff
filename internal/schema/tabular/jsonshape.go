package tabular

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// shape is what stands at one path of JSON values: how often which kind, and what
// is within. Elements of an array share one shape, which is the root of a table.
type shape struct {
	name  string
	up    *shape // what it is in; nil for the records of a file
	level int    // how many arrays it is in
	depth int

	nulls, bools, numbers, strings int64
	objects, arrays                int64
	texts                          int64 // arrays and objects that are kept as text

	kids  map[string]*shape
	order []*shape // the kids, as first seen
	elem  *shape   // of arrays; nil while all are empty

	column int // of scalars, in its table; -1: none
}

func newShape(name string, up *shape) *shape {
	s := &shape{name: name, up: up, column: -1}
	if up != nil {
		s.level, s.depth = up.level, up.depth+1
	}
	return s
}

// scalars are the values that take a column.
func (s *shape) scalars() int64 { return s.bools + s.numbers + s.strings + s.texts }

// opaque says that arrays and objects here are kept as text: an array directly in
// an array, and what is too deep.
func (s *shape) opaque(c byte) bool {
	return s.depth >= jsonDepth || c == '[' && (s.level >= maxLevels-1 || s.root())
}

// root says that it is that of a table's rows.
func (s *shape) root() bool { return s.up == nil || s.up.elem == s }

// survey finds the shape of values.
type survey struct {
	l     jsonLexer
	most  int // shapes
	count int
}

// value notes the value at the lexer's position in s.
func (v *survey) value(s *shape) error {
	c := v.l.next()
	switch {
	case (c == '{' || c == '[') && s.opaque(c):
		s.texts++
		return v.l.skip()
	case c == '{':
		s.objects++
		return v.l.members(func(key []byte) error {
			kid := s.kids[string(key)]
			if kid == nil {
				var err error
				if kid, err = v.kid(s, string(key)); err != nil {
					return err
				}
			}
			return v.value(kid)
		})
	case c == '[':
		s.arrays++
		return v.l.elements(func() error {
			if s.elem == nil {
				s.elem = newShape(s.name, s)
				s.elem.level++
			}
			return v.value(s.elem)
		})
	case c == '"':
		s.strings++
		_, _, _, err := v.l.str()
		return err
	}
	word, err := v.l.literal()
	if err != nil {
		return err
	}
	switch word[0] {
	case 'n':
		s.nulls++
	case 't', 'f':
		s.bools++
	default:
		s.numbers++
	}
	return nil
}

func (v *survey) kid(s *shape, key string) (*shape, error) {
	if v.count++; v.count > v.most {
		return nil, fault.New(fault.Invalid, "its objects have more than %d different keys, the last in %q: keys seem to be data. Turn them into values", v.most, s.path())
	}
	kid := newShape(key, s)
	if s.kids == nil {
		s.kids = map[string]*shape{}
	}
	s.kids[key] = kid
	s.order = append(s.order, kid)
	return kid, nil
}

// path is the way to a shape from the root of its table.
func (s *shape) path() string {
	var parts []string
	for ; s != nil && !s.root(); s = s.up {
		if name := cleanName([]byte(s.name)); name != "" {
			parts = append([]string{name}, parts...)
		}
	}
	return strings.Join(parts, "_")
}

// nest is a table of nested values.
type nest struct {
	root    *shape
	name    string
	parent  *nest
	names   []string // of the columns that stand in the file
	notes   []evidence.Note
	numbers bool // whether rows have a column with their own number: others are in them
}

// plan makes a table of a root, and one of each array in it, and adds them to nests
// in this order.
func plan(root *shape, name string, parent *nest, nests []*nest) []*nest {
	n := &nest{root: root, name: name, parent: parent}
	var arrays []*shape
	if root.scalars() > 0 {
		n.column(root, "value")
	}
	n.columns(root, &arrays)
	nests = append(nests, n)
	for _, a := range arrays {
		n.numbers = true
		nests = plan(a.elem, name+"_"+a.path(), n, nests)
	}
	return nests
}

func (n *nest) column(s *shape, name string) {
	s.column = len(n.names)
	n.names = append(n.names, name)
	kinds := []string{}
	for _, k := range []struct {
		count int64
		name  string
	}{{s.bools, "booleans"}, {s.numbers, "numbers"}, {s.strings, "texts"}, {s.objects, "objects"}, {s.arrays + s.texts, "arrays"}} {
		if k.count > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", k.count, k.name))
		}
	}
	if len(kinds) > 1 {
		n.notes = append(n.notes, evidence.Note{About: name, Kind: "mixed", Text: fmt.Sprintf("Values of %s are of different kinds: %s.", name, strings.Join(kinds, ", "))})
	}
}

// columns adds those of all that is within s, and collects arrays that hold rows.
func (n *nest) columns(s *shape, arrays *[]*shape) {
	for _, kid := range s.order {
		if kid.scalars() > 0 || kid.objects+kid.arrays == 0 {
			n.column(kid, kid.path())
		}
		n.columns(kid, arrays)
		switch {
		case kid.elem != nil:
			*arrays = append(*arrays, kid)
		case kid.arrays > 0:
			n.notes = append(n.notes, evidence.Note{Kind: "empty", Text: fmt.Sprintf("The array %s is empty everywhere: there is nothing to make a table of.", kid.path())})
		}
	}
}
