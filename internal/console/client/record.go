package client

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// Calls are a page of those that q selects, as a ledger.Reader has them.
func (c *Client) Calls(ctx context.Context, q ledger.Query) (out console.Calls, err error) {
	err = c.Get(ctx, console.CallsPath, selected(q), &out)
	return out, err
}

// Call is one call; kind NotFound when there is none.
func (c *Client) Call(ctx context.Context, id llm.CallID) (out console.Call, err error) {
	err = c.Get(ctx, console.CallsPath+"/"+segment(string(id)), nil, &out)
	return out, err
}

// Explanation is one call in words; kind NotFound when there is none.
func (c *Client) Explanation(ctx context.Context, id llm.CallID) (out console.Explained, err error) {
	err = c.Get(ctx, console.CallsPath+"/"+segment(string(id))+"/explanation", nil, &out)
	return out, err
}

// Runs are a page of those that q selects, as a ledger.Reader has them.
func (c *Client) Runs(ctx context.Context, q ledger.Query) (out console.Runs, err error) {
	err = c.Get(ctx, console.RunsPath, selected(q), &out)
	return out, err
}

// Run is one run with its calls; kind NotFound when there is none. With an empty
// tenant it is the newest of that id.
func (c *Client) Run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (out console.WholeRun, err error) {
	err = c.Get(ctx, console.RunsPath+"/"+segment(string(id)), given(map[string]string{"tenant": string(tenant)}), &out)
	return out, err
}

// Costs are what the calls that q selects cost. Days begin in a zone by its name of
// the IANA's or its offset; empty is the gateway's own, and q's is not sent.
func (c *Client) Costs(ctx context.Context, q ledger.CostQuery, zone string) (out console.Costs, err error) {
	err = c.Get(ctx, console.CostsPath, given(map[string]string{
		"by": string(q.By), "since": instant(q.Since), "until": instant(q.Until), "tenant": string(q.Tenant), "model": q.Model,
		"limit": number(q.Limit), "zone": zone,
	}), &out)
	return out, err
}

func selected(q ledger.Query) url.Values {
	return given(map[string]string{
		"since": instant(q.Since), "until": instant(q.Until), "tenant": string(q.Tenant), "run": string(q.Run), "outcome": string(q.Outcome),
		"model": q.Model, "limit": number(q.Limit), "before": string(q.Before), "after": string(q.After),
	})
}

// given are the parameters that are not empty.
func given(parameters map[string]string) url.Values {
	out := url.Values{}
	for name, value := range parameters {
		if value != "" {
			out.Set(name, value)
		}
	}
	return out
}

// segment is a name as one part of a path, whatever it is: that of a run may be "..".
func segment(name string) string {
	if strings.Trim(name, ".") == "" {
		return strings.ReplaceAll(name, ".", "%2E")
	}
	return url.PathEscape(name)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
