package cli

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/internal/config"
)

// settings are the flags that set keys of the configuration. Each key is a
// flag of its own path, --queue.max-wait for queue.max_wait; help shows those
// that a command says are usual.
type settings struct {
	file  string
	flags *pflag.FlagSet
	keys  map[string]string // by the name of the flag
}

// usual describes the flags that help shows.
func usual() map[string]string {
	return map[string]string{
		"listen":                "address, host:port (default 127.0.0.1:8080)",
		"data_dir":              "folder of the ledger and of the limits' state\n(default .headgate)",
		"time_scale":            "run waits and limits so many times faster,\nfor demonstrations and tests (default 1)",
		"insecure":              "allow addresses that other machines can reach",
		"queue.max_wait":        "longest wait before a call is refused (default 10m)",
		"upstream.region":       "source Region\n(default: that of the AWS configuration)",
		"upstream.profile":      "profile of the AWS configuration files",
		"upstream.endpoint_url": "address of Bedrock, when it is not the usual one",
	}
}

// newSettings gives cmd --config and a flag for every key. Those in shown
// appear in its help.
func newSettings(cmd *cobra.Command, shown ...string) *settings {
	s := &settings{flags: cmd.Flags(), keys: map[string]string{}}
	s.flags.StringVar(&s.file, "config", "", "configuration file\n(default headgate.yaml, if there is one)")
	words := usual()
	for _, key := range config.Keys() {
		name := strings.ReplaceAll(key, "_", "-")
		s.keys[name] = key
		s.flags.String(name, "", words[key])
		flag := s.flags.Lookup(name)
		flag.Hidden = !slices.Contains(shown, key)
		if key == "insecure" {
			flag.NoOptDefVal = "true"
		}
	}
	return s
}

// load reads the configuration: flags, then the environment, then the file,
// then defaults.
func (s *settings) load(a *app) (config.Config, config.Origins, error) {
	return s.loadWith(a, nil)
}

// loadWith is load with values of the command itself, which count as flags
// that the user's own flags override.
func (s *settings) loadWith(a *app, given map[string]string) (config.Config, config.Origins, error) {
	flags := maps.Clone(given)
	if flags == nil {
		flags = map[string]string{}
	}
	s.flags.Visit(func(f *pflag.Flag) {
		if key, ok := s.keys[f.Name]; ok {
			flags[key] = f.Value.String()
		}
	})
	return config.Load(config.Options{File: s.file, Env: a.environ, Flags: flags})
}

// region is the source Region that the environment names, as the AWS SDKs
// read it.
func (a *app) region() string {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if value := a.env(name); value != "" {
			return value
		}
	}
	return "us-east-1"
}

// logger writes what a long-running command has to say to standard error: text
// where people read, JSON where it is piped.
func (a *app) logger(level slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if isTerminal(a.err) {
		return slog.New(slog.NewTextHandler(a.err, opts))
	}
	return slog.New(slog.NewJSONHandler(a.err, opts))
}

// warn says something on standard error that is worth knowing and stops
// nothing.
func (a *app) warn(text string) {
	_, _ = a.err.Write([]byte("headgate: warning: " + text + "\n"))
}

// say says something on standard error that people should know.
func (a *app) say(text string) { _, _ = a.err.Write([]byte("headgate: " + text + "\n")) }
