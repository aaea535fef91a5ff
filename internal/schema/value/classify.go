package value

// maxLook is the length above which a cell is a text, unless it is JSON.
const maxLook = 64

// Classify finds the form of a cell. It allocates nothing and keeps nothing of b.
func Classify(b []byte) Cell {
	b = Trim(b)
	if len(b) == 0 {
		return Cell{Form: Blank}
	}
	switch c := b[0]; {
	case c-'0' <= 9:
		return digits(b)
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return letters(b)
	case c == '{' || c == '[':
		if isJSON(b) {
			return Cell{Form: JSON}
		}
		return Cell{Form: Text}
	case len(b) > maxLook:
		return Cell{Form: Text}
	}
	return signed(b)
}

// Trim takes the spaces and tabs off both ends.
func Trim(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// digits classifies a cell that begins with a digit.
func digits(b []byte) Cell {
	var n int64
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		if i < 18 {
			n = n*10 + int64(b[i]-'0')
		}
		i++
	}
	if i == len(b) {
		return whole(b, n)
	}
	if len(b) > maxLook {
		return Cell{Form: Text}
	}
	if isUUID(b) {
		return Cell{Form: UUID}
	}
	if c, ok := temporal(b); ok {
		return c
	}
	return number(b, false)
}

// whole is the cell of nothing but digits, which say n.
func whole(b []byte, n int64) Cell {
	switch {
	case b[0] == '0' && len(b) > 1:
		return Cell{Form: Code}
	case len(b) > 15:
		return Cell{Form: Digits}
	}
	return Cell{Form: Int, Whole: uint8(len(b)), Key: n} //nolint:gosec // at most 15
}

// letters classifies a cell that begins with a letter.
func letters(b []byte) Cell {
	if len(b) <= 5 {
		if f := word(b); f != Text {
			c := Cell{Form: f}
			if len(b) == 1 && b[0] < 'a' {
				c.Style = Capital
			}
			return c
		}
	}
	if len(b) > maxLook {
		return Cell{Form: Text}
	}
	if isUUID(b) {
		return Cell{Form: UUID}
	}
	if c, ok := american(b); ok {
		return c
	}
	if b[0] < 'a' || b[0] == 'k' || b[0] == 'z' { // codes, and kr and zł
		if rest, ok := currency(b); ok {
			return money(rest)
		}
	}
	return Cell{Form: Text}
}

// word knows the words of booleans.
func word(b []byte) Form {
	var low [5]byte
	for i, c := range b {
		low[i] = c | 0x20
	}
	switch string(low[:len(b)]) {
	case "y":
		return LetterY
	case "n":
		return LetterN
	case "t":
		return LetterT
	case "f":
		return LetterF
	case "yes":
		return Yes
	case "no":
		return No
	case "true":
		return True
	case "false":
		return False
	}
	return Text
}

// signed classifies what begins with neither digit nor letter: signs, points,
// parentheses, currency symbols.
func signed(b []byte) Cell {
	switch b[0] {
	case '-', '+', '.':
		rest := b[1:]
		if b[0] != '.' && len(rest) > 0 && (rest[0] == '$' || rest[0] >= 0x80 || rest[0] == ' ') {
			if after, ok := currency(Trim(rest)); ok {
				return negative(money(after), b[0] == '-')
			}
			return Cell{Form: Text}
		}
		return number(b, false)
	case '(':
		if len(b) > 2 && b[len(b)-1] == ')' {
			inner := Trim(b[1 : len(b)-1])
			if after, ok := currency(inner); ok {
				inner = after
			}
			return negative(money(inner), true)
		}
		return Cell{Form: Text}
	}
	if rest, ok := currency(b); ok {
		return money(rest)
	}
	return Cell{Form: Text}
}

func negative(c Cell, yes bool) Cell {
	if yes && c.Form != Text {
		if c.Style&Signed != 0 {
			return Cell{Form: Text}
		}
		c.Key, c.Style = -c.Key, c.Style|Signed
	}
	return c
}

// isUUID knows 8-4-4-4-12 hexadecimal digits.
func isUUID(b []byte) bool {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	for i, c := range b {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
		case c-'0' <= 9, c|0x20 >= 'a' && c|0x20 <= 'f':
		default:
			return false
		}
	}
	return true
}
