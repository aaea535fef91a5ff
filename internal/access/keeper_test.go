package access_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/fault"
)

// store opens the database of a folder, as another process would.
func store(t *testing.T, dir string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rig is a Keeper on the database of a folder.
type rig struct {
	*testing.T
	dir string
	k   *access.Keeper
}

// inTime runs f in virtual time over a new database.
func inTime(t *testing.T, f func(rig)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := store(t, dir)
		defer s.Close()
		f(rig{t, dir, access.New(s, nil)})
	})
}

func here() netip.Addr { return netip.MustParseAddr("192.0.2.1") }

func create(t *testing.T, k *access.Keeper, name string, role access.Role, life time.Duration) (access.Token, string) {
	t.Helper()
	token, secret, err := k.Create(t.Context(), access.NewToken{Name: name, Role: role, For: life})
	if err != nil {
		t.Fatal(err)
	}
	return token, secret.Reveal()
}

func denied(t *testing.T, err error, why string) {
	t.Helper()
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), why) {
		t.Errorf("error %v, want denied and %q", err, why)
	}
}

func TestTokensLetInUntilTheyEnd(t *testing.T) {
	t.Parallel()
	inTime(t, func(r rig) {
		t, k := r.T, r.k
		if guarded, err := k.Guarded(t.Context()); guarded || err != nil {
			t.Fatalf("Guarded() before any token = %t, %v", guarded, err)
		}
		token, secret := create(t, k, "grafana", access.RoleRead, time.Hour)
		got, err := k.ByToken(t.Context(), secret, here())
		if err != nil || got.Role != access.RoleRead || got.Via != access.ViaToken || got.Name != "grafana" || got.Token != token.ID || !got.Expires.Equal(token.Expires) {
			t.Fatalf("ByToken() = %+v, %v", got, err)
		}
		time.Sleep(time.Hour - time.Millisecond)
		if _, err := k.ByToken(t.Context(), secret, here()); err != nil {
			t.Errorf("a millisecond before its end: %v", err)
		}
		time.Sleep(time.Millisecond)
		_, err = k.ByToken(t.Context(), secret, here())
		denied(t, err, "expired")
		denied(t, k.Still(t.Context(), got), "expired")
		_, other := create(t, k, "grafana", access.RoleAdmin, 0) // the name is free again
		if got, err := k.ByToken(t.Context(), other, here()); err != nil || got.Role != access.RoleAdmin {
			t.Errorf("ByToken() of the next = %+v, %v", got, err)
		}
		if guarded, err := k.Guarded(t.Context()); !guarded || err != nil {
			t.Errorf("Guarded() = %t, %v", guarded, err)
		}
	})
}

// TestWhatAnotherProcessChangesIsSeenWithinASecond: the command line makes and
// revokes tokens beside the gateway.
func TestWhatAnotherProcessChangesIsSeenWithinASecond(t *testing.T) {
	t.Parallel()
	inTime(t, func(r rig) {
		t, dir, k := r.T, r.dir, r.k
		beside := store(t, dir)
		defer beside.Close()
		cli := access.New(beside, nil)
		if guarded, _ := k.Guarded(t.Context()); guarded {
			t.Fatal("guarded before any token")
		}
		_, secret := create(t, cli, "a", access.RoleOperate, 0)
		time.Sleep(time.Second)
		in, err := k.ByToken(t.Context(), secret, here())
		if err != nil {
			t.Fatalf("a second after it was made: %v", err)
		}
		session, _, err := k.Login(t.Context(), secret, here())
		if err != nil {
			t.Fatal(err)
		}
		// While it is asked again and again.
		if _, err := cli.Revoke(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			time.Sleep(100 * time.Millisecond)
			_, _ = k.Guarded(t.Context())
		}
		_, err = k.ByToken(t.Context(), secret, here())
		denied(t, err, "revoked")
		denied(t, k.Still(t.Context(), in), "revoked")
		_, err = k.BySession(t.Context(), session.Reveal())
		denied(t, err, "ended")
		if guarded, _ := k.Guarded(t.Context()); !guarded {
			t.Error("a revoked token opened the door again")
		}
	})
}

