package cli_test

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/headgate/headgate/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

// scriptsAlongside is how many scripts run for each processor: mostly they wait.
const scriptsAlongside = 4

// TestMain makes the test binary stand in for headgate in the scripts, so that
// they see what a shell sees: exit codes, both streams, signals.
func TestMain(m *testing.M) {
	// Not parsed yet: -parallel on the command line goes before it.
	_ = flag.Set("test.parallel", strconv.Itoa(scriptsAlongside*runtime.GOMAXPROCS(0)))
	testscript.Main(m, map[string]func(){
		"headgate": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                scriptCommands(),
		Setup: func(env *testscript.Env) error {
			// What the machine has configured must not change the outcome.
			env.Setenv("AWS_REGION", "us-east-1")
			env.Setenv("AWS_CONFIG_FILE", env.WorkDir+"/no-aws-config")
			env.Setenv("AWS_SHARED_CREDENTIALS_FILE", env.WorkDir+"/no-aws-credentials")
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			env.Setenv("TZ", "UTC")
			return nil
		},
	})
}
