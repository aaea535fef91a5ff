package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the binary was made from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// buildInfo reads what the Go tool stamped into the binary. A binary built
// from a checkout without a tag has the version that Go derives from the
// commit, or "devel".
func buildInfo() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

func newVersionCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "What this binary was made from",
		Example: "headgate version\nheadgate version -o json",
		Args:    exactly(),
	}
	out := newOutput(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		b := buildInfo()
		return out.print(a, b, func(s *screen) {
			s.line("headgate %s (%s, %s)", b.Version, b.Go, b.Platform)
		})
	}
	return cmd
}
