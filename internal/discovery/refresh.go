package discovery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// The parts of a snapshot, and the permission that each needs.
const (
	partQuotas   = "quotas"
	partDefaults = "defaults"
	partRequests = "requests"
	partProfiles = "profiles"
	partModels   = "models"
)

// Refresh is Ask without what has changed.
func (d *Discoverer) Refresh(ctx context.Context) (account.Snapshot, error) {
	r, err := d.Ask(ctx)
	return r.Snapshot, err
}

// turned is one round, whose turn it is. The snapshot is that from before when
// nothing was got.
func (d *Discoverer) turned(ctx context.Context) (Round, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	latest := d.Latest()
	snap, before, err := d.ask(ctx, latest)
	if err != nil {
		d.failure(ctx, latest, err)
		return Round{Snapshot: latest}, err
	}
	d.mu.Lock()
	back := d.failed
	d.latest, d.failed = snap, false
	d.mu.Unlock()
	if back {
		d.record(ctx, snap, Back, "", "AWS answers again", nil)
	}
	if err := d.opts.Store.SaveSnapshot(ctx, snap); err != nil {
		d.opts.Logger.Warn("what AWS said cannot be kept; after a restart it must be asked again", slog.Any("error", err))
	}
	changes := account.Changes(before, snap)
	for _, c := range changes {
		d.change(ctx, snap, c)
	}
	d.opts.OnSnapshot(snap)
	select {
	case d.news <- struct{}{}:
	default: // it is told already
	}
	return Round{Snapshot: snap, Changes: changes}, nil
}

// answers are what one round got.
type answers struct {
	applied, defaults []account.Listed
	requests          []account.Request
	profiles          []account.Profile
	models            []account.Model
	errs              map[string]error
}

// ask asks for all parts side by side. It returns the snapshot before too: latest,
// or that of the account where the credentials are of another.
func (d *Discoverer) ask(ctx context.Context, latest account.Snapshot) (snap, before account.Snapshot, err error) {
	id, err := d.opts.Source.Identity(ctx, d.opts.Region)
	if err != nil {
		return snap, latest, fmt.Errorf("find the account: %w", err)
	}
	got := d.parts(ctx)
	if err := got.errs[partQuotas]; err != nil && len(got.errs) == len(permissions()) {
		return snap, latest, err
	}
	if before = latest; before.Account != id {
		before, _ = d.opts.KnownOf(id)
	}
	snap = account.Snapshot{
		Account: id, Region: d.opts.Region, At: time.Now().UTC(),
		Requests: got.requests, Profiles: got.profiles, Models: got.models,
	}
	slices.SortStableFunc(snap.Requests, func(a, b account.Request) int { return b.Created.Compare(a.Created) })
	// Half of the rows would look like quotas that have gone; where there were none
	// before, half is better than nothing, and Missing says which is not there.
	if (got.errs[partQuotas] != nil || got.errs[partDefaults] != nil) && len(before.Quotas) > 0 {
		snap.Quotas = before.Quotas
	} else {
		snap.Quotas = account.Merge(llm.Pool{Account: id, Region: d.opts.Region}, got.applied, got.defaults, d.opts.Catalog)
	}
	for part, old := range map[string]func(){
		partRequests: func() { snap.Requests = before.Requests },
		partProfiles: func() { snap.Profiles = before.Profiles },
		partModels:   func() { snap.Models = before.Models },
	} {
		if got.errs[part] != nil {
			old()
		}
	}
	for _, p := range permissions() {
		if err := got.errs[p.part]; err != nil {
			snap.Missing = append(snap.Missing, missing(p, err, before))
		}
	}
	return snap, before, nil
}

// parts asks for every part.
func (d *Discoverer) parts(ctx context.Context) answers {
	got := answers{errs: map[string]error{}}
	var mu sync.Mutex // guards got.errs
	var all sync.WaitGroup
	ask := func(part string, question func() error) {
		all.Go(func() {
			if err := question(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				got.errs[part] = err
			}
		})
	}
	s, r := d.opts.Source, d.opts.Region
	ask(partQuotas, func() (err error) { got.applied, err = s.Applied(ctx, r); return err })
	ask(partDefaults, func() (err error) { got.defaults, err = s.Defaults(ctx, r); return err })
	ask(partRequests, func() (err error) { got.requests, err = s.Requests(ctx, r); return err })
	ask(partProfiles, func() (err error) { got.profiles, err = s.Profiles(ctx, r); return err })
	ask(partModels, func() (err error) { got.models, err = s.Models(ctx, r); return err })
	all.Wait()
	return got
}

// permission is what a part needs.
type permission struct{ part, action string }

func permissions() []permission {
	return []permission{
		{partQuotas, "servicequotas:ListServiceQuotas"},
		{partDefaults, "servicequotas:ListAWSDefaultServiceQuotas"},
		{partRequests, "servicequotas:ListRequestedServiceQuotaChangeHistory"},
		{partProfiles, "bedrock:ListInferenceProfiles"},
		{partModels, "bedrock:ListFoundationModels"},
	}
}

func missing(p permission, err error, before account.Snapshot) account.Missing {
	m := account.Missing{Part: p.part, Action: p.action, Denied: fault.KindOf(err) == fault.Denied, Reason: fault.Message(err)}
	m.AsOf = before.At
	if i := slices.IndexFunc(before.Missing, func(o account.Missing) bool { return o.Part == p.part }); i >= 0 {
		m.AsOf = before.Missing[i].AsOf
	}
	return m
}

// failure tells once of a round that got nothing.
func (d *Discoverer) failure(ctx context.Context, before account.Snapshot, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	d.mu.Lock()
	first := !d.failed
	d.failed = true
	d.fails++
	d.mu.Unlock()
	if !first {
		return
	}
	d.opts.Logger.Warn("the account's quotas cannot be asked for: calls go on by what is known, or configured", slog.String("region", string(d.opts.Region)), slog.Time("known_since", before.At), slog.Any("error", err))
	before.Region = d.opts.Region
	d.record(context.WithoutCancel(ctx), before, Failed, "", "AWS cannot be asked: "+fault.Message(err), nil)
}

func (d *Discoverer) change(ctx context.Context, snap account.Snapshot, c account.Change) {
	kind, text := QuotaChanged, fmt.Sprintf("%s (%s): %s is %s, was %s", c.Code, c.Name, c.What, cmp.Or(c.To, "none"), cmp.Or(c.From, "none"))
	if c.What == account.ChangeStatus {
		kind, text = RequestStatus, fmt.Sprintf("the request for %s (%s) is %s, was %s", c.Code, c.Name, c.To, cmp.Or(c.From, "none"))
	}
	d.opts.Logger.Info("a quota has changed", slog.String("what", text))
	d.record(ctx, snap, kind, c.Code, text, c)
}

func (d *Discoverer) record(ctx context.Context, snap account.Snapshot, kind NoteKind, code, text string, data any) {
	e := Note{Time: time.Now(), Kind: kind, Account: snap.Account, Region: snap.Region, Code: code, Text: text}
	var err error
	if data != nil {
		e.Data, err = json.Marshal(data)
	}
	if err == nil {
		err = d.opts.Store.Record(ctx, e)
	}
	if err != nil {
		d.opts.Logger.Warn("an event could not be recorded", slog.String("kind", string(kind)), slog.Any("error", err))
	}
}
