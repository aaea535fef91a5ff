package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
)

// DoctorOptions is what a diagnosis looks at beside a configuration.
type DoctorOptions struct {
	// EnvFile is a file of environment variables; empty: none.
	EnvFile string
	// Window is how far back traffic is looked at. Required.
	Window time.Duration
	// Gateway asks the running gateway, and says how far its clock is behind this
	// machine's. Nil: it is not asked.
	Gateway func(ctx context.Context) (g diagnosis.Gateway, behind time.Duration, err error)
	// Slow is told what takes longer than a second, one at a time. May be nil.
	Slow func(what string)
	// Patience bounds each question; zero: 20 seconds.
	Patience time.Duration
}

const doctorPatience = 20 * time.Second

// Diagnose asks AWS, the data folder and the gateway what there is to know, side
// by side, and says what is wrong. It changes nothing, neither at AWS nor on disk.
// What cannot be asked is named in the report. Errors are those of the
// configuration's catalog files and of EnvFile.
func Diagnose(ctx context.Context, cfg config.Config, o DoctorOptions) (diagnosis.Report, error) {
	if o.Patience == 0 {
		o.Patience = doctorPatience
	}
	f := diagnosis.Facts{
		Now: time.Now().UTC(), Region: cfg.Upstream.Region, Profile: cfg.Upstream.Profile, Window: o.Window, Attempts: 1 + len(cfg.Retry.Schedule),
	}
	var err error
	if f.Catalog, err = loadCatalog(cfg.Catalog); err != nil {
		return diagnosis.Report{}, err
	}
	if f.Env, err = readEnvFile(o.EnvFile, f.Catalog); err != nil {
		return diagnosis.Report{}, err
	}
	if cfg.Quotas.Source != config.QuotasStatic {
		f.Refresh = cfg.Scaled().Quotas.Refresh.Std()
	}
	d := &doctor{cfg: cfg, opts: o, facts: &f}
	d.upstream(ctx)
	for _, p := range inRegion(cfg.Quotas, f.Region).Pools {
		f.Configured = append(f.Configured, p.ID())
	}
	d.ask(ctx, d.questions())
	if err := ctx.Err(); err != nil {
		return diagnosis.Report{}, err
	}
	d.assemble()
	return diagnosis.Examine(f), nil
}

// doctor gathers the facts.
type doctor struct {
	cfg   config.Config
	opts  DoctorOptions
	facts *diagnosis.Facts
	aws   *awsquotas.Client // nil: it cannot be asked
	got   answers
}

// question is one thing to ask. The answer is a function that notes it; it runs
// when no other does, and not at all when it comes too late.
type question struct {
	what   string
	checks []diagnosis.Check // that cannot be made without
	ask    func(ctx context.Context) (note func(), err error)
}

// ask asks all side by side, each with a limit of time of its own.
func (d *doctor) ask(ctx context.Context, all []question) {
	type answer struct {
		of   question
		note func()
		err  error
	}
	answers, slow := make(chan answer, len(all)), make(chan string, len(all))
	for _, q := range all {
		go func() {
			ctx, cancel := context.WithTimeout(ctx, d.opts.Patience)
			defer cancel()
			told := make(chan answer, 1)
			go func() {
				note, err := q.ask(ctx)
				told <- answer{q, note, err}
			}()
			timer := time.AfterFunc(time.Second, func() { slow <- q.what })
			defer timer.Stop()
			select {
			case a := <-told:
				answers <- a
			case <-ctx.Done(): // a disk that hangs does not heed ctx
				answers <- answer{of: q, err: ctx.Err()}
			}
		}()
	}
	for left := len(all); left > 0; {
		select {
		case what := <-slow:
			if d.opts.Slow != nil {
				d.opts.Slow(what)
			}
		case a := <-answers:
			left--
			if a.note != nil {
				a.note()
			}
			if a.err != nil {
				d.unchecked(a.of, a.err)
			}
		}
	}
}

// unchecked names the checks that cannot be made, and why.
func (d *doctor) unchecked(q question, err error) {
	reason := err.Error()
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Message != "" {
		reason = e.Message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		reason = q.what + ": no answer within " + d.opts.Patience.String()
	}
	for _, c := range q.checks {
		d.facts.Unchecked = append(d.facts.Unchecked, diagnosis.Unchecked{Check: c, Reason: reason})
	}
}

// upstream finds the Region, the client for AWS and where calls go, as a gateway
// would.
func (d *doctor) upstream(ctx context.Context) {
	f := d.facts
	f.Upstream.Listen = []string{d.cfg.Listen}
	if d.cfg.AdminListen != "" {
		f.Upstream.Listen = append(f.Upstream.Listen, d.cfg.AdminListen)
	}
	aws, err := bedrockAdapter(ctx, d.cfg)
	if err == nil {
		f.Region = aws.Region()
		if u, err := aws.Endpoint(f.Region); err == nil { //nolint:contextcheck // its rules do no I/O
			f.Upstream.Host, f.Upstream.Setting = addressOf(u), endpointSetting(d.cfg)
		}
		d.aws, err = quotaSource(ctx, d.cfg, f.Region)
	}
	if err != nil {
		d.unchecked(question{checks: []diagnosis.Check{
			diagnosis.Credentials, diagnosis.Permissions, diagnosis.Quotas, diagnosis.Requests, diagnosis.Models, diagnosis.Clocks, diagnosis.Others, diagnosis.Loop,
		}}, err)
	}
}

// questions are those that can be asked.
func (d *doctor) questions() []question {
	all := []question{
		{"the data folder", []diagnosis.Check{diagnosis.Storage}, d.folder},
		{"the record of calls", []diagnosis.Check{diagnosis.MaxTokens, diagnosis.Retries, diagnosis.Repeats, diagnosis.Throttles}, d.record},
	}
	if d.opts.Gateway != nil {
		all = append(all, question{"the gateway", []diagnosis.Check{diagnosis.Server, diagnosis.Discovery}, d.gateway})
	}
	if d.aws != nil {
		all = append(all, d.awsQuestions(d.facts.Region)...)
		all = append(all, question{"CloudWatch", []diagnosis.Check{diagnosis.Others}, d.everyone})
	}
	return all
}

// gateway asks the one that runs.
func (d *doctor) gateway(ctx context.Context) (func(), error) {
	g, behind, err := d.opts.Gateway(ctx)
	if err != nil {
		return nil, err
	}
	return func() {
		d.facts.Gateway = g
		switch {
		case g.Running:
			d.got.gatewayBehind = &behind
		case d.facts.Refresh > 0:
			d.unchecked(question{checks: []diagnosis.Check{diagnosis.Discovery}}, errors.New("no gateway runs that would discover"))
		}
	}, nil
}

// GatewayFacts are what a running gateway's limits tell a diagnosis of it.
func GatewayFacts(q console.Quotas) diagnosis.Gateway {
	g := diagnosis.Gateway{Running: true, Version: q.Version, Ours: Version()}
	for _, l := range q.Quotas {
		if l.Status == console.StatusLearned || l.Effective < l.Applied {
			g.Learned = append(g.Learned, diagnosis.Learned{Pool: l.Pool, Limit: l.Limit, Applied: l.Applied, Effective: l.Effective, Why: l.Why})
		}
	}
	if !q.Started.IsZero() {
		g.Up = q.Time.Sub(q.Started)
	}
	return g
}
