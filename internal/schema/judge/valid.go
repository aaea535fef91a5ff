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
	want, err := form(schema)
	if err != nil {
		return err
	}
	_, err = validate(want, answer)
	return err
}

// admits is fits for an answer whose question may have had other parts: the schema has
// changed since, by an answer to another step of the same call. It must have one of
// the parts at least, and what it has must be in form.
func admits(schema, answer json.RawMessage) error {
	want, err := form(schema)
	if err != nil {
		return err
	}
	want.Required, want.AdditionalProperties = nil, nil
	got, err := validate(want, answer)
	if err != nil {
		return err
	}
	for name := range want.Properties {
		if _, ok := got[name]; ok {
			return nil
		}
	}
	return unfit()
}

// form is a tool's schema without enumerations.
func form(schema json.RawMessage) (*jsonschema.Schema, error) {
	var want jsonschema.Schema
	if err := json.Unmarshal(schema, &want); err != nil {
		return nil, fault.Wrap(fault.Internal, "read a tool's schema", err)
	}
	widen(&want)
	return &want, nil
}

func validate(want *jsonschema.Schema, answer json.RawMessage) (map[string]any, error) {
	resolved, err := want.Resolve(nil)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "read a tool's schema", err)
	}
	var got map[string]any
	if len(answer) > largestAnswer || json.Unmarshal(answer, &got) != nil || got == nil || resolved.Validate(got) != nil {
		return nil, unfit()
	}
	return got, nil
}

// unfit does not quote what is wrong: it is a model's text.
func unfit() error { return fault.New(fault.Invalid, "the answer is not as the tool wants it") }

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
