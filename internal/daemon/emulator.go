package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Preset names the quotas of an emulated account.
type Preset string

// The presets.
const (
	// PresetDefault has AWS's default of every model that the catalog knows one
	// for.
	PresetDefault = Preset(emulator.PresetDefault)
	// PresetNew, PresetGuide and PresetZero are the emulator's; see there.
	PresetNew   = Preset(emulator.PresetNew)
	PresetGuide = Preset(emulator.PresetGuide)
	PresetZero  = Preset(emulator.PresetZero)
	// PresetNewAccount has 2 requests and 500,000 tokens a minute for every
	// model, as accounts report that AWS has not raised yet.
	PresetNewAccount Preset = "new-account"
	// PresetNone has no quotas.
	PresetNone Preset = "none"
)

// Presets lists the presets.
func Presets() []Preset {
	return []Preset{PresetDefault, PresetNew, PresetGuide, PresetZero, PresetNewAccount, PresetNone}
}

// The credentials that mean nothing, for an upstream that asks for some and
// believes any.
const (
	EmulatorKey    = "headgate-local"
	EmulatorSecret = "headgate-local-secret"
)

// The limits of PresetNewAccount.
const (
	newAccountRequests = 2
	newAccountTokens   = 500_000
)

// stopTimeout is how long the emulator waits for answers under way when it is
// told to stop. Nothing of value is lost with them.
const stopTimeout = 2 * time.Second

// EmulatorOptions are what can be said about an emulator from outside. The zero
// value is an account with AWS's defaults.
type EmulatorOptions struct {
	Preset Preset
	// Pools have limits of their own, in place of the preset's.
	Pools []config.Pool
	// The limits of every pool, in place of all of the above. Nil: those.
	RequestsPerMinute, TokensPerMinute, TokensPerDay *int64
	// QuotasFile has quotas (YAML) that are laid over the preset's. Of all that
	// fit a pool the most exact holds, of equals the file's.
	QuotasFile string
	// Law is how limits per minute forget, in emulator.Law's text form. DayLaw is
	// how those per day do, in emulator.DayLaw's. A QuotasFile has its own.
	Law, DayLaw string
	// AccountsFile lists accounts with credentials of their own; those that name
	// no quotas have what is said above. Empty: one account that takes any.
	AccountsFile string
	// ScriptFile has answers to give; empty: they are made up.
	ScriptFile string
	Seed       uint64
	TimeScale  float64
	Latency    emulator.Latency
	// ServiceQuotas is how the account's quotas are shown and raised.
	ServiceQuotas emulator.ServiceQuotas
	// Faults are things that go wrong.
	Faults []emulator.Fault
	// Region is the source Region of requests that name none.
	Region llm.Region
	Logger *slog.Logger
}

// Emulator is an offline Bedrock, ready to serve.
type Emulator struct {
	emulator *emulator.Emulator
	quotas   []emulator.Quota
	catalog  *catalog.Catalog
}

// NewEmulator builds an emulator.
// It starts nothing. Options that make no sense are of kind Invalid.
func NewEmulator(opts EmulatorOptions) (*Emulator, error) {
	cat, err := catalog.Default()
	if err != nil {
		return nil, err
	}
	rows, err := quotas(cat, opts)
	if err != nil {
		return nil, err
	}
	accounts, err := accountsOf(opts.AccountsFile, rows, emulator.Preset(opts.Preset).Defaults())
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "make the emulator", err)
	}
	cfg := emulator.Config{
		Accounts: accounts, Region: opts.Region, TimeScale: opts.TimeScale,
		Latency: opts.Latency, Seed: opts.Seed, Logger: opts.Logger, ServiceQuotas: opts.ServiceQuotas, Faults: opts.Faults,
	}
	if opts.ScriptFile != "" {
		if cfg.Script, err = emulator.LoadScript(opts.ScriptFile); err != nil {
			return nil, fault.Wrap(fault.Invalid, "make the emulator", err)
		}
	}
	e, err := emulator.New(cfg)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "make the emulator", err)
	}
	return &Emulator{emulator: e, quotas: rows, catalog: cat}, nil
}

// accountsOf are the accounts of a file, or one that takes any credentials.
func accountsOf(file string, rows []emulator.Quota, defaults map[string]float64) ([]emulator.Account, error) {
	if file == "" {
		return []emulator.Account{{ID: emulator.DefaultAccount, Quotas: rows, Defaults: defaults}}, nil
	}
	accounts, err := emulator.LoadAccounts(file)
	for i := range accounts {
		if a := &accounts[i]; len(a.Quotas) == 0 && a.Preset == "" {
			a.Quotas = rows
			if a.Defaults == nil {
				a.Defaults = defaults
			}
		}
	}
	return accounts, err
}

