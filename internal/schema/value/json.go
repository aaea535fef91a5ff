package value

import "encoding/json"

// isJSON knows objects and arrays of JSON.
func isJSON(b []byte) bool {
	last := b[len(b)-1]
	return (b[0] == '{' && last == '}' || b[0] == '[' && last == ']') && json.Valid(b)
}
