package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// The models that are called: busy's limit is above what it is asked for, tight's is
// below, so that its calls wait and some are refused.
const (
	busy  = "anthropic.claude-haiku-4-5-20251001-v1:0"
	tight = "amazon.nova-pro-v1:0"
)

// configuration is that of the gateway. Time is real: under a time scale use is not
// read from the sums by minute, and pages would be slower than those of a gateway.
const configuration = `listen: %s
data_dir: %s
upstream: {kind: emulator, region: us-east-1, endpoint_url: "http://%s"}
queue: {max_wait: 10s}
quotas:
  source: static
  pools:
    - {region: us-east-1, model: "` + busy + `", path: geo, requests_per_minute: 100000, tokens_per_minute: 1000000000}
    - {region: us-east-1, model: "` + tight + `", path: on-demand, requests_per_minute: 180}
`

// parts are the processes that are measured.
type parts struct {
	gateway string // its base URL
	pid     int    // of the gateway
	all     []*exec.Cmd
	stderr  said
}

// said keeps the first of what the parts say; it is safe for concurrent use.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text.Len() < 16<<10 {
		s.text.Write(p)
	}
	return len(p), nil
}

// start builds headgate, runs its emulator and a gateway before it, and waits until
// that is ready.
func start(ctx context.Context, dir string) (*parts, error) {
	program := filepath.Join(dir, "headgate")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/headgate") //nolint:gosec // this very module
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w: %s", err, out)
	}
	gateway, err := free(ctx)
	if err != nil {
		return nil, err
	}
	emulator, err := free(ctx)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "headgate.yaml")
	text := fmt.Sprintf(configuration, gateway, filepath.Join(dir, "data"), emulator)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p := &parts{gateway: "http://" + gateway}
	if _, err := p.run(ctx, program, "emulator", "--listen", emulator, "--preset", "none", "--first-token", "50ms", "--per-token", "0"); err != nil {
		return nil, err
	}
	if p.pid, err = p.run(ctx, program, "serve", "--config", file); err == nil {
		err = p.await(ctx)
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%w\n%s", err, p.said())
	}
	return p, nil
}

// run starts one of the parts.
func (p *parts) run(ctx context.Context, program string, args ...string) (pid int, err error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // what was just built
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=soak", "AWS_SECRET_ACCESS_KEY=soak")
	cmd.Stderr = &p.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	p.all = append(p.all, cmd)
	return cmd.Process.Pid, nil
}

// await waits until the gateway is ready.
func (p *parts) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if _, err := get(ctx, http.DefaultClient, p.gateway+"/readyz"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("the gateway is not ready after 30 s")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the parts, the gateway first.
func (p *parts) stop() {
	for i := range p.all {
		cmd := p.all[len(p.all)-1-i]
		_ = cmd.Process.Kill() // nothing of it is needed any more
		_ = cmd.Wait()
	}
}

func (p *parts) said() string {
	p.stderr.mu.Lock()
	defer p.stderr.mu.Unlock()
	return p.stderr.text.String()
}

// free is an address that nobody listens on.
func free(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
