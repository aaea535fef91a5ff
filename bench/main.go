// Command bench measures Headgate and writes down what it found: the rows in
// bench/results.json, the report in bench/README.md with its charts, and two
// blocks of the project's README. Its manual is `go run ./bench -help`.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/headgate/headgate/bench/internal/overhead"
	"github.com/headgate/headgate/bench/internal/suites"
)

// The exit codes.
const (
	exitOK = iota
	// exitFailed: a suite failed, a target was missed with -strict, or a check found
	// differences.
	exitFailed
	exitUsage
	exitInterrupted = 128 + int(syscall.SIGINT)
)

func main() { os.Exit(start()) }

func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks to end; a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	if role := os.Getenv(overhead.RoleVariable); role != "" {
		if err := overhead.Serve(ctx, role); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			return exitFailed
		}
		return exitOK
	}
	root, err := moduleRoot()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return exitFailed
	}
	return run(ctx, root, suites.All(), os.Args[1:], os.Stdout, os.Stderr)
}

// run is the whole command on the suites of all, and gives the exit code.
func run(ctx context.Context, root string, all []suites.Suite, args []string, stdout, stderr io.Writer) int {
	o, err := parse(all, args, stdout)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "bench: error:", err)
		fmt.Fprintln(stderr, "bench: hint: go run ./bench -help lists the flags, -list the suites")
		return exitUsage
	case o.help:
		return exitOK
	case o.list:
		list(stdout, all)
		return exitOK
	}
	f, err := newFrame(root, all, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "bench: error:", err)
		return exitFailed
	}
	if o.check {
		return f.check(ctx)
	}
	return f.measure(ctx)
}
