package gateway

import (
	"net/url"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// maxModelBytes is the longest model id that Bedrock takes
// (docs.aws.amazon.com/bedrock, API_runtime_Converse: modelId).
const maxModelBytes = 2048

const modelPrefix = "/model/"

// splitModelPath takes "/model/{id}/{operation}" apart, in its escaped form.
// The id may be escaped or raw, an ARN with slashes included, and is returned
// unescaped.
//
// ok is false when the path names no operation of the data plane at all; err,
// a *fault.Error, says what is wrong with the id. http.ServeMux would not do:
// it redirects "//", splits a raw ARN and hands out "../" unescaped.
func splitModelPath(escaped string) (id string, op llm.Operation, ok bool, err error) {
	rest, ok := strings.CutPrefix(escaped, modelPrefix)
	if !ok {
		return "", "", false, nil
	}
	end := strings.LastIndexByte(rest, '/')
	if end < 0 {
		return "", "", false, nil
	}
	op, ok = llm.ParseOperation(rest[end+1:])
	if !ok {
		return "", "", false, nil
	}
	id, err = modelID(rest[:end])
	return id, op, true, err
}

// modelID unescapes an id once and checks that it is one.
func modelID(escaped string) (string, error) {
	id := escaped
	if strings.IndexByte(escaped, '%') >= 0 {
		var err error
		if id, err = url.PathUnescape(escaped); err != nil {
			return "", badModelID("it holds a broken escape")
		}
	}
	switch {
	case id == "":
		return "", badModelID("it is empty")
	case len(id) > maxModelBytes:
		return "", badModelID("it is longer than 2048 bytes")
	case strings.ContainsFunc(id, func(r rune) bool { return !isModelRune(r) }):
		return "", badModelID("it may hold letters, digits and . : / _ - only")
	case strings.IndexByte(id, '/') < 0:
		return id, nil
	case !strings.HasPrefix(id, "arn:"):
		return "", badModelID("only an ARN may hold a slash")
	}
	for segment := range strings.SplitSeq(id, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", badModelID("its path has an empty or a dot segment")
		}
	}
	return id, nil
}

func isModelRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".:/_-", r)
}

// badModelID begins as the service's own message does.
func badModelID(why string) error {
	return fault.New(fault.Invalid, "The provided model identifier is invalid. Headgate: %s.", why)
}
