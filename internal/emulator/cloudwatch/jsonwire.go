package cloudwatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

var errJSON = errors.New("not a JSON object")

// decodeJSON reads a JSON object; numbers are float64.
func decodeJSON(data []byte) (map[string]any, error) {
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&fields); err != nil || fields == nil || d.More() {
		return nil, errJSON
	}
	return fields, nil
}

// appendJSON writes a value of an answer.
func appendJSON(to []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(to, v, 10)
	case time.Time:
		return strconv.AppendFloat(to, seconds(v), 'f', -1, 64)
	case []any:
		to = append(to, '[')
		for i, x := range v {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendJSON(to, x)
		}
		return append(to, ']')
	case mapping:
		return appendJSON(to, object(v))
	case object:
		to = append(to, '{')
		for i, m := range v {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(strconv.AppendQuote(to, m.name), ':')
			to = appendJSON(to, m.value)
		}
		return append(to, '}')
	}
	text, err := json.Marshal(v)
	if err != nil { // not a number: answers hold none
		return append(to, "null"...)
	}
	return append(to, text...)
}
