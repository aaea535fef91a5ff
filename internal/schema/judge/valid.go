package judge

import (
	"encoding/json"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/headgate/headgate/internal/fault"
)

// largestAnswer is more bytes than any answer has.
const largestAnswer = 64 << 10

// fits reports whether an answer has the form that a tool's schema wants. Values that
// are none of an enumeration are let through: they are refused one by one, so that
// one wrong id does not spoil the rest.
func fits(schema, answer json.RawMessage) error {
	var want jsonschema.Schema
	if err := json.Unmarshal(schema, &want); err != nil {
		return fault.Wrap(fault.Internal, "read a tool's schema", err)
	}
	widen(&want)
	resolved, err := want.Resolve(nil)
	if err != nil {
		return fault.Wrap(fault.Internal, "read a tool's schema", err)
	}
	var got any
	if len(answer) > largestAnswer || json.Unmarshal(answer, &got) != nil || resolved.Validate(got) != nil {
		// What is wrong is not quoted: it is a model's text.
		return fault.New(fault.Invalid, "the answer is not as the tool wants it")
	}
	return nil
}

// widen takes enumerations out of a schema.
func widen(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	s.Enum = nil
	widen(s.Items)
	for _, p := range s.Properties {
		widen(p)
	}
}