func TestSessionsEndAfterTwelveHoursOrWithTheirToken(t *testing.T) {
	t.Parallel()
	inTime(t, func(r rig) {
		t, k := r.T, r.k
		_, long := create(t, k, "long", access.RoleOperate, 0)
		for _, tt := range []struct {
			name  string
			valid time.Duration
			life  time.Duration
		}{{"for ever", 0, 12 * time.Hour}, {"a day", 24 * time.Hour, 12 * time.Hour}, {"an hour", time.Hour, time.Hour}} {
			_, secret := create(t, k, tt.name, access.RoleRead, tt.valid)
			session, in, err := k.Login(t.Context(), secret, here())
			if err != nil {
				t.Fatal(err)
			}
			if want := time.Now().Add(tt.life); !in.Expires.Equal(want) {
				t.Errorf("the session expires at %v, want %v", in.Expires, want)
			}
			for range 4 { // use does not lengthen it
				time.Sleep((tt.life - time.Minute) / 4)
				if got, err := k.BySession(t.Context(), session.Reveal()); err != nil || got.Role != access.RoleRead || got.Via != access.ViaToken {
					t.Errorf("BySession() = %+v, %v", got, err)
				}
			}
			time.Sleep(time.Minute)
			if _, err := k.BySession(t.Context(), session.Reveal()); fault.KindOf(err) != fault.Denied {
				t.Errorf("BySession() after its end: %v", err)
			}
		}
		session, in, err := k.Login(t.Context(), long, here())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(k.End(t.Context(), session.Reveal()), k.End(t.Context(), "hgs_no"), k.End(t.Context(), "")); err != nil {
			t.Fatal(err)
		}
		_, err = k.BySession(t.Context(), session.Reveal())
		denied(t, err, "ended")
		denied(t, k.Still(t.Context(), in), "ended")
	})
}

func TestALinkOpensOneSession(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store(t, dir)
	defer s.Close()
	k := access.New(s, nil)
	link, _, err := k.NewLink(t.Context(), access.RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	var opened atomic.Int64
	var all sync.WaitGroup
	for i := range 8 { // of many at once, one gets in
		all.Go(func() {
			session, in, err := k.Enter(t.Context(), link.Reveal(), netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
			if err != nil {
				denied(t, err, "headgate token link")
				return
			}
			opened.Add(1)
			got, err := k.BySession(t.Context(), session.Reveal())
			if err != nil || got.Role != access.RoleAdmin || got.Via != access.ViaLink || in.Via != access.ViaLink {
				t.Errorf("BySession() = %+v, %v", got, err)
			}
		})
	}
	all.Wait()
	if opened.Load() != 1 {
		t.Errorf("%d sessions were opened by one link", opened.Load())
	}
}

func TestALinkExpiresAfterTenMinutes(t *testing.T) {
	t.Parallel()
	inTime(t, func(r rig) {
		t, k := r.T, r.k
		for _, tt := range []struct {
			after time.Duration
			opens bool
		}{{10*time.Minute - time.Second, true}, {10 * time.Minute, false}} {
			link, _, err := k.NewLink(t.Context(), access.RoleRead)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(tt.after)
			if _, _, err := k.Enter(t.Context(), link.Reveal(), here()); (err == nil) != tt.opens {
				t.Errorf("a link after %v: %v", tt.after, err)
			}
		}
	})
}

// TestWrongTokensAreSlowedAndRightOnesAreNot: ten at once, then one in six seconds
// by address; a right one comes in whatever its neighbours do.
func TestWrongTokensAreSlowedAndRightOnesAreNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := store(t, dir)
		defer s.Close()
		var log bytes.Buffer
		k := access.New(s, slog.New(slog.NewTextHandler(&log, nil)))
		token, right := create(t, k, "a", access.RoleRead, 0)
		_, wrong := create(t, k, "b", access.RoleRead, 0)
		if _, err := k.Revoke(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		fail := func(text string, from netip.Addr) fault.Kind {
			_, err := k.ByToken(t.Context(), text, from)
			if strings.Contains(err.Error(), wrong[4:12]) {
				t.Errorf("the error repeats the token: %v", err)
			}
			return fault.KindOf(err)
		}
		slowed := 0
		for i := range 10_000 {
			text := wrong
			if i%2 == 0 {
				text = wrong[:30]
			}
			if fail(text, here()) == fault.Throttled {
				slowed++
			}
		}
		if slowed != 9990 {
			t.Errorf("%d of 10000 were slowed, want all but 10", slowed)
		}
		if got, err := k.ByToken(t.Context(), right, here()); err != nil || got.Token != token.ID {
			t.Errorf("the right one: %v", err)
		}
		if got := fail(wrong, netip.MustParseAddr("192.0.2.2")); got != fault.Denied {
			t.Errorf("another address: %v, want denied", got)
		}
		_, err := k.ByToken(t.Context(), wrong, here())
		if e, _ := errors.AsType[*fault.Error](err); e == nil || e.RetryAfter != 6*time.Second {
			t.Errorf("RetryAfter of %v, want 6s", err)
		}
		time.Sleep(6 * time.Second)
		if a, b := fail(wrong, here()), fail(wrong, here()); a != fault.Denied || b != fault.Throttled {
			t.Errorf("after six seconds: %v, then %v; want one more", a, b)
		}
		if n := strings.Count(log.String(), "\n"); n != 1 || strings.Contains(log.String(), wrong[4:12]) {
			t.Errorf("the log has %d lines, want one, and none of the token:\n%s", n, log.String())
		}
	})
}

