package servicequotas

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// paging is what every list takes. Without MaxResults a page has 100.
type paging struct {
	NextToken  string
	MaxResults *int
}

// page cuts a list. What the list is of is bound to the token, which belongs to
// no other list.
func page[T any](list []T, p paging, of ...string) (part []T, next string, err error) {
	const most = 100
	size := most
	if p.MaxResults != nil {
		size = *p.MaxResults
	}
	if size < 1 || size > most {
		return nil, "", illegal("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must be between 1 and %d", size, most)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, strings.Join(of, "\n"))
	owner := strconv.FormatUint(h.Sum64(), 36) + "/"
	skip := 0
	if p.NextToken != "" {
		text, bad := base64.RawURLEncoding.DecodeString(p.NextToken)
		digits, own := strings.CutPrefix(string(text), owner)
		n, wrong := strconv.Atoi(digits)
		if bad != nil || !own || wrong != nil || n < 0 || n > len(list) {
			return nil, "", refuse("InvalidPaginationTokenException", "The pagination token is invalid.")
		}
		skip = n
	}
	list = list[skip:]
	if len(list) <= size {
		return list, "", nil
	}
	return list[:size], base64.RawURLEncoding.EncodeToString([]byte(owner + strconv.Itoa(skip+size))), nil
}
