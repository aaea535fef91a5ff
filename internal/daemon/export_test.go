package daemon

import (
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/filing"
)

// FilerOf is a Filer with the account's journal that asks another than its AWS.
func (a *Account) FilerOf(s filing.Source) *filing.Filer { return filing.New(s, filings{a.Ledger}) }

// API is the gateway's own API.
func (g *Gateway) API() *console.Console { return g.console }
