package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// output is the -o flag of a command that reads.
type output struct {
	format choice
}

// newOutput gives cmd the -o flag.
func newOutput(cmd *cobra.Command) *output {
	o := &output{format: choice{value: "table", allowed: []string{"table", "json", "yaml", "csv"}}}
	addChoice(cmd, &o.format, "output", "o", "how to print: "+list(o.format.allowed))
	return o
}

// print writes v, a struct or a slice of structs with json names, in the
// format asked for. human writes the table; it is called for that format only.
func (o *output) print(a *app, v any, human func(*screen)) error {
	switch o.format.value {
	case "json":
		return writeJSON(a.out, v)
	case "yaml":
		return writeYAML(a.out, v)
	case "csv":
		return writeCSV(a.out, v)
	}
	s := newScreen(a)
	human(s)
	_, err := io.WriteString(a.out, s.text.String())
	return err
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeYAML goes through JSON, so that the keys are the same and in the same
// order.
func writeYAML(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if data, err = yaml.JSONToYAML(data); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// writeCSV writes one line per element, with the JSON keys as its header; a
// list of nothing is the header alone.
func writeCSV(w io.Writer, v any) error {
	rows := reflect.ValueOf(v)
	if rows.Kind() != reflect.Slice {
		one := reflect.MakeSlice(reflect.SliceOf(rows.Type()), 0, 1)
		rows = reflect.Append(one, rows)
	}
	header, _, err := flatten(reflect.Zero(rows.Type().Elem()).Interface(), nil)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range rows.Len() {
		_, line, err := flatten(rows.Index(i).Interface(), header)
		if err != nil {
			return err
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// flatten reads the members of v's JSON in their order: an object's members
// get its key and a dot before theirs, a list stays JSON in one cell unless it
// is empty or of one kind of words, which are joined by a space.
//
// An object whose key is one of columns, as it may be null, stays JSON in its cell.
func flatten(v any, columns []string) (keys, cells []string, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return nil, nil, err
	}
	err = flattenObject(dec, "", columns, func(key, cell string) {
		keys, cells = append(keys, key), append(cells, cell)
	})
	return keys, cells, err
}

func flattenObject(dec *json.Decoder, prefix string, columns []string, add func(key, cell string)) error {
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		key := prefix + fmt.Sprint(name)
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if raw[0] != '{' || slices.Contains(columns, key) {
			add(key, cell(raw))
			continue
		}
		inner := json.NewDecoder(bytes.NewReader(raw))
		if _, err := inner.Token(); err != nil {
			return err
		}
		if err := flattenObject(inner, key+".", columns, add); err != nil {
			return err
		}
	}
	return nil
}

// cell is one JSON value as a CSV cell.
func cell(raw json.RawMessage) string {
	var word string
	var words []string
	switch {
	case string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &word) == nil:
		return word
	case json.Unmarshal(raw, &words) == nil:
		return strings.Join(words, " ")
	}
	return string(raw)
}
