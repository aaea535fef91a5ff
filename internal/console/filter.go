package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/headgate/headgate/internal/llm"
)

// Filter selects pools. What is empty selects all.
type Filter struct {
	Model  llm.ModelID
	Region llm.Region
	Path   llm.Path
}

// Query is the filter as the API's query parameters.
func (f Filter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"model": string(f.Model), "region": string(f.Region), "path": string(f.Path)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// Match reports whether the filter selects what belongs to a pool. What belongs
// to an account, and names no model, is drawn on by calls of any model and path.
func (f Filter) Match(p llm.Pool) bool {
	if f.Region != "" && f.Region != p.Region {
		return false
	}
	return p.Model == "" || (f.Model == "" || f.Model == p.Model) && (f.Path == "" || f.Path == p.Path)
}

// readFilter reads a query; what is wrong with it is returned as a problem.
func readFilter(query string) (Filter, *Problem) {
	bad := func(name, format string, args ...any) *Problem {
		return &Problem{Status: http.StatusBadRequest, Parameter: name, Detail: fmt.Sprintf(format, args...)}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return Filter{}, bad("", "The query cannot be read: parameters are name=value with & between, and other signs are escaped (%%3A).")
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the same query has the same answer
	var f Filter
	for _, name := range names {
		value := values[name][0]
		switch {
		case name != "model" && name != "region" && name != "path":
			return f, bad(name, "There is no such parameter. Quotas are selected by model, region and path.")
		case len(values[name]) > 1:
			return f, bad(name, "The parameter is given %d times; once is enough.", len(values[name]))
		case value == "":
			return f, bad(name, "The parameter is empty; leave it out to select all.")
		case name == "model":
			f.Model = llm.ModelID(value)
		case name == "region":
			f.Region = llm.Region(value)
		case !llm.Path(value).Valid():
			return f, bad(name, "The path must be on-demand, geo, global or mantle.")
		default:
			f.Path = llm.Path(value)
		}
	}
	return f, nil
}