// quotas are the emulated account's: where several fit a pool, the most exact
// holds, and of equals the last.
func quotas(cat *catalog.Catalog, opts EmulatorOptions) ([]emulator.Quota, error) {
	var law emulator.Law
	if err := law.UnmarshalText([]byte(opts.Law)); err != nil {
		return nil, fault.Wrap(fault.Invalid, "make the emulator", err)
	}
	var day emulator.DayLaw
	if err := day.UnmarshalText([]byte(opts.DayLaw)); err != nil {
		return nil, fault.Wrap(fault.Invalid, "make the emulator", err)
	}
	rows, err := preset(cat, opts.Preset)
	if err != nil {
		return nil, err
	}
	for _, p := range opts.Pools {
		rows = append(rows, emulator.Quota{
			Model: string(p.Model), Path: string(p.Path), Region: string(p.Region),
			RequestsPerMinute: p.RequestsPerMinute, TokensPerMinute: p.TokensPerMinute, TokensPerDay: p.TokensPerDay,
		})
	}
	for i := range rows {
		rows[i].Law, rows[i].DayLaw = law, day
	}
	var own []emulator.Quota
	if opts.QuotasFile != "" {
		if own, err = emulator.LoadQuotas(opts.QuotasFile); err != nil {
			return nil, fault.Wrap(fault.Invalid, "make the emulator", err)
		}
	}
	named := len(rows)
	rows = append(rows, own...)
	for i := range rows {
		override(&rows[i].RequestsPerMinute, opts.RequestsPerMinute)
		override(&rows[i].TokensPerMinute, opts.TokensPerMinute)
		override(&rows[i].TokensPerDay, opts.TokensPerDay)
	}
	// A row of the file without limits says that there are none; elsewhere it
	// says nothing.
	return append(slices.DeleteFunc(rows[:named:named], unlimited), rows[named:]...), nil
}

// preset are the rows of a preset, the general ones first.
func preset(cat *catalog.Catalog, p Preset) ([]emulator.Quota, error) {
	switch p {
	case "":
		return emulator.PresetDefault.Quotas(cat), nil
	case PresetDefault, PresetNew, PresetGuide, PresetZero:
		return emulator.Preset(p).Quotas(cat), nil
	case PresetNewAccount:
		return []emulator.Quota{{RequestsPerMinute: new(int64(newAccountRequests)), TokensPerMinute: new(int64(newAccountTokens))}}, nil
	case PresetNone:
		return []emulator.Quota{{}}, nil
	default:
		return nil, fault.New(fault.Invalid, "there is no preset %q; there are %v", p, Presets())
	}
}

func override(limit **int64, by *int64) {
	if by != nil {
		*limit = by
	}
}

func unlimited(q emulator.Quota) bool {
	return q.RequestsPerMinute == nil && q.TokensPerMinute == nil && q.TokensPerDay == nil
}

// emulatedPaths are the paths that the emulator serves.
func emulatedPaths() []llm.Path { return []llm.Path{llm.PathOnDemand, llm.PathGeo, llm.PathGlobal} }

// Pools are the published quotas in the form in which a gateway in front of the emulator
// is configured with them: one for each pool of a source Region.
func (e *Emulator) Pools(region llm.Region) []config.Pool {
	var pools []config.Pool
	for _, m := range e.catalog.Models() {
		for _, path := range emulatedPaths() {
			if !slices.Contains(m.Paths, path) {
				continue
			}
			pool := config.Pool{Region: region, Model: m.ID, Path: path}
			if i := emulator.QuotaFor(e.quotas, pool.ID()); i >= 0 {
				q := e.quotas[i]
				pool.RequestsPerMinute, pool.TokensPerMinute, pool.TokensPerDay = q.RequestsPerMinute, q.TokensPerMinute, q.TokensPerDay
			}
			if pool.RequestsPerMinute != nil || pool.TokensPerMinute != nil || pool.TokensPerDay != nil {
				pools = append(pools, pool)
			}
		}
	}
	return pools
}

// Run serves on ln until ctx ends, and closes ln. Answers under way then have
// two seconds. A Run that was asked to stop returns nil.
func (e *Emulator) Run(ctx context.Context, ln net.Listener) error {
	server := emulator.Server(e.emulator.Handler())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the emulator: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if server.Shutdown(stop) != nil {
		_ = server.Close() // what is still under way is cut off
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the emulator: %w", err)
	}
	return nil
}
