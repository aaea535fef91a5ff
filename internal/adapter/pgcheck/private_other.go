//go:build !unix

package pgcheck

import (
	"context"

	"github.com/headgate/headgate/internal/fault"
)

// launched is a server that does not run on this system.
type launched struct{ exited chan struct{} }

func launch(context.Context, string) (*launched, error) {
	if _, _, err := programs(); err != nil {
		return nil, err
	}
	return nil, fault.New(fault.Denied, "a private PostgreSQL server is not started on this system: give the address of one")
}

func (*launched) dsn() string { return "" }

func (*launched) stop() error { return nil }
