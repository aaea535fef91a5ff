package filing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/llm"
)

// errKilled is what the tests end a process with.
var errKilled = errors.New("killed")

// aws takes one open request a quota, as Service Quotas does.
type aws struct {
	requests []account.Request // newest first
	listing  error             // of each listing
	refusal  error             // of each increase
	lost     bool              // the answer to an increase, which is taken
	asked    int
	now      func() time.Time
}

func (s *aws) Requests(context.Context, llm.Region) ([]account.Request, error) {
	return slices.Clone(s.requests), s.listing
}

func (s *aws) RequestIncrease(_ context.Context, _ llm.Region, code string, value float64) (account.Request, error) {
	s.asked++
	if s.refusal != nil {
		return account.Request{}, s.refusal
	}
	for _, r := range s.requests {
		if r.Code == code && r.Status.Open() {
			return account.Request{}, fault.New(fault.Invalid, "ResourceAlreadyExistsException")
		}
	}
	r := account.Request{ID: fmt.Sprintf("r%d", len(s.requests)+1), Code: code, Desired: value, Status: account.StatusPending, Created: s.now()}
	s.requests = slices.Insert(s.requests, 0, r)
	if s.lost {
		return account.Request{}, fault.New(fault.Upstream, "connection reset")
	}
	return r, nil
}

// journal is kept over a kill.
type journal struct {
	intents []filing.Intent
	ends    map[int64]filing.End
	dies    bool // before it keeps an end
}

func (j *journal) Begin(_ context.Context, i filing.Intent) (int64, error) {
	i.ID = int64(len(j.intents)) + 1
	j.intents = append(j.intents, i)
	return i.ID, nil
}

func (j *journal) End(_ context.Context, i filing.Intent, e filing.End) error {
	if j.dies {
		return errKilled
	}
	if _, twice := j.ends[i.ID]; twice {
		return fmt.Errorf("intent %d has ended twice", i.ID)
	}
	j.ends[i.ID] = e
	return nil
}

func (j *journal) Open(context.Context, llm.AccountID, llm.Region) ([]filing.Intent, error) {
	return slices.DeleteFunc(slices.Clone(j.intents), func(i filing.Intent) bool {
		_, ended := j.ends[i.ID]
		return ended
	}), nil
}

var start = time.Now().Add(-time.Hour)

func setup() (*aws, *journal, *filing.Filer) {
	s, j := &aws{now: func() time.Time { return start.Add(time.Second) }}, &journal{ends: map[int64]filing.End{}}
	return s, j, filing.New(s, j)
}

func intent(value float64) filing.Intent {
	return filing.Intent{Time: start, Account: "111122223333", Region: "us-east-1", Code: "L-CCA5DF70", Value: value}
}

func TestARequestIsWrittenDownBeforeAndAfter(t *testing.T) {
	t.Parallel()
	s, j, f := setup()
	s.requests = []account.Request{{ID: "old", Code: "L-CCA5DF70", Desired: 126, Status: account.StatusDenied, Created: start}}
	got, err := f.File(t.Context(), intent(126))
	if err != nil || got.Request.ID != "r2" || got.Found {
		t.Fatalf("File() = %+v, %v", got, err)
	}
	if len(j.intents) != 1 || !j.intents[0].Listed || !slices.Equal(j.intents[0].Known, []string{"old"}) || j.ends[1].Request.ID != "r2" {
		t.Errorf("the journal has %+v, ended %+v", j.intents, j.ends)
	}
	if again, err := f.Resolve(t.Context(), "111122223333", "us-east-1"); err != nil || again != nil {
		t.Errorf("Resolve() = %v, %v: there is nothing to end", again, err)
	}
	if _, err := f.File(t.Context(), intent(200)); fault.KindOf(err) != fault.Invalid || s.asked != 1 {
		t.Errorf("a second request: %v, AWS was asked %d times", err, s.asked)
	}
}

// The process dies after AWS has taken the request and before that is recorded.
func TestAHalfWrittenRequestIsFoundAndNotFiledTwice(t *testing.T) {
	t.Parallel()
	s, j, f := setup()
	j.dies = true
	if _, err := f.File(t.Context(), intent(126)); !errors.Is(err, errKilled) {
		t.Fatalf("File() = %v, want the kill", err)
	}
	j.dies = false
	// The next process.
	f = filing.New(s, j)
	found, err := f.Resolve(t.Context(), "111122223333", "us-east-1")
	if err != nil || len(found) != 1 || found[0].End.Request.ID != "r1" || !found[0].End.Found {
		t.Fatalf("Resolve() = %+v, %v", found, err)
	}
	if s.asked != 1 || len(s.requests) != 1 {
		t.Errorf("AWS was asked %d times and has %d requests", s.asked, len(s.requests))
	}
	// One that does not look, but files at once.
	s, j, f = setup()
	j.dies = true
	_, _ = f.File(t.Context(), intent(126))
	j.dies = false
	if _, err := f.File(t.Context(), intent(126)); fault.KindOf(err) != fault.Invalid || s.asked != 1 || !j.ends[1].Taken() {
		t.Errorf("File() = %v after %d requests, the first ended as %+v", err, s.asked, j.ends[1])
	}
}

