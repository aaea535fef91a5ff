package cloudwatch

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// nextToken stands for how many items of a list went before.
func nextToken(of string, offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(of + "/" + strconv.Itoa(offset)))
}

// readToken is what the NextToken of a request stands for; 0 without one.
func readToken(r reader, of string) int {
	token := r.text("NextToken")
	if token == "" {
		return 0
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	digits, ok := strings.CutPrefix(string(text), of+"/")
	n, bad := strconv.Atoi(digits)
	if err != nil || !ok || bad != nil || n < 0 {
		r.fail(invalidToken())
		return 0
	}
	return n
}

// page cuts a list, and returns the token of what follows; empty when nothing
// does.
func page[T any](list []T, of string, skip, most int) (part []T, next string) {
	list = list[min(skip, len(list)):]
	if len(list) <= most {
		return list, ""
	}
	return list[:most], nextToken(of, skip+most)
}
