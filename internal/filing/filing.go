// Package filing asks AWS for higher quotas and follows what becomes of it.
//
// A request is written down before AWS is asked and ended after: what a crash, or an
// answer that was lost, leaves without an end is found again by listing AWS's
// requests, and is never filed twice. Whether AWS would take a request is checked
// before, by package increase.
package filing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Source is AWS. It is safe for concurrent use.
type Source interface {
	Requests(ctx context.Context, region llm.Region) ([]account.Request, error)
	// RequestIncrease is sent once. Errors of kind Invalid, Denied, NotFound and
	// Throttled mean that AWS did not take it; after any other that is not known.
	RequestIncrease(ctx context.Context, region llm.Region, code string, value float64) (account.Request, error)
}

// Journal keeps what is filed, for good before its methods return.
type Journal interface {
	// Begin keeps that a request is about to be made.
	Begin(ctx context.Context, i Intent) (id int64, err error)
	// End keeps what became of it.
	End(ctx context.Context, i Intent, e End) error
	// Open lists the intents of an account and Region that have no end, oldest
	// first.
	Open(ctx context.Context, of llm.AccountID, in llm.Region) ([]Intent, error)
}

// Intent is a request that is about to be made.
type Intent struct {
	ID      int64 // the journal's
	Time    time.Time
	Account llm.AccountID
	Region  llm.Region
	Code    string
	Value   float64
	// Listed says that AWS's requests were listed just before, and Known are the
	// ids of those of the code that there were.
	Listed bool
	Known  []string
}

// End is what became of an intent.
type End struct {
	// Request is the one that AWS took; without an id it took none.
	Request account.Request
	// Found says that it was found by listing, since the answer was lost.
	Found bool
	// Failure says why AWS took none.
	Failure string
}

// Taken reports whether AWS took the request.
func (e End) Taken() bool { return e.Request.ID != "" }

// Resolved is an intent that was found without an end, and its end.
type Resolved struct {
	Intent Intent
	End    End
}

const (
	// skew is how far AWS's clock may be behind ours.
	skew = 5 * time.Minute
	// patience bounds what goes on after the caller has been told to end: a request
	// that is under way is not left half recorded.
	patience = 30 * time.Second
	// settling is how long an intent may be another process's that still files it.
	settling = 2 * patience
)

// Filer files requests. It is safe for concurrent use; of two processes that file
// for one quota, AWS takes one request.
type Filer struct {
	source  Source
	journal Journal
}

// New makes a Filer. It starts nothing.
func New(s Source, j Journal) *Filer { return &Filer{source: s, journal: j} }

// Resolve ends the intents of an account and Region that have no end, by listing
// what AWS has. Nothing is asked where there is none. One of the last minute that
// AWS does not have stays open: it may be under way.
func (f *Filer) Resolve(ctx context.Context, of llm.AccountID, in llm.Region) ([]Resolved, error) {
	open, err := f.journal.Open(ctx, of, in)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	listed, err := f.source.Requests(ctx, in)
	if err != nil {
		return nil, err
	}
	return f.resolve(ctx, open, listed)
}

func (f *Filer) resolve(ctx context.Context, open []Intent, listed []account.Request) ([]Resolved, error) {
	var out []Resolved
	used := map[string]bool{}
	for _, i := range open {
		e := End{Failure: "AWS has no such request: it was not asked, or did not take it", Found: true}
		for _, r := range listed {
			if i.matches(r) && !used[r.ID] {
				e = End{Request: r, Found: true}
				used[r.ID] = true
				break
			}
		}
		if !e.Taken() && time.Since(i.Time) < settling {
			continue
		}
		if err := f.journal.End(ctx, i, e); err != nil {
			return out, err
		}
		out = append(out, Resolved{i, e})
	}
	return out, nil
}

// matches reports whether a request that AWS lists is the one that was about to be
// made.
func (i Intent) matches(r account.Request) bool {
	return r.Code == i.Code && r.Desired == i.Value && !r.Created.Before(i.Time.Add(-skew)) && !slices.Contains(i.Known, r.ID)
}

// File asks AWS for a value of a quota. Its errors are *fault.Error: after one of
// kind Upstream or Timeout whether AWS took the request is not known, and the next
// Resolve finds out. Once AWS is asked, the end of ctx does not stop it.
func (f *Filer) File(ctx context.Context, i Intent) (End, error) {
	i.Time = cmp.Or(i.Time, time.Now().UTC())
	open, err := f.journal.Open(ctx, i.Account, i.Region)
	if err != nil {
		return End{}, err
	}
	open = slices.DeleteFunc(open, func(o Intent) bool { return o.Code != i.Code })
	listed, err := f.source.Requests(ctx, i.Region)
	switch {
	case err != nil && len(open) > 0:
		return End{}, &fault.Error{
			Kind: fault.KindOf(err), Op: "file a request", Err: err,
			Message: "an earlier request for " + i.Code + " has no recorded end, and AWS's requests cannot be listed to see what became of it",
		}
	case err != nil && fault.KindOf(err) != fault.Denied:
		return End{}, err
	case err == nil:
		ended, err := f.resolve(ctx, open, listed)
		if err != nil {
			return End{}, err
		}
		if len(ended) < len(open) {
			return End{}, &fault.Error{
				Kind: fault.Throttled, RetryAfter: settling,
				Message: "a request for " + i.Code + " was begun less than " + settling.String() + " ago and is not ended: another process may be filing it",
			}
		}
		i.Listed = true
		for _, r := range listed {
			if r.Code != i.Code {
				continue
			}
			i.Known = append(i.Known, r.ID)
			if r.Status.Open() {
				return End{}, fault.New(fault.Invalid, "a request for %s is open already: %s", i.Code, r.ID)
			}
		}
	}
	if i.ID, err = f.journal.Begin(ctx, i); err != nil {
		return End{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return f.ask(ctx, i)
}

// ask makes the request that is written down.
func (f *Filer) ask(ctx context.Context, i Intent) (End, error) {
	r, failure := f.source.RequestIncrease(ctx, i.Region, i.Code, i.Value)
	e := End{Request: r}
	if failure != nil {
		refused := false
		switch fault.KindOf(failure) {
		case fault.Denied, fault.NotFound, fault.Throttled:
			refused = true
		case fault.Invalid, fault.Upstream, fault.Timeout, fault.Cancelled, fault.Exhausted, fault.Internal:
			// The answer was lost, or AWS says that the request is there already,
			// which may be this one.
			refused = fault.KindOf(failure) == fault.Invalid
			listed, err := f.source.Requests(ctx, i.Region)
			if err != nil {
				if refused {
					break
				}
				return End{}, unknown(i, errors.Join(failure, err))
			}
			for _, r := range listed {
				if i.matches(r) {
					return End{Request: r, Found: true}, f.journal.End(ctx, i, End{Request: r, Found: true})
				}
			}
		}
		if !refused {
			return End{}, unknown(i, failure)
		}
		return End{}, errors.Join(failure, f.journal.End(ctx, i, End{Failure: fault.Message(failure)}))
	}
	return e, f.journal.End(ctx, i, e)
}

func unknown(i Intent, err error) error {
	return &fault.Error{
		Kind: fault.Upstream, Op: "request an increase", Err: err,
		Message: "whether AWS took the request for " + i.Code + " is not known",
	}
}
