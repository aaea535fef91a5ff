package prompt

import (
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// Bounds of request metadata, from the service model of bedrock-runtime.
const (
	metadataPairs     = 16
	metadataLength    = 256  // characters of a key or a value
	metadataHeaderMax = 8500 // characters of the header
	metadataSymbols   = " \t\n\r\v\f:_@$#=/+,-."
)

// MetadataHeader checks the X-Amzn-Bedrock-Request-Metadata header of
// InvokeModel. Empty is right.
func MetadataHeader(header string) error {
	if header == "" {
		return nil
	}
	root, ok := object(header)
	if !ok || len(header) > metadataHeaderMax {
		return badMetadata("it must be a JSON object of at most 8500 characters")
	}
	return metadata(root)
}

func metadata(v gjson.Result) error {
	if !v.Exists() {
		return nil
	}
	pairs := 0
	var err error
	v.ForEach(func(key, value gjson.Result) bool {
		pairs++
		switch n := utf8.RuneCountInString(key.Str); {
		case n < 1 || n > metadataLength || !metadataText(key.Str):
			err = badMetadata("a key must have 1 to 256 of the allowed characters")
		case value.Type != gjson.String || utf8.RuneCountInString(value.Str) > metadataLength || !metadataText(value.Str):
			err = badMetadata("a value must be a string of at most 256 of the allowed characters")
		}
		return err == nil
	})
	if err == nil && (pairs < 1 || pairs > metadataPairs) {
		return badMetadata("there must be 1 to 16 pairs")
	}
	return err
}

func badMetadata(what string) error {
	return refusal.Validation("1 validation error detected: Value at 'requestMetadata' failed to satisfy constraint: %s", what)
}

func metadataText(s string) bool {
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune(metadataSymbols, c):
		default:
			return false
		}
	}
	return true
}