func TestTheUseOfATokenIsWrittenDownOnceAMinute(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &counted{Store: store(t, dir)}
		defer s.Close()
		k := access.New(s, nil)
		_, secret := create(t, k, "a", access.RoleRead, 0)
		var last time.Time
		for range 150 { // two and a half minutes
			if _, err := k.ByToken(t.Context(), secret, here()); err != nil {
				t.Fatal(err)
			}
			last = time.Now()
			time.Sleep(time.Second)
		}
		tokens, err := k.Tokens(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.uses != 3 {
			t.Errorf("written down %d times, want 3", s.uses)
		}
		if ago := last.Sub(tokens[0].LastUsed); ago < 0 || ago >= time.Minute {
			t.Errorf("last used %v before its last use", ago)
		}
	})
}

// counted counts what is written and may fail.
type counted struct {
	*sqlitestore.Store
	uses  int
	reads int
	fails bool
}

func (c *counted) TokenUsed(ctx context.Context, id string, at time.Time) error {
	c.uses++
	return c.Store.TokenUsed(ctx, id, at)
}

func (c *counted) AccessVersion(ctx context.Context) (int64, error) {
	c.reads++
	if c.fails {
		return 0, errors.New("the disk is gone")
	}
	return c.Store.AccessVersion(ctx)
}

// TestNobodyComesInWhileTheStoreFails: what is not known to be true is not.
func TestNobodyComesInWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &counted{Store: store(t, dir)}
		defer s.Close()
		k := access.New(s, nil)
		_, secret := create(t, k, "a", access.RoleRead, 0)
		if _, err := k.ByToken(t.Context(), secret, here()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s.fails = true
		for range 100 {
			if _, err := k.ByToken(t.Context(), secret, here()); fault.KindOf(err) != fault.Internal {
				t.Fatalf("ByToken() while the store fails: %v", err)
			}
		}
		if _, err := k.Guarded(t.Context()); err == nil {
			t.Error("Guarded() while the store fails: no error")
		}
		s.fails = false
		if _, err := k.ByToken(t.Context(), secret, here()); err != nil {
			t.Errorf("ByToken() afterwards: %v", err)
		}
		before := s.reads
		for range 1000 {
			_, _ = k.ByToken(t.Context(), secret, here())
		}
		if s.reads != before {
			t.Errorf("a thousand requests in no time asked the store %d times", s.reads-before)
		}
	})
}

func TestTokensThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	inTime(t, func(r rig) {
		t, k := r.T, r.k
		token, secret := create(t, k, "a", access.RoleRead, 0)
		for _, bad := range []access.NewToken{
			{Role: access.RoleRead},
			{Name: "x"},
			{Name: "x", Role: "root"},
			{Name: "a", Role: access.RoleRead},
			{Name: " x", Role: access.RoleRead},
			{Name: "x\n", Role: access.RoleRead},
			{Name: strings.Repeat("x", 65), Role: access.RoleRead},
			{Name: "x", Role: access.RoleRead, For: -1},
			{Name: secret, Role: access.RoleRead},
			{Name: token.ID, Role: access.RoleRead},
		} {
			if _, _, err := k.Create(t.Context(), bad); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), secret[4:12]) {
				t.Errorf("Create(%+v) = %v, want invalid", bad.Role, err)
			}
		}
		for _, none := range []string{"", "b", "tok_0", secret} {
			if _, err := k.Revoke(t.Context(), none); fault.KindOf(err) != fault.NotFound || strings.Contains(err.Error(), secret[4:12]) {
				t.Errorf("Revoke of what is not there: %v, want not found", err)
			}
		}
		first, err := k.Revoke(t.Context(), token.ID)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		again, err := k.Revoke(t.Context(), token.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("revoked twice (-first +again):\n%s", diff)
		}
		tokens, err := k.Tokens(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]access.Token{first}, tokens); diff != "" {
			t.Errorf("Tokens() (-want +got):\n%s", diff)
		}
	})
}
