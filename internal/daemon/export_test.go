package daemon

import (
	"context"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/ledger"
)

// FilerOf is a Filer with the account's journal that asks another than its AWS.
func (a *Account) FilerOf(s filing.Source) *filing.Filer { return filing.New(s, filings{a.Ledger}) }

// API is the gateway's own API.
func (g *Gateway) API() *console.Console { return g.console }

// Keep writes calls and events as if there had been some.
func (g *Gateway) Keep(ctx context.Context, calls []ledger.Entry, events ...ledger.Event) error {
	for _, e := range events {
		if _, err := g.store.RecordEvent(ctx, e); err != nil {
			return err
		}
	}
	return g.store.Append(ctx, calls)
}
