package cloudwatch

import (
	"math"
	"strconv"
	"time"
)

// object is a structure of an answer, its members in order. Their values are
// strings, float64, int64, bool, time.Time, object, and []any of these.
type object []member

// mapping is an object whose names are data: the query protocol writes it in
// another way.
type mapping object

type member struct {
	name  string
	value any
}

// text adds a member unless it is empty.
func (o object) text(name, value string) object {
	if value == "" {
		return o
	}
	return append(o, member{name, value})
}

// instant adds a member unless it is zero.
func (o object) instant(name string, value time.Time) object {
	if value.IsZero() {
		return o
	}
	return append(o, member{name, value})
}

// number adds a member unless it is zero.
func (o object) number(name string, value int64) object {
	if value == 0 {
		return o
	}
	return append(o, member{name, value})
}

// set adds a member.
func (o object) set(name string, value any) object { return append(o, member{name, value}) }

// array is a list of an answer. It is never nil.
func array[T any](values []T) []any {
	list := make([]any, 0, len(values))
	for _, v := range values {
		list = append(list, v)
	}
	return list
}

// reader reads a structure of a request. The first thing wrong with it is kept,
// and what is read after that means nothing.
type reader struct {
	fields map[string]any
	path   string
	state  *readState
}

type readState struct {
	err *problem
	// loose is the query protocol, where all values are text.
	loose bool
}

func newReader(fields map[string]any, loose bool) reader {
	return reader{fields: fields, state: &readState{loose: loose}}
}

// problem is the first thing wrong; nil when there was none.
func (r reader) problem() error {
	if r.state.err == nil {
		return nil
	}
	return r.state.err
}

// fail keeps a problem, if it is the first.
func (r reader) fail(p *problem) {
	if r.state.err == nil {
		r.state.err = p
	}
}

func (r reader) mistyped(name, want string) {
	r.fail(malformed("The value of " + r.path + name + " is not " + want + "."))
}

// has reports whether a member was given.
func (r reader) has(name string) bool { return r.fields[name] != nil }

// text is a member, or empty.
func (r reader) text(name string) string {
	switch v := r.fields[name].(type) {
	case nil:
	case string:
		return v
	default:
		r.mistyped(name, "a string")
	}
	return ""
}

// need is text that must be there.
func (r reader) need(name string) string {
	v := r.text(name)
	if v == "" {
		r.fail(missing(r.path + name))
	}
	return v
}

// number is a member and whether it was given.
func (r reader) number(name string) (float64, bool) {
	switch v := r.fields[name].(type) {
	case nil:
		return 0, false
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil && r.state.loose {
			return n, true
		}
	}
	r.mistyped(name, "a number")
	return 0, false
}

// integer is a member from 1 to most; fallback when it was not given.
func (r reader) integer(name string, fallback, most int64) int64 {
	n, ok := r.number(name)
	switch {
	case !ok:
		return fallback
	case n != math.Trunc(n):
		r.mistyped(name, "an integer")
	case n < 1:
		r.fail(constraint(r.fields[name], r.path+name, "have value greater than or equal to 1"))
	case n > float64(most):
		r.fail(constraint(r.fields[name], r.path+name, "have value less than or equal to "+strconv.FormatInt(most, 10)))
	default:
		return int64(n)
	}
	return fallback
}

// truth is a member; fallback when it was not given.
func (r reader) truth(name string, fallback bool) bool {
	switch v := r.fields[name].(type) {
	case nil:
		return fallback
	case bool:
		return v
	case string:
		if b, err := strconv.ParseBool(v); err == nil && r.state.loose {
			return b
		}
	}
	r.mistyped(name, "a boolean")
	return fallback
}

// instant is a member; zero when it was not given.
func (r reader) instant(name string) time.Time {
	var t time.Time
	switch v := r.fields[name].(type) {
	case nil:
		return t
	case time.Time:
		t = v
	case float64: // awsJson
		t = fromSeconds(v)
	case int64:
		t = time.Unix(v, 0)
	case string:
		t = parseInstant(v)
	}
	if t.Year() < 1970 || t.Year() > 2200 {
		r.mistyped(name, "a timestamp")
		return time.Time{}
	}
	return t.UTC()
}

func parseInstant(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

// fromSeconds is the instant so many seconds after 1970, zero when it is far
// from any that metrics have.
func fromSeconds(s float64) time.Time {
	if !(s >= 0 && s < 1e10) {
		return time.Time{}
	}
	whole := math.Floor(s)
	return time.Unix(int64(whole), int64(math.Round((s-whole)*1e6))*1000)
}

// items are the members of a list of structures, at most so many.
func (r reader) items(name string, most int) []reader {
	var out []reader
	for i, v := range r.list(name, most) {
		path := r.path + name + ".member." + strconv.Itoa(i+1)
		fields, ok := v.(map[string]any)
		if !ok {
			r.mistyped(name, "a list of structures")
			return nil
		}
		out = append(out, reader{fields, path + ".", r.state})
	}
	return out
}

// texts are the members of a list of strings, at most so many.
func (r reader) texts(name string, most int) []string {
	var out []string
	for _, v := range r.list(name, most) {
		s, ok := v.(string)
		if !ok {
			r.mistyped(name, "a list of strings")
			return nil
		}
		out = append(out, s)
	}
	return out
}

// numbers are the members of a list of numbers, at most so many.
func (r reader) numbers(name string, most int) []float64 {
	var out []float64
	for _, v := range r.list(name, most) {
		one := reader{map[string]any{name: v}, r.path, r.state}
		n, _ := one.number(name)
		out = append(out, n)
	}
	return out
}

func (r reader) list(name string, most int) []any {
	switch v := r.fields[name].(type) {
	case nil:
	case []any:
		if len(v) > most {
			r.fail(constraint("["+strconv.Itoa(len(v))+" items]", r.path+name, "have length less than or equal to "+strconv.Itoa(most)))
			return nil
		}
		return v
	case string:
		if v == "" && r.state.loose { // how the query protocol writes an empty list
			return nil
		}
		r.mistyped(name, "a list")
	default:
		r.mistyped(name, "a list")
	}
	return nil
}

// part is a member that is a structure, and whether it was given.
func (r reader) part(name string) (reader, bool) {
	switch v := r.fields[name].(type) {
	case nil:
	case map[string]any:
		return reader{v, r.path + name + ".", r.state}, true
	default:
		r.mistyped(name, "a structure")
	}
	return reader{nil, r.path + name + ".", r.state}, false
}
