package console

import (
	"net/url"

	"github.com/headgate/headgate/internal/llm"
)

// Filter selects pools. What is empty selects all.
type Filter struct {
	Model  llm.ModelID `query:"model" doc:"Only limits of this model, and those of accounts."`
	Region llm.Region  `query:"region" doc:"Only limits of this Region."`
	Path   llm.Path    `query:"path" enum:"on-demand,geo,global,mantle" doc:"Only limits of this path, and those of accounts."`
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
