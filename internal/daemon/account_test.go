package daemon_test

import (
	"context"
	"net"
	"testing"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
)

func TestAnAccountIsAskedWithoutAGatewayAndRemembered(t *testing.T) {
	t.Parallel()
	em, err := daemon.NewEmulator(daemon.EmulatorOptions{Preset: daemon.PresetGuide})
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, em)
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Upstream.Kind, cfg.Upstream.EndpointURL, cfg.Upstream.Region = config.UpstreamEmulator, "http://"+address, "us-east-1"

	first := open(t, cfg)
	if at := first.Latest().At; !at.IsZero() {
		t.Errorf("an account that was never asked was heard at %v", at)
	}
	snap, err := first.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(snap.Quotas) < 100 || snap.Account == "" || len(snap.Missing) > 0 {
		t.Errorf("%d quotas of account %q, missing %v", len(snap.Quotas), snap.Account, snap.Missing)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if again := open(t, cfg).Latest(); !again.At.Equal(snap.At) || len(again.Quotas) != len(snap.Quotas) {
		t.Errorf("what is remembered is of %v with %d quotas, not of %v with %d", again.At, len(again.Quotas), snap.At, len(snap.Quotas))
	}
}

func open(t *testing.T, cfg config.Config) *daemon.Account {
	t.Helper()
	a, err := daemon.OpenAccount(t.Context(), cfg, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// serve runs an emulator until the end of the test.
func serve(t *testing.T, em *daemon.Emulator) (address string) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- em.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}
