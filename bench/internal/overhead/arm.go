package overhead

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// The arms that are this program in a role.
const (
	Direct   = "direct"
	Proxy    = "proxy"
	Headgate = "headgate"
)

// Arm is one way to the upstream: a process, and how to call it.
type Arm struct {
	Name string
	// base is its address.
	base string
	// upstream is where it sends calls, when that is said with each of them.
	upstream string
	// openAI says that it speaks OpenAI's dialect in place of Bedrock's.
	openAI bool
	cmd    *exec.Cmd
}

// Arms are those of one run. Close ends their processes.
type Arms struct {
	All    []*Arm
	cancel context.CancelFunc
}

// Close ends the processes and waits for them.
func (a *Arms) Close() {
	a.cancel()
	for _, arm := range a.All {
		_ = arm.cmd.Wait() // it was told to end
	}
}

// Start starts a process for the upstream and for each proxy. With dir, the
// folder that pins Portkey, it starts Portkey too; where that cannot be had,
// skipped says why.
func Start(ctx context.Context, dir string) (arms *Arms, skipped, err error) {
	ctx, cancel := context.WithCancel(ctx)
	arms = &Arms{cancel: cancel}
	upstream := ""
	for _, role := range []string{Direct, Proxy, Headgate} {
		arm, err := startRole(ctx, role, upstream)
		if err != nil {
			arms.Close()
			return nil, nil, fmt.Errorf("start %s: %w", role, err)
		}
		if role == Direct {
			upstream = arm.base
		}
		arms.All = append(arms.All, arm)
	}
	if dir == "" {
		return arms, nil, nil
	}
	portkey, err := startPortkey(ctx, dir)
	if err != nil {
		return arms, err, ctx.Err()
	}
	portkey.upstream = upstream
	arms.All = append(arms.All, portkey)
	return arms, nil, nil
}

// startRole runs this program again in a role, and reads its address.
func startRole(ctx context.Context, role, upstream string) (*Arm, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self) //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), RoleVariable+"="+role, upstreamVariable+"="+upstream)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, cmd.Wait())
	}
	return &Arm{Name: role, base: strings.TrimSpace(line), cmd: cmd}, nil
}
