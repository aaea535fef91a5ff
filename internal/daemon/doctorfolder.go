package daemon

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// mostEnvFile bounds what is read of a file of environment variables.
const mostEnvFile = 1 << 20

// readEnvFile reads the file; nil for no name.
func readEnvFile(name string, cat *catalog.Catalog) (*diagnosis.Env, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // none was named
	}
	info, err := os.Stat(name)
	if err == nil && (info.IsDir() || info.Size() > mostEnvFile) {
		return nil, fault.New(fault.Invalid, "%s is no file of environment variables", name)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name) //nolint:gosec // the operator names the file
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, "there is no file %s", name)
	case err != nil:
		return nil, &fault.Error{Kind: fault.Denied, Message: name + " cannot be read", Err: err}
	}
	return diagnosis.ReadEnv(name, data, cat), nil
}

// folder looks whether the data folder can be written to, and at its disk.
func (d *doctor) folder(context.Context) (func(), error) {
	out := diagnosis.Folder{Path: d.cfg.DataDir}
	if filepath.Ext(out.Path) == ".db" {
		out.Path = filepath.Dir(out.Path)
	}
	at, why := writable(out.Path)
	out.Unwritable = why
	out.Free, out.Size = diskRoom(at)
	return func() {
		out.Database = d.facts.Folder.Database
		d.facts.Folder = out
	}, nil
}

// writable makes a file in a folder, and takes it away; where there is no folder
// yet, in the nearest one above it. It returns where it tried, and why not.
func writable(dir string) (at, why string) {
	at = dir
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return at, at + " is a file"
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	f, err := os.CreateTemp(at, ".headgate-doctor-*")
	if err != nil {
		if p, ok := errors.AsType[*fs.PathError](err); ok {
			err = p.Err
		}
		return at, "a file cannot be made in " + at + ": " + err.Error()
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return at, ""
}

// record reads what a gateway has written.
func (d *doctor) record(ctx context.Context) (func(), error) {
	store, err := sqlitestore.Open(ctx, d.cfg.DataDir, sqlitestore.Options{ReadOnly: true})
	if err != nil {
		kind := fault.KindOf(err)
		if kind == fault.NotFound {
			return nil, errors.New("there is no record of calls in " + d.cfg.DataDir)
		}
		return func() { d.facts.Folder.Database = fault.Message(err) }, err
	}
	defer store.Close()
	var read diagnosis.Facts
	if err := d.read(ctx, store, &read); err != nil {
		return nil, err
	}
	return func() {
		f := d.facts
		f.Kept, f.Routes, f.Minutes, f.Denials, f.Failed = read.Kept, read.Routes, read.Minutes, read.Denials, read.Failed
	}, nil
}

// read fills in what the ledger tells.
func (d *doctor) read(ctx context.Context, store *sqlitestore.Store, f *diagnosis.Facts) error {
	since, region := d.facts.Now.Add(-d.opts.Window), d.facts.Region
	kept, err := store.Snapshots(ctx)
	if err != nil {
		return err
	}
	f.Kept, _ = newSnapshots(d.facts.Catalog, kept).of(llm.Pool{Region: region})
	routes, err := store.Routes(ctx, ledger.UseQuery{Since: since})
	if err != nil {
		return err
	}
	f.Routes = routesOf(routes)
	width := time.Duration(float64(time.Minute) / max(1, d.cfg.TimeScale))
	minutes, err := store.Intervals(ctx, ledger.UseQuery{Since: since, Width: width})
	if err != nil {
		return err
	}
	for _, m := range minutes {
		if m.Throttled > 0 {
			f.Minutes = append(f.Minutes, diagnosis.Minute{Pool: m.Pool, Start: m.Start, Attempts: m.Attempts, Throttled: m.Throttled, Held: m.Held, Settled: m.Settled})
		}
	}
	denied, _, err := store.Calls(ctx, ledger.Query{Since: since, Outcome: ledger.Denied, Limit: ledger.MaxLimit})
	if err != nil {
		return err
	}
	f.Denials = denialsOf(denied)
	f.Failed, err = lastFailure(ctx, store, region)
	return err
}

// routesOf are the routes of all tenants together.
func routesOf(all []ledger.Route) []diagnosis.Route {
	type key struct {
		pool   llm.Pool
		id     string
		op     llm.Operation
		client string
	}
	index := map[key]int{}
	var out []diagnosis.Route
	for _, r := range all {
		k := key{r.Pool, r.ModelID, r.Operation, r.Client}
		i, known := index[k]
		if !known {
			i = len(out)
			index[k] = i
			out = append(out, diagnosis.Route{Pool: r.Pool, ModelID: r.ModelID, Operation: r.Operation, Client: r.Client})
		}
		to := &out[i]
		to.Calls += r.Calls
		to.Unset += r.Unset
		to.MaxTokens += r.MaxTokens
		to.MostOutput = max(to.MostOutput, r.MostOutput)
		to.Usage.Input += r.Usage.Input
		to.Usage.Output += r.Usage.Output
		to.Usage.CacheRead += r.Usage.CacheRead
		to.Usage.CacheWrite += r.Usage.CacheWrite
		to.ClientAttempts = max(to.ClientAttempts, r.ClientAttempts)
		to.Repeats += r.Repeats
	}
	return out
}

// denialsOf are the calls that Bedrock denied, by operation and model. Calls are
// newest first.
func denialsOf(calls []ledger.Entry) []diagnosis.Denial {
	var out []diagnosis.Denial
next:
	for _, c := range calls {
		if c.Attempts == 0 {
			continue // Headgate's own refusal
		}
		for i := range out {
			if out[i].Operation == c.Operation && out[i].ModelID == c.ModelID {
				out[i].Calls++
				continue next
			}
		}
		out = append(out, diagnosis.Denial{Operation: c.Operation, ModelID: c.ModelID, Calls: 1, Last: c.Time, Message: cmp.Or(c.ErrorMessage, c.ErrorKind)})
	}
	return out
}

// lastFailure is since when a gateway could not ask AWS; zero when it has been
// able to since.
func lastFailure(ctx context.Context, store *sqlitestore.Store, region llm.Region) (diagnosis.Failed, error) {
	failed, err := store.Events(ctx, ledger.EventQuery{Kind: ledger.EventDiscoveryFailed, Region: region, Limit: 1})
	if err != nil || len(failed) == 0 {
		return diagnosis.Failed{}, err
	}
	back, err := store.Events(ctx, ledger.EventQuery{Kind: ledger.EventDiscoveryBack, Region: region, Limit: 1})
	if err != nil || len(back) > 0 && back[0].ID > failed[0].ID {
		return diagnosis.Failed{}, err
	}
	return diagnosis.Failed{At: failed[0].Time, Text: failed[0].Text}, nil
}

// endpointSetting names what sets the address of the upstream; empty when it is
// the usual one.
func endpointSetting(cfg config.Config) string {
	if cfg.Upstream.EndpointURL != "" || cfg.Upstream.Kind == config.UpstreamEmulator {
		return "upstream.endpoint_url"
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"} {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// addressOf is host:port of an address.
func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text
}
