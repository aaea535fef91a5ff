package demo

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// account is an emulated account of its own, on a loopback address of its own.
type account struct {
	emulator *emulator.Emulator
	server   *http.Server
	listener net.Listener
}

// newAccount listens for an account with the quota of the options. It takes
// any credentials. Serve must be called to answer, and closes the listener.
func newAccount(ctx context.Context, o Options) (*account, error) {
	e, err := emulator.New(emulator.Config{
		Accounts: []emulator.Account{{
			ID: emulator.DefaultAccount,
			Quotas: []emulator.Quota{{
				Model: string(model), Path: string(llm.PathGeo),
				RequestsPerMinute: new(int64(o.RequestsPerMinute)), TokensPerMinute: new(int64(tokensPerMinute)),
			}},
		}},
		Region: region, TimeScale: o.TimeScale, Seed: o.Seed,
	})
	if err != nil {
		return nil, err
	}
	ln, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	server := emulator.Server(e.Handler())
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	return &account{emulator: e, server: server, listener: ln}, nil
}

// close stops listening, also when nobody served.
func (a *account) close() {
	_ = a.server.Close()   // nothing is under way any more
	_ = a.listener.Close() // closed already if it was served
}

// serve answers until ctx ends. What is under way then is cut off.
func (a *account) serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = a.server.Close() })
	defer stop()
	if err := a.server.Serve(a.listener); ctx.Err() == nil {
		return err
	}
	return nil
}

// url is where the account is reached.
func (a *account) url() string { return "http://" + a.listener.Addr().String() }

// stats is what the emulator has counted in the pool that the agents use.
func (a *account) stats() emulator.PoolStats {
	return a.emulator.Stats().Pool(emulator.DefaultAccount, region, model, llm.PathGeo)
}

// listen takes any free port of loopback.
func listen(ctx context.Context) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
}
