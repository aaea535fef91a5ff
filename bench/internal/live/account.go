package live

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

const (
	region llm.Region  = "us-east-1"
	model  llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
	// profile is the model by its geo path, as clients call it.
	profile = "us." + string(model)
)

// account is an emulated account with a scenario's limits, as they are really
// enforced, on a loopback address of its own.
type account struct {
	emulator *emulator.Emulator
	server   *http.Server
	listener net.Listener
}

func newAccount(ctx context.Context, c Case) (*account, error) {
	s := &c.Scenario
	e, err := emulator.New(emulator.Config{
		Accounts:  []emulator.Account{{ID: emulator.DefaultAccount, Quotas: []emulator.Quota{enforced(s)}}},
		Region:    region,
		TimeScale: c.TimeScale,
		Latency:   emulator.Latency{TimeToFirstToken: s.Latency.FirstToken, PerToken: s.Latency.PerToken},
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

// enforced is the quota of a scenario's limits, which have one law. A hidden part
// holds for all of them.
func enforced(s *sim.Scenario) emulator.Quota {
	q := emulator.Quota{Model: string(model), Path: string(llm.PathGeo)}
	for _, l := range s.Limits {
		switch l.Kind {
		case quota.RequestsPerMinute.String():
			q.RequestsPerMinute = &l.Amount
		case quota.TokensPerMinute.String():
			q.TokensPerMinute = &l.Amount
		}
		q.Law = l.Law
		if l.Hidden.Factor > 0 || len(l.Hidden.Steps) > 0 {
			q.Hidden = &l.Hidden
		}
	}
	return q
}

// serve answers until ctx ends.
func (a *account) serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = a.server.Close() })
	defer stop()
	if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// close stops listening, also when nobody served.
func (a *account) close() {
	_ = a.server.Close()
	_ = a.listener.Close() // closed already if it was served
}

func (a *account) url() string { return "http://" + a.listener.Addr().String() }

// stats is what the account has counted.
func (a *account) stats() emulator.PoolStats {
	return a.emulator.Stats().Pool(emulator.DefaultAccount, region, model, llm.PathGeo)
}

// listen takes any free port of loopback.
func listen(ctx context.Context) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
}
