package tabular

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The encodings that are told apart.
const (
	encodingUTF8    = "utf-8"
	encodingUTF16LE = "utf-16le"
	encodingUTF16BE = "utf-16be"
	encoding1252    = "windows-1252"
)

// encoding is how the bytes of a file stand for characters.
type encoding struct {
	name string
	mark int // bytes of a byte order mark
	// mixed says that parts are UTF-8 and others are not.
	mixed bool
}

// detectEncoding judges samples of a file, the first from its beginning. What is
// valid UTF-8 is UTF-8; other bytes are taken for Windows-1252, which gives every
// byte a character.
func detectEncoding(samples [][]byte) encoding {
	head := samples[0]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return encoding{name: encodingUTF8, mark: 3}
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return encoding{name: encodingUTF16LE, mark: 2}
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return encoding{name: encodingUTF16BE, mark: 2}
	}
	if name := wide(head); name != "" {
		return encoding{name: name}
	}
	var good, bad int
	for _, s := range samples {
		g, b := countRunes(s)
		good, bad = good+g, bad+b
	}
	e := encoding{name: encodingUTF8, mixed: good > 0 && bad > 0}
	if bad > good {
		e.name = encoding1252
	}
	return e
}

// wide recognises UTF-16 without a mark: Latin text has a zero in every other byte,
// and hardly any elsewhere.
func wide(head []byte) string {
	n := len(head) &^ 1
	if n < 4 {
		return ""
	}
	var zeros [2]int
	for i, c := range head[:n] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := n / 2
	switch {
	case zeros[1] > half*6/10 && zeros[0] < half/20+1:
		return encodingUTF16LE
	case zeros[0] > half*6/10 && zeros[1] < half/20+1:
		return encodingUTF16BE
	}
	return ""
}

// countRunes counts the characters of more than one byte and the bytes that belong
// to none. What is cut at either end of the sample does not count.
func countRunes(text []byte) (good, bad int) {
	for n := 0; n < utf8.UTFMax-1 && len(text) > 0 && !utf8.RuneStart(text[0]); n++ {
		text = text[1:]
	}
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			text = text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r != utf8.RuneError || size > 1:
			good++
		case utf8.FullRune(text):
			bad++
		case len(text) == 1: // a lone byte at the end may be half of something
		default:
			if !utf8.RuneStart(text[0]) {
				bad++
			}
		}
		text = text[size:]
	}
	return good, bad
}

// reader gives the text of r as UTF-8, without the mark. UTF-8 and Windows-1252
// pass as they are: cells are mended one by one, see Batch.mend.
func (e encoding) reader(r io.Reader) (io.Reader, error) {
	if e.mark > 0 {
		if _, err := io.CopyN(io.Discard, r, int64(e.mark)); err != nil {
			return nil, err
		}
	}
	switch e.name {
	case encodingUTF16LE:
		return &utf16Reader{r: r, order: binary.LittleEndian}, nil
	case encodingUTF16BE:
		return &utf16Reader{r: r, order: binary.BigEndian}, nil
	}
	return r, nil
}

// decode gives a sample as UTF-8.
func (e encoding) decode(sample []byte, first bool) []byte {
	if first {
		sample = sample[min(e.mark, len(sample)):]
	}
	if e.name != encodingUTF16LE && e.name != encodingUTF16BE {
		return sample
	}
	inner, err := encoding{name: e.name}.reader(bytes.NewReader(sample))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(inner)
	if err != nil {
		return nil
	}
	return text
}

// utf16Reader reads UTF-16 as UTF-8. A half of a pair, or of a unit, becomes the
// replacement character.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [32 << 10]byte
	have  int // bytes of in
	out   []byte
	given int // of out
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for u.given == len(u.out) {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out[u.given:])
	u.given += n
	return n, nil
}

// fill decodes what the next read gives, up to the last whole character.
func (u *utf16Reader) fill() {
	n, err := io.ReadAtLeast(u.r, u.in[u.have:], 2)
	u.have += n
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // half a unit at the end
	}
	u.err = err
	u.out, u.given = u.out[:0], 0
	i := 0
	for i+1 < u.have {
		c := rune(u.order.Uint16(u.in[i:]))
		size := 2
		if utf16.IsSurrogate(c) {
			if i+3 >= u.have && err == nil {
				break
			}
			low := rune(0)
			if i+3 < u.have {
				low = rune(u.order.Uint16(u.in[i+2:]))
			}
			if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
				size = 4
			}
		}
		u.out = utf8.AppendRune(u.out, c)
		i += size
	}
	if err != nil && i < u.have {
		u.out = utf8.AppendRune(u.out, utf8.RuneError)
		i = u.have
	}
	u.have = copy(u.in[:], u.in[i:u.have])
}

// windows1252 is the character of a byte, by the WHATWG encoding standard, where
// the five bytes that Microsoft leaves open are controls.
func windows1252(c byte) rune {
	if c < 0x80 || c > 0x9f {
		return rune(c)
	}
	return windows1252High[c-0x80]
}

//nolint:gochecknoglobals // a constant table
var windows1252High = [...]rune{
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
}
