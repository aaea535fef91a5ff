// Package discovery keeps what AWS says of an account up to date: it asks now and
// then, notices what has changed, and hands the news to whoever adopts it.
//
// Whatever cannot be asked keeps its former answer, with its age. It asks for
// nothing to be changed.
package discovery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Source is AWS. Errors are of kind Denied where a permission is missing. It is
// safe for concurrent use.
type Source interface {
	Identity(ctx context.Context, region llm.Region) (llm.AccountID, error)
	Applied(ctx context.Context, region llm.Region) ([]account.Listed, error)
	Defaults(ctx context.Context, region llm.Region) ([]account.Listed, error)
	Requests(ctx context.Context, region llm.Region) ([]account.Request, error)
	Profiles(ctx context.Context, region llm.Region) ([]account.Profile, error)
	Models(ctx context.Context, region llm.Region) ([]account.Model, error)
}

// Store keeps snapshots and notes for good.
type Store interface {
	SaveSnapshot(ctx context.Context, s account.Snapshot) error
	Record(ctx context.Context, n Note) error
}

// Note is one thing that was noticed of an account.
type Note struct {
	Time    time.Time
	Kind    NoteKind
	Account llm.AccountID
	Region  llm.Region
	Code    string // of the quota; empty when it is about none
	Text    string // one sentence for people
	Data    []byte // a JSON object; nil for none
}

// NoteKind is what was noticed; the ledger keeps it under the same name.
type NoteKind string

// The kinds of note.
const (
	QuotaChanged  NoteKind = "quota.changed"
	RequestStatus NoteKind = "request.status"
	Failed        NoteKind = "discovery.failed" // once for each row of failures
	Back          NoteKind = "discovery.back"
)

// Options are what a Discoverer is made of.
type Options struct {
	Source  Source           // required
	Store   Store            // required
	Catalog *catalog.Catalog // required
	Region  llm.Region       // required
	// Known is the latest snapshot of the Region from before; the zero value when
	// there is none.
	Known account.Snapshot
	// KnownOf finds that of an account, when the credentials turn out to be of
	// another than Known's. Nil: there is none.
	KnownOf func(llm.AccountID) (account.Snapshot, bool)
	// Every is how often AWS is asked, OpenEvery how often while a request is open,
	// or has been approved without its value having come.
	// Zero: 15 minutes, and 10 seconds.
	Every, OpenEvery time.Duration
	// OnSnapshot is called with each new snapshot, one at a time. May be nil.
	OnSnapshot func(account.Snapshot)
	Logger     *slog.Logger // nil: silent
}

// The defaults of Options.
const (
	defaultEvery     = 15 * time.Minute
	defaultOpenEvery = 10 * time.Second
	// patience bounds one round of questions.
	patience = 2 * time.Minute
)

// Discoverer is safe for concurrent use.
type Discoverer struct {
	opts Options

	turn chan struct{} // full while a round is under way
	news chan struct{} // full when there is a snapshot that Run has not seen

	mu     sync.Mutex // guards what follows
	latest account.Snapshot
	failed bool   // the last round got nothing
	fails  uint64 // rounds that got nothing
	next   *round // those wait for it that came since the last one began; nil: nobody
}

// New makes a Discoverer. It starts nothing.
func New(o Options) *Discoverer {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	if o.OpenEvery <= 0 {
		o.OpenEvery = defaultOpenEvery
	}
	if o.OnSnapshot == nil {
		o.OnSnapshot = func(account.Snapshot) {}
	}
	if o.KnownOf == nil {
		o.KnownOf = func(llm.AccountID) (account.Snapshot, bool) { return account.Snapshot{}, false }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Discoverer{opts: o, latest: o.Known, turn: make(chan struct{}, 1), news: make(chan struct{}, 1)}
}

// Region is the one that is asked for.
func (d *Discoverer) Region() llm.Region { return d.opts.Region }

// Latest is the newest snapshot; its At is zero when there is none.
func (d *Discoverer) Latest() account.Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.latest
}

// Failures is how many rounds have got nothing.
func (d *Discoverer) Failures() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fails
}

// Run asks at once, and then at its intervals, until ctx ends. It returns nil. A
// round that gets nothing is repeated sooner, at first after OpenEvery and then
// twice as late each time, up to Every.
func (d *Discoverer) Run(ctx context.Context) error {
	again := d.opts.OpenEvery
	for {
		wait := d.opts.Every
		snap, err := d.Refresh(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		switch {
		case err != nil:
			wait, again = min(again, d.opts.Every), min(2*again, d.opts.Every)
		default:
			again = d.opts.OpenEvery
			if snap.Unsettled(time.Now()) {
				wait = min(d.opts.OpenEvery, d.opts.Every)
			}
		}
		if !d.wait(ctx, wait) {
			return nil
		}
	}
}

// wait waits for the next round, and no longer than OpenEvery from the moment on at
// which somebody else's round finds a request open. False when ctx has ended.
func (d *Discoverer) wait(ctx context.Context, most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	end := time.Now().Add(most)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-d.news:
			snap := d.Latest()
			if now := time.Now(); snap.Unsettled(now) && end.Sub(now) > d.opts.OpenEvery {
				end = now.Add(d.opts.OpenEvery)
				timer.Reset(d.opts.OpenEvery)
			}
		}
	}
}
