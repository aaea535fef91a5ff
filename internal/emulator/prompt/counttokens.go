package prompt

import (
	"encoding/base64"

	"github.com/tidwall/gjson"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// CountTokens reads the body of CountTokens and counts its input.
func CountTokens(body string) (int64, error) {
	root, ok := object(body)
	if !ok {
		return 0, refusal.Serialization("The request body is not a JSON object.")
	}
	if c := root.Get("input.converse"); c.IsObject() {
		p, err := readConverse(c)
		if err != nil {
			return 0, err
		}
		return p.Tokens, nil
	}
	encoded := root.Get("input.invokeModel.body")
	if encoded.Type != gjson.String {
		return 0, refusal.Validation("Provide either the invokeModel or the converse member of input.")
	}
	inner, err := base64.StdEncoding.DecodeString(encoded.Str)
	if err != nil {
		return 0, refusal.Serialization("The body of invokeModel is not base64.")
	}
	messages, ok := object(string(inner))
	if !ok {
		return 0, refusal.Malformed("the body is not a JSON object")
	}
	p, err := readAnthropic(messages, false)
	if err != nil {
		return 0, err
	}
	return p.Tokens, nil
}
