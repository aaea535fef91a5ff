package overhead

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
	"strconv"
	"strings"
	"time"
)

// Portkey is the arm of Portkey's open-source gateway. It takes OpenAI's chat
// requests and makes signed Converse calls of them.
const Portkey = "portkey"

// PortkeyVersion reads the version that dir pins.
func PortkeyVersion(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "package.json")) //nolint:gosec // a file of this project
	if err != nil {
		return "unknown"
	}
	_, rest, _ := strings.Cut(string(text), `"@portkey-ai/gateway": "`)
	version, _, _ := strings.Cut(rest, `"`)
	return version
}

// install makes sure that dir has the packages of its lock file.
func install(ctx context.Context, dir string) error {
	// npm writes its own list last: an install that was cut off has none.
	lock, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	if done, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil && !done.ModTime().Before(lock.ModTime()) {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("npm is not installed")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund") //nolint:gosec // npm, from the path
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, lastLine(out))
	}
	return nil
}

func program() string {
	return filepath.Join("node_modules", "@portkey-ai", "gateway", "build", "start-server.js")
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// startPortkey installs it where it is missing, starts it, and waits until it
// answers.
func startPortkey(ctx context.Context, dir string) (*Arm, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("node is not installed")
	}
	if err := install(ctx, dir); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, node, program(), "--port="+strconv.Itoa(port), "--headless") //nolint:gosec // the pinned package
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "NODE_ENV=production")
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	arm := &Arm{Name: Portkey, base: "http://127.0.0.1:" + strconv.Itoa(port), openAI: true, cmd: cmd}
	if err := answers(ctx, arm.base); err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait(), errors.New(lastLine(said.Bytes())))
	}
	return arm, nil
}

// freePort is a port that nobody listens on. It may be taken until it is used:
// Portkey cannot choose one itself.
func freePort(ctx context.Context) (int, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return 0, errors.Join(err, ln.Close())
	}
	n, err := strconv.Atoi(port)
	return n, errors.Join(err, ln.Close())
}

// answers waits until there is an answer at base.
func answers(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return fmt.Errorf("no answer at %s: %w", base, err)
		}
	}
}
