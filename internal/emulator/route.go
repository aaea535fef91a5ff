package emulator

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// resource is what a path names.
type resource uint8

const (
	resourceControl resource = iota // /emulator/…
	resourceModel                   // /model/{id}/{operation}
	resourceProfiles
	resourceProfile
	resourceModels
	resourceOneModel
)

// route is a path that was taken apart.
type route struct {
	resource  resource
	id        string // unescaped
	operation llm.Operation
}

// parsePath takes an escaped path apart. Ids may be raw or percent-encoded,
// ARNs with their slashes included; they are unescaped once. A path that tries
// to be another (.., //, %00) is refused.
func parsePath(method, escaped string) (route, error) {
	if strings.Contains(escaped, "//") {
		return route{}, refusal.Validation("The request path is invalid.")
	}
	get, post := method == http.MethodGet, method == http.MethodPost
	if rest, ok := strings.CutPrefix(escaped, "/emulator/"); ok {
		return route{resource: resourceControl, id: rest}, nil
	}
	if rest, ok := strings.CutPrefix(escaped, "/model/"); ok {
		cut := strings.LastIndexByte(rest, '/')
		if cut < 0 || !post {
			return route{}, refusal.UnknownOperation()
		}
		op, known := llm.ParseOperation(rest[cut+1:])
		if !known {
			return route{}, refusal.UnknownOperation()
		}
		id, err := unescapeID(rest[:cut])
		return route{resource: resourceModel, id: id, operation: op}, err
	}
	for _, list := range []struct {
		path      string
		all, each resource
	}{
		{"/inference-profiles", resourceProfiles, resourceProfile},
		{"/foundation-models", resourceModels, resourceOneModel},
	} {
		rest, ok := strings.CutPrefix(escaped, list.path)
		switch {
		case !ok || !get:
		case rest == "":
			return route{resource: list.all}, nil
		case rest[0] == '/':
			id, err := unescapeID(rest[1:])
			return route{resource: list.each, id: id}, err
		}
	}
	return route{}, refusal.UnknownOperation()
}

// maxID is the longest id that the service models allow.
const maxID = 2048

func unescapeID(escaped string) (string, error) {
	id, err := url.PathUnescape(escaped)
	if err != nil || !validID(id) {
		return "", refusal.Validation("The provided model identifier is invalid.")
	}
	return id, nil
}

// validID reports whether an id has the characters and the parts that ids and
// ARNs have.
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == ':', c == '/', c == '_', c == '-':
		default:
			return false
		}
	}
	for part := range strings.SplitSeq(id, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}
