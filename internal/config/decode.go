package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// decoder sets a Config from YAML and goes on after a problem, so that one run
// finds them all. The YAML library's own decoder stops at the first and does
// not tell where a value came from.
type decoder struct {
	source   Source
	where    func(*token.Token) string
	origins  Origins
	problems []Problem
	anchors  map[string]ast.Node
	merges   int // sections merged in so far; bounds a section that merges itself
}

// mostMerges is far more than a file of hand-written pools needs.
const mostMerges = 1000

// file is a decoder for the text of a configuration file.
func fileDecoder(name string, origins Origins) *decoder {
	return &decoder{source: SourceFile, origins: origins, anchors: map[string]ast.Node{}, where: func(at *token.Token) string {
		if at == nil || at.Position == nil {
			return name
		}
		return fmt.Sprintf("%s:%d:%d", name, at.Position.Line, at.Position.Column)
	}}
}

// valueDecoder is a decoder for one flag or variable.
func valueDecoder(source Source, name string, origins Origins) *decoder {
	return &decoder{source: source, origins: origins, anchors: map[string]ast.Node{}, where: func(*token.Token) string { return name }}
}

// decode sets v, whose path is path, from one YAML document.
func (d *decoder) decode(data []byte, v reflect.Value, path string) {
	file, err := parseYAML(data)
	if err != nil {
		d.syntax(path, err)
		return
	}
	bodies := make([]ast.Node, 0, 1)
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
	case 1:
		ast.Walk(anchorVisitor(d.anchors), bodies[0])
		d.node(bodies[0], v, path)
	default:
		d.problem(bodies[1], path, "a second document; keep one and remove the --- line")
	}
}

// parseYAML turns a panic of the parser into an error: it is fed with whatever
// an editor left behind.
func parseYAML(data []byte) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("not YAML")
		}
	}()
	return parser.ParseBytes(data, 0)
}

func (d *decoder) syntax(path string, err error) {
	if at, ok := errors.AsType[yaml.Error](err); ok {
		d.problems = append(d.problems, Problem{Key: path, Where: d.where(at.GetToken()), Text: at.GetMessage()})
		return
	}
	d.problems = append(d.problems, Problem{Key: path, Where: d.where(nil), Text: err.Error()})
}

func (d *decoder) problem(n ast.Node, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{Key: path, Where: d.where(n.GetToken()), Text: fmt.Sprintf(format, args...)})
}

// node sets v from n. A null leaves v as it is.
func (d *decoder) node(n ast.Node, v reflect.Value, path string) {
	n = d.plain(n)
	switch {
	case n == nil || n.Type() == ast.NullType:
	case v.Kind() == reflect.Struct:
		d.section(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path)
	default:
		d.leaf(n, v, path)
	}
}

// plain strips anchors and tags and follows an alias. The depth of what can be
// configured is finite, so an alias to itself ends with a problem, not in a loop.
func (d *decoder) plain(n ast.Node) ast.Node {
	for range 16 {
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.TagNode:
			n = x.Value
		case *ast.AliasNode:
			target, ok := d.anchors[x.Value.GetToken().Value]
			if !ok {
				d.problem(x, "", "no anchor &%s", clip(x.Value.GetToken().Value))
				return nil
			}
			n = target
		default:
			return n
		}
	}
	return nil
}

func (d *decoder) section(n ast.Node, v reflect.Value, path string) {
	entries, ok := mapping(n)
	if !ok {
		d.problem(n, path, "must be a section of keys")
		return
	}
	fields := map[string]reflect.Value{}
	var known []string
	for key, field := range members(v) {
		fields[key] = field
		known = append(known, key)
	}
	// What is merged in (<<: *anchor) is weaker than what is written out.
	for _, entry := range entries {
		if !entry.Key.IsMergeKey() {
			continue
		}
		if d.merges++; d.merges > mostMerges {
			d.problem(entry.Key, path, "merges more than %d sections, or itself", mostMerges)
			return
		}
		d.node(entry.Value, v, path)
	}
	for _, entry := range entries {
		if entry.Key.IsMergeKey() {
			continue
		}
		key := entry.Key.GetToken().Value
		field, ok := fields[key]
		if !ok {
			d.problem(entry.Key, join(path, clip(key)), "unknown key%s", suggestion(key, path, known))
			continue
		}
		d.node(entry.Value, field, join(path, key))
	}
}

// suggestion finds what was meant: a key of the same section, else the same key
// in another section, else the list of what there is.
func suggestion(key, path string, known []string) string {
	if near := Nearest(key, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", join(path, near))
	}
	for _, other := range Keys() {
		if strings.HasSuffix(other, "."+key) || other == key {
			return fmt.Sprintf("; did you mean %q?", other)
		}
	}
	sorted := slices.Sorted(slices.Values(known))
	return "; known here: " + strings.Join(sorted, ", ")
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(n, path, "must be a list")
		return
	}
	d.origins.drop(path)
	d.mark(n, path)
	list := reflect.MakeSlice(v.Type(), 0, len(sequence.Values))
	for i, value := range sequence.Values {
		entry := reflect.New(v.Type().Elem()).Elem()
		entry.Set(element(v.Type().Elem()))
		at := path + "[" + strconv.Itoa(i) + "]"
		if value = d.plain(value); value == nil || value.Type() == ast.NullType {
			d.problem(sequence, at, "is empty")
			continue
		}
		if entry.Kind() == reflect.Struct {
			d.mark(first(value), at)
		}
		d.node(value, entry, at)
		list = reflect.Append(list, entry)
	}
	v.Set(list)
}

func (d *decoder) leaf(n ast.Node, v reflect.Value, path string) {
	text, ok := scalar(n)
	if !ok {
		d.problem(n, path, "must be a single value")
		return
	}
	if err := setText(v, text); err != nil {
		d.problem(n, path, "%s", err.Error())
		return
	}
	d.mark(n, path)
}

func (d *decoder) mark(n ast.Node, path string) {
	d.origins[path] = Origin{Source: d.source, Where: d.where(n.GetToken())}
}

// mapping is the entries of a mapping node; the parser writes a mapping of one
// entry as the entry alone.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch x := n.(type) {
	case *ast.MappingNode:
		return x.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{x}, true
	}
	return nil, false
}

// first is the node at which a section begins: the token of a block section is
// the colon after its first key.
func first(n ast.Node) ast.Node {
	if entries, ok := mapping(n); ok && len(entries) > 0 {
		return entries[0].Key
	}
	return n
}

// scalar is the text of a scalar as it was written, so that an account number
// with a leading zero stays what it is.
func scalar(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return x.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(x.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// anchorVisitor collects the anchors of a document.
type anchorVisitor map[string]ast.Node

func (a anchorVisitor) Visit(n ast.Node) ast.Visitor {
	if anchor, ok := n.(*ast.AnchorNode); ok && anchor.Name != nil && anchor.Value != nil {
		a[anchor.Name.GetToken().Value] = anchor.Value
	}
	return a
}
