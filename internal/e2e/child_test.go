package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator"
)

// childVariable is the environment variable that makes this test binary a
// gateway: its value is a childSpec in JSON.
const childVariable = "HEADGATE_E2E_CHILD"

// childSpec says which gateway a child is.
type childSpec struct {
	Scale    float64          `json:"scale"`
	Quotas   []emulator.Quota `json:"quotas"`
	Upstream string           `json:"upstream"`
	Dir      string           `json:"dir"`
	// DrainDelay is drain.delay, in nominal time.
	DrainDelay time.Duration `json:"drain_delay"`
}

// runChild is a gateway in a process of its own. It prints its address once it
// listens, and ends in order on SIGTERM.
func runChild(text string) error {
	var spec childSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg := baseConfig(spec.Scale, spec.Quotas, spec.Upstream, spec.Dir)
	cfg.Drain.Delay = config.Duration(spec.DrainDelay)
	g, err := daemon.NewGateway(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, g.Close())
	}
	fmt.Println("http://" + ln.Addr().String())
	return errors.Join(g.Run(ctx, ln), g.Close())
}

// child is a gateway in another process.
type child struct {
	cmd *exec.Cmd
	url string
}

// startChild starts a gateway and returns when it listens. It is killed at the
// end of the test if it still runs then.
func startChild(t *testing.T, spec childSpec) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self)
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd}
	t.Cleanup(func() { c.kill(t) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the gateway did not start: %v", err)
	}
	c.url = strings.TrimSpace(line)
	return c
}

// kill ends the process without a word to it, as kill -9 does.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if c.cmd.ProcessState != nil {
		return
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Errorf("kill the gateway: %v", err)
	}
	_ = c.cmd.Wait() // says that it was killed
}

// terminate asks the process to end.
func (c *child) terminate(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("signal the gateway: %v", err)
	}
}

// wait returns when the process has ended by itself.
func (c *child) wait(t *testing.T) {
	t.Helper()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the gateway ended with %v, want no error", err)
	}
}
