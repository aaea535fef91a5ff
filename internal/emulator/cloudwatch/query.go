package cloudwatch

import (
	"encoding/xml"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxFormFields = 20_000
	xmlNamespace  = "http://monitoring.amazonaws.com/doc/" + version + "/"
)

var errForm = errors.New("not a form of a query")

// decodeForm reads a form whose names are paths, such as
// Dimensions.member.1.Name, as the structure that they stand for. All leaves are
// text.
func decodeForm(body string) (map[string]any, error) {
	if strings.Count(body, "&") > maxFormFields {
		return nil, errForm
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, errForm
	}
	root := map[string]any{}
	for path, values := range form {
		parts := strings.Split(path, ".")
		if len(parts) > maxDepth || len(values) != 1 {
			return nil, errForm
		}
		at := root
		for _, part := range parts[:len(parts)-1] {
			if at[part] == nil {
				at[part] = map[string]any{}
			}
			next, ok := at[part].(map[string]any)
			if !ok {
				return nil, errForm
			}
			at = next
		}
		last := parts[len(parts)-1]
		if at[last] != nil {
			return nil, errForm
		}
		at[last] = values[0]
	}
	for name, v := range root {
		if root[name], err = lists(v); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// lists replaces what has nothing but numbered members by lists.
func lists(v any) (any, error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return v, nil
	}
	if numbered, ok := fields["member"].(map[string]any); ok && len(fields) == 1 {
		return list(numbered)
	}
	for name, x := range fields {
		var err error
		if fields[name], err = lists(x); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

func list(numbered map[string]any) ([]any, error) {
	type numberedItem struct {
		n     int
		value any
	}
	items := make([]numberedItem, 0, len(numbered))
	for name, x := range numbered {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 {
			return nil, errForm
		}
		value, err := lists(x)
		if err != nil {
			return nil, err
		}
		items = append(items, numberedItem{n, value})
	}
	slices.SortFunc(items, func(x, y numberedItem) int { return x.n - y.n })
	out := make([]any, 0, len(items))
	for _, x := range items {
		out = append(out, x.value)
	}
	return out, nil
}

// queryAnswer is the document that answers an operation.
func queryAnswer(operation, requestID string, result object) []byte {
	to := []byte(`<` + operation + `Response xmlns="` + xmlNamespace + `">`)
	if result != nil {
		to = appendXML(to, operation+"Result", result)
	}
	to = appendXML(to, "ResponseMetadata", object{{"RequestId", requestID}})
	return append(to, `</`+operation+`Response>`...)
}

// queryError is the document of a problem.
func queryError(p *problem, requestID string) []byte {
	who := "Sender"
	if p.status >= 500 {
		who = "Receiver"
	}
	to := []byte(`<ErrorResponse xmlns="` + xmlNamespace + `">`)
	to = appendXML(to, "Error", object{{"Type", who}, {"Code", p.code}, {"Message", p.message}})
	to = appendXML(to, "RequestId", requestID)
	return append(to, `</ErrorResponse>`...)
}

// appendXML writes a value of an answer as an element.
func appendXML(to []byte, name string, v any) []byte {
	to = append(append(append(to, '<'), name...), '>')
	switch v := v.(type) {
	case string:
		to = appendEscaped(to, v)
	case bool:
		to = strconv.AppendBool(to, v)
	case int64:
		to = strconv.AppendInt(to, v, 10)
	case float64:
		to = strconv.AppendFloat(to, v, 'g', -1, 64)
	case time.Time:
		to = v.UTC().AppendFormat(to, "2006-01-02T15:04:05.999Z07:00")
	case []any:
		for _, x := range v {
			to = appendXML(to, "member", x)
		}
	case mapping:
		for _, m := range v {
			to = appendXML(to, "entry", object{{"key", m.name}, {"value", m.value}})
		}
	case object:
		for _, m := range v {
			to = appendXML(to, m.name, m.value)
		}
	}
	return append(append(append(to, "</"...), name...), '>')
}

// appendEscaped writes text between tags.
func appendEscaped(to []byte, text string) []byte {
	var out strings.Builder
	if err := xml.EscapeText(&out, []byte(text)); err != nil {
		return to // a Builder fails never
	}
	return append(to, out.String()...)
}
