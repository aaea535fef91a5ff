package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// mostEvent bounds a line of a stream of events: the overview of 10,000 limits.
const mostEvent = 16 << 20

// readEvents reads a stream of server-sent events (html.spec.whatwg.org, 9.2.6) until
// it ends. heard is called for each line, comments too, event for each event that has
// data, which is valid until event returns. The error is that of r; nil at its end.
func readEvents(r io.Reader, heard func(), event func(name string, data []byte)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), mostEvent)
	var name string
	var data []byte
	for lines.Scan() {
		heard()
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if len(line) == 0 {
			if len(data) > 0 {
				event(name, data[:len(data)-1])
			}
			name, data = "", data[:0]
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			name = string(value)
		case "data":
			data = append(append(data, value...), '\n')
			if len(data) > mostEvent {
				return errors.New("an event is larger than 16 MB")
			}
		}
	}
	return lines.Err()
}
