package value

// IsToken says whether a cell is a word that often stands for no value, such as NA
// or \N. Whether it does is for its column to say: see Strong.
func IsToken(b []byte) bool {
	if len(b) == 0 || len(b) > 6 {
		return false
	}
	switch b[0] {
	case 'N', 'n', '-', '\\', '?', '.', '#', '(', '*':
	default:
		return false
	}
	if len(b) > 1 && (b[0] == '*' || b[0] == '-' || b[0] == '.') {
		return same(b)
	}
	switch string(b) {
	case "NA", "N/A", "n/a", "na", "N.A.", "n.a.", "-", "null", "NULL", "Null", `\N`, "None", "none", "NONE",
		"nan", "NaN", "NAN", "?", ".", "#N/A", "#NA", "(null)", "nil", "NIL", "*":
		return true
	}
	return false
}

// same says whether all bytes are the same.
func same(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

// Strong says whether a token stands for null in a column of texts too.
func Strong(token string) bool {
	switch token {
	case `\N`, "NULL", "null", "(null)", "#N/A":
		return true
	}
	return false
}
