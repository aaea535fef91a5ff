package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Document is a named YAML document with rows of the catalog. Name is what
// faults are reported under, such as the file's path.
type Document struct {
	Name string
	Data []byte
}

// faults collects what is wrong with a set of documents, so that a user sees all
// of it at once.
type faults struct {
	list []misfit
}

// misfit is one fault and its place.
type misfit struct {
	at   position
	text string
}

// maxFaults bounds the report of a document that is none.
const maxFaults = 100

func (f *faults) add(at position, format string, args ...any) {
	if len(f.list) < maxFaults {
		f.list = append(f.list, misfit{at, fmt.Sprintf(format, args...)})
	}
}

// err joins the faults in the order of their places; nil when there is none.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b misfit) int {
		return cmp.Or(strings.Compare(a.at.document, b.at.document), a.at.line-b.at.line, a.at.column-b.at.column)
	})
	errs := make([]error, 0, len(f.list))
	for _, m := range f.list {
		errs = append(errs, fmt.Errorf("%s: %s", m.at, m.text))
	}
	return errors.Join(errs...)
}

// position is where something stands in a document.
type position struct {
	document     string
	line, column int
	path         string // such as models[3].burndown
}

func (p position) String() string {
	s := p.document
	if p.line > 0 {
		s += ":" + strconv.Itoa(p.line) + ":" + strconv.Itoa(p.column)
	}
	if p.path != "" {
		s += ": " + p.path
	}
	return s
}

// record reads a YAML mapping key by key. Every key that is asked for and of the
// wrong form is a fault, and so is, at the end, every key that was not asked for.
type record struct {
	faults *faults
	at     position
	values []*ast.MappingValueNode
	asked  []string
}

// parseDocument parses a document whose top is a mapping. An empty one is an
// empty record; nil means that faults were added.
func parseDocument(d Document, f *faults) *record {
	at := position{document: cmp.Or(d.Name, "document")}
	file, err := parser.ParseBytes(d.Data, 0)
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			at.line, at.column = syntax.GetToken().Position.Line, syntax.GetToken().Position.Column
			f.add(at, "%s", syntax.GetMessage())
		} else {
			f.add(at, "not YAML")
		}
		return nil
	}
	r := &record{faults: f, at: at}
	if len(file.Docs) > 1 {
		f.add(at, "more than one YAML document")
		return nil
	}
	if len(file.Docs) == 1 && file.Docs[0].Body != nil {
		if body := file.Docs[0].Body; body.Type() != ast.NullType && body.Type() != ast.CommentType {
			return r.open(body, at)
		}
	}
	return r
}

// open reads node as a mapping; nil after a fault.
func (r *record) open(node ast.Node, at position) *record {
	sub := &record{faults: r.faults, at: at}
	switch n := node.(type) {
	case *ast.MappingNode:
		sub.values = n.Values
	case *ast.MappingValueNode:
		sub.values = []*ast.MappingValueNode{n}
	default:
		r.faults.add(at, "must be a mapping of keys to values")
		return nil
	}
	return sub
}

// within is the position of a node that stands under this record.
func (r *record) within(key string, node ast.Node) position {
	at := r.at
	if at.path != "" {
		at.path += "."
	}
	at.path += key
	if t := node.GetToken(); t != nil && t.Position != nil {
		at.line, at.column = t.Position.Line, t.Position.Column
	}
	return at
}

// find returns the value of a key; nil when the record has none.
func (r *record) find(key string) ast.Node {
	r.asked = append(r.asked, key)
	for _, v := range r.values {
		if v.Key.GetToken().Value == key {
			return v.Value
		}
	}
	return nil
}

// fault reports that the value of a key is wrong, or the record if it has no
// such key.
func (r *record) fault(key, format string, args ...any) {
	at := r.at
	at.path = strings.TrimPrefix(at.path+"."+key, ".")
	for _, v := range r.values {
		if v.Key.GetToken().Value == key {
			at = r.within(key, v.Value)
		}
	}
	r.faults.add(at, format, args...)
}

// has reports whether the record has a key.
func (r *record) has(key string) bool {
	return slices.ContainsFunc(r.values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == key })
}

// text is the value of a key as it is written; "" when there is none.
func (r *record) text(key string) string {
	node := r.find(key)
	if node == nil {
		return ""
	}
	text, ok := scalar(node)
	if !ok {
		r.fault(key, "must be one value")
	}
	return text
}

// required is text that must not be empty.
func (r *record) required(key string) string {
	if !r.has(key) {
		r.find(key)
		r.fault(key, "is missing")
		return ""
	}
	text := r.text(key)
	if text == "" {
		r.fault(key, "must not be empty")
	}
	return text
}

// integer is the value of a key, from least up; otherwise when there is none.
func (r *record) integer(key string, least, otherwise int64) int64 {
	text := r.text(key)
	if text == "" && !r.has(key) {
		return otherwise
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil || n < least || n > maxInteger {
		r.fault(key, "must be a whole number of %d or more", least)
		return otherwise
	}
	return n
}

// maxInteger bounds every integer of a row, so that products of a few stay far
// from overflow.
const maxInteger = 1_000_000_000_000_000

// flag is a true or false value; otherwise when there is none.
func (r *record) flag(key string, otherwise bool) bool {
	switch r.text(key) {
	case "true":
		return true
	case "false":
		return false
	}
	if r.has(key) {
		r.fault(key, "must be true or false")
	}
	return otherwise
}

// date is a day at UTC midnight; zero when there is none.
func (r *record) date(key string) time.Time {
	text := r.text(key)
	if !r.has(key) {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.fault(key, "must be a day, such as 2026-10-09")
	}
	return day
}

// texts is a list of values; nil when there is none.
func (r *record) texts(key string) []string {
	node := r.find(key)
	if node == nil {
		return nil
	}
	return r.strings(node, key)
}

func (r *record) strings(node ast.Node, key string) []string {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		r.faults.add(r.within(key, node), "must be a list")
		return nil
	}
	texts := make([]string, 0, len(list.Values))
	for i, item := range list.Values {
		text, ok := scalar(item)
		if !ok || text == "" {
			r.faults.add(r.within(key+"["+strconv.Itoa(i)+"]", item), "must be one value")
			continue
		}
		texts = append(texts, text)
	}
	return texts
}

// record is the mapping under a key; nil when there is none or after a fault.
func (r *record) record(key string) *record {
	node := r.find(key)
	if node == nil {
		return nil
	}
	return r.open(node, r.within(key, node))
}

// records are the mappings of the list under a key.
func (r *record) records(key string) []*record {
	node := r.find(key)
	if node == nil || node.Type() == ast.NullType {
		return nil
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		r.fault(key, "must be a list")
		return nil
	}
	subs := make([]*record, 0, len(list.Values))
	for i, item := range list.Values {
		if sub := r.open(item, r.within(key+"["+strconv.Itoa(i)+"]", item)); sub != nil {
			subs = append(subs, sub)
		}
	}
	return subs
}

// end reports the keys that nobody asked for.
func (r *record) end() {
	for _, v := range r.values {
		key := v.Key.GetToken().Value
		if slices.Contains(r.asked, key) {
			continue
		}
		at := r.within(key, v.Key)
		if i := slices.IndexFunc(r.asked, func(known string) bool { return distance(key, known, 2) <= 2 }); i >= 0 {
			r.faults.add(at, "unknown key: did you mean %s?", r.asked[i])
		} else {
			r.faults.add(at, "unknown key")
		}
	}
}

// scalar is the text of a plain or quoted value; false for anything else.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSuffix(n.Value.Value, "\n"), true
	case *ast.NullNode:
		return "", true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}