func TestARequestThatNeverReachedAWSIsGivenUp(t *testing.T) {
	t.Parallel()
	s, j, f := setup()
	// An earlier one of the same value is not taken for it.
	s.requests = []account.Request{{ID: "old", Code: "L-CCA5DF70", Desired: 126, Status: account.StatusDenied, Created: start}}
	i := intent(126)
	i.Known, i.Listed = []string{"old"}, true
	_, _ = j.Begin(t.Context(), i)
	found, err := f.Resolve(t.Context(), "111122223333", "us-east-1")
	if err != nil || len(found) != 1 || found[0].End.Taken() || found[0].End.Failure == "" {
		t.Errorf("Resolve() = %+v, %v", found, err)
	}
	if got, err := f.File(t.Context(), intent(126)); err != nil || !got.Taken() {
		t.Errorf("File() = %+v, %v: the way is free again", got, err)
	}
}

func TestALostAnswerIsLookedFor(t *testing.T) {
	t.Parallel()
	s, j, f := setup()
	s.lost = true
	got, err := f.File(t.Context(), intent(126))
	if err != nil || !got.Found || got.Request.ID != "r1" || !j.ends[1].Taken() {
		t.Errorf("File() = %+v, %v, ended %+v", got, err, j.ends)
	}
	// Neither an answer nor a request: it may still come.
	s, j, f = setup()
	s.refusal = fault.New(fault.Timeout, "no answer")
	if _, err := f.File(t.Context(), intent(126)); fault.KindOf(err) != fault.Upstream || len(j.ends) != 0 {
		t.Errorf("File() = %v, ended %+v: it must be left open", err, j.ends)
	}
}

func TestARefusalEndsTheRequest(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Invalid, fault.Denied, fault.NotFound, fault.Throttled} {
		s, j, f := setup()
		s.refusal = fault.New(kind, "no")
		if _, err := f.File(t.Context(), intent(126)); fault.KindOf(err) != kind || j.ends[1].Failure != "no" {
			t.Errorf("File() = %v, ended %+v, want %s", err, j.ends, kind)
		}
	}
}

func TestWithoutThePermissionToListARequestIsFiledOnce(t *testing.T) {
	t.Parallel()
	s, j, f := setup()
	s.listing = fault.New(fault.Denied, "servicequotas:ListRequestedServiceQuotaChangeHistory")
	if got, err := f.File(t.Context(), intent(126)); err != nil || !got.Taken() || j.intents[0].Listed {
		t.Errorf("File() = %+v, %v", got, err)
	}
	// What has no end cannot be looked for: nothing is risked.
	s, j, f = setup()
	s.listing = fault.New(fault.Denied, "no")
	j.intents = []filing.Intent{{ID: 1, Code: "L-CCA5DF70", Value: 126}}
	if _, err := f.File(t.Context(), intent(126)); fault.KindOf(err) != fault.Denied || s.asked != 0 {
		t.Errorf("File() = %v after %d requests", err, s.asked)
	}
	// AWS that cannot be reached is not asked for more.
	s, j, f = setup()
	s.listing = fault.New(fault.Upstream, "down")
	if _, err := f.File(t.Context(), intent(126)); fault.KindOf(err) != fault.Upstream || s.asked != 0 || len(j.intents) != 0 {
		t.Errorf("File() = %v after %d requests, the journal has %v", err, s.asked, j.intents)
	}
}

func TestARequestUnderWayIsRecordedAlthoughTheCallerLeaves(t *testing.T) {
	t.Parallel()
	s, j, _ := setup()
	ctx, cancel := context.WithCancel(t.Context())
	f := filing.New(leaving{s, cancel}, checked{j})
	got, err := f.File(ctx, intent(126))
	if diff := cmp.Diff("r1", got.Request.ID); diff != "" || err != nil || !j.ends[1].Taken() {
		t.Errorf("File() = %+v, %v, ended %+v", got, err, j.ends)
	}
}

// leaving cancels the caller as AWS is asked.
type leaving struct {
	*aws
	cancel context.CancelFunc
}

func (l leaving) RequestIncrease(ctx context.Context, in llm.Region, code string, value float64) (account.Request, error) {
	l.cancel()
	if ctx.Err() != nil {
		return account.Request{}, ctx.Err()
	}
	return l.aws.RequestIncrease(ctx, in, code, value)
}

// checked keeps nothing once its caller has left.
type checked struct{ *journal }

func (c checked) End(ctx context.Context, i filing.Intent, e filing.End) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.journal.End(ctx, i, e)
}

// What was begun a moment ago may be another process's that is still at it.
func TestARequestThatMayBeUnderWayIsLeftAlone(t *testing.T) {
	t.Parallel()
	s, j, f := setup()
	i := intent(126)
	i.Time = time.Now()
	_, _ = j.Begin(t.Context(), i)
	if found, err := f.Resolve(t.Context(), "111122223333", "us-east-1"); err != nil || len(found) != 0 || len(j.ends) != 0 {
		t.Errorf("Resolve() = %+v, %v", found, err)
	}
	if _, err := f.File(t.Context(), intent(126)); fault.KindOf(err) != fault.Throttled || s.asked != 0 {
		t.Errorf("File() = %v after %d requests", err, s.asked)
	}
	s.requests = []account.Request{{ID: "r1", Code: "L-CCA5DF70", Desired: 126, Status: account.StatusPending, Created: time.Now()}}
	if found, err := f.Resolve(t.Context(), "111122223333", "us-east-1"); err != nil || len(found) != 1 || !j.ends[1].Taken() {
		t.Errorf("Resolve() = %+v, %v: it is there", found, err)
	}
}
