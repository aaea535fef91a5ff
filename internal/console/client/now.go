package client

import (
	"context"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

// Quotas are the limits that a filter selects.
func (c *Client) Quotas(ctx context.Context, f console.Filter) (out console.Quotas, err error) {
	err = c.Get(ctx, console.QuotasPath, f.Query(), &out)
	return out, err
}

// Refresh has the gateway ask AWS now. It refuses for another Region than its own;
// empty is its own.
func (c *Client) Refresh(ctx context.Context, region llm.Region) (out console.Refreshed, err error) {
	err = c.Post(ctx, console.RefreshPath, console.Filter{Region: region}.Query(), &out)
	return out, err
}

// Overview is how things are now.
func (c *Client) Overview(ctx context.Context) (out console.Overview, err error) {
	err = c.Get(ctx, console.OverviewPath, nil, &out)
	return out, err
}
