package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

const (
	// DefaultFile is read from the working folder when no file is named.
	DefaultFile = "headgate.yaml"
	// fileVariable names the file when no flag does.
	fileVariable   = "HEADGATE_CONFIG"
	variablePrefix = "HEADGATE_"
	// largestFile bounds what is read: a configuration of 1,000 pools has 200 KB.
	largestFile = 4 << 20
)

// Options says where a configuration is read from.
type Options struct {
	// File is the configuration file; it must exist. Empty: the one that
	// HEADGATE_CONFIG names, else headgate.yaml in Dir if there is one.
	File string
	// Dir is the folder of the default file. Empty: the working folder.
	Dir string
	// Env is the environment as os.Environ gives it; nil is an empty one.
	Env []string
	// Flags are the flags that were given, by the path of their key
	// ("queue.max_wait"; "queue.max-wait" is the same). Lists are separated by
	// commas; a list of sections is YAML: [{name: a}, {name: b}].
	Flags map[string]string
}

// Load reads, merges and validates a configuration, and says where each value
// comes from. Its error is an *Error with every problem, of kind Invalid; a
// file that is not there is of kind NotFound.
func Load(opts Options) (Config, Origins, error) {
	cfg, origins := Default(), Origins{}
	env := environment(opts.Env)
	name, data, err := readFile(opts, env)
	if err != nil {
		return Config{}, nil, err
	}
	var problems []Problem
	if data != nil {
		d := fileDecoder(name, origins)
		d.decode(data, reflect.ValueOf(&cfg).Elem(), "")
		problems = append(problems, d.problems...)
	}
	problems = append(problems, applyEnv(&cfg, origins, env)...)
	problems = append(problems, applyFlags(&cfg, origins, opts.Flags)...)
	// What could not be read is reported once, not again for what it left behind.
	unread := map[string]bool{}
	for _, p := range problems {
		unread[p.Key] = true
	}
	cfg.fill(origins)
	for _, p := range cfg.Problems() {
		if !unread[p.Key] {
			p.Where = origins.Of(p.Key).Where
			problems = append(problems, p)
		}
	}
	if err := asError(problems); err != nil {
		return Config{}, nil, err
	}
	return cfg, origins, nil
}

// readFile finds and reads the file. No file at all is nil data and no error.
func readFile(opts Options, env map[string]string) (name string, data []byte, err error) {
	name = opts.File
	if name == "" {
		name = env[fileVariable]
	}
	explicit := name != ""
	path := name
	if !explicit {
		name, path = DefaultFile, filepath.Join(opts.Dir, DefaultFile)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !explicit:
		return name, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, fault.New(fault.NotFound,
			"there is no configuration file %s; make one with `headgate config show -o yaml > %s`, or leave --config out to run with defaults", name, name)
	case err == nil && info.IsDir():
		return "", nil, fault.New(fault.Invalid, "%s is a folder; name the file in it, such as %s", name, filepath.Join(name, DefaultFile))
	case err == nil && info.Size() > largestFile:
		return "", nil, fault.New(fault.Invalid, "%s has %d bytes; a configuration has at most %s", name, info.Size(), ByteSize(largestFile))
	}
	data, err = os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", nil, fault.New(fault.Invalid, "the configuration file %s cannot be read: %s", name, reason(err))
	}
	if data == nil {
		data = []byte{}
	}
	return name, data, nil
}

// reason is what the operating system said, without the path that the message
// already has.
func reason(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err.Error()
	}
	return err.Error()
}

// environment picks our variables out of an environment; the last one of a
// name counts.
func environment(env []string) map[string]string {
	out := map[string]string{}
	for _, pair := range env {
		if name, value, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, variablePrefix) {
			out[name] = value
		}
	}
	return out
}

// applyEnv sets what variables say. A variable that nearly has the name of one
// of ours is a problem; any other is not ours: Kubernetes gives every pod
// HEADGATE_SERVICE_HOST and its like when there is a service of our name.
func applyEnv(cfg *Config, origins Origins, env map[string]string) []Problem {
	var problems []Problem
	known := []string{fileVariable}
	for key, field := range leaves(reflect.ValueOf(cfg).Elem(), "") {
		name := Variable(key)
		known = append(known, name)
		if value, ok := env[name]; ok && value != "" {
			problems = append(problems, apply(field, key, value, SourceEnv, name, origins)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if slices.Contains(known, name) {
			continue
		}
		for _, ours := range known {
			if distance(name, ours) <= 2 {
				problems = append(problems, Problem{Where: name, Text: fmt.Sprintf("unknown variable; did you mean %s?", ours)})
				break
			}
		}
	}
	return problems
}

func applyFlags(cfg *Config, origins Origins, flags map[string]string) []Problem {
	var problems []Problem
	fields := maps.Collect(leaves(reflect.ValueOf(cfg).Elem(), ""))
	for _, flag := range slices.Sorted(maps.Keys(flags)) {
		key := strings.ReplaceAll(flag, "-", "_")
		where := "--" + strings.ReplaceAll(flag, "_", "-")
		field, ok := fields[key]
		if !ok {
			problems = append(problems, Problem{Key: key, Where: where, Text: "unknown key" + suggestion(key, "", Keys())})
			continue
		}
		problems = append(problems, apply(field, key, flags[flag], SourceFlag, where, origins)...)
	}
	return problems
}

// apply sets one key from the text of a flag or a variable.
func apply(field reflect.Value, key, value string, source Source, where string, origins Origins) []Problem {
	d := valueDecoder(source, where, origins)
	if field.Kind() == reflect.Slice {
		if list := strings.TrimSpace(value); !strings.HasPrefix(list, "[") && field.Type().Elem().Kind() != reflect.Struct {
			value = "[" + quoteItems(list) + "]"
		}
		d.decode([]byte(value), field, key)
		return d.problems
	}
	if err := setText(field, value); err != nil {
		return []Problem{{Key: key, Where: where, Text: err.Error()}}
	}
	origins[key] = Origin{Source: source, Where: where}
	return nil
}

// quoteItems turns a,b into 'a','b': YAML of a flow list.
func quoteItems(list string) string {
	if list == "" {
		return ""
	}
	items := strings.Split(list, ",")
	for i, item := range items {
		items[i] = "'" + strings.ReplaceAll(strings.TrimSpace(item), "'", "''") + "'"
	}
	return strings.Join(items, ",")
}

// fill sets what follows from other values, and gives it their origin.
func (c *Config) fill(origins Origins) {
	if c.Upstream.Kind == UpstreamEmulator && c.Upstream.EndpointURL == "" {
		c.Upstream.EndpointURL = EmulatorURL
		origins["upstream.endpoint_url"] = origins.Of("upstream.kind")
	}
	region := func(key string, r *llm.Region) {
		if *r == "" && c.Upstream.Region != "" {
			*r = c.Upstream.Region
			origins[key+".region"] = origins.Of("upstream.region")
		}
	}
	for i := range c.Quotas.Pools {
		region(index("quotas.pools", i), &c.Quotas.Pools[i].Region)
	}
	for i := range c.Quotas.Accounts {
		region(index("quotas.accounts", i), &c.Quotas.Accounts[i].Region)
	}
}
