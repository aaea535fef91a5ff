package access

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// How long sessions and links last, and how many there may be.
const (
	// SessionLife is how long a session lasts at most, from its begin.
	SessionLife = 12 * time.Hour
	// LinkLife is for how long a link opens one.
	LinkLife = 10 * time.Minute

	mostSessions = 1000
	mostLinks    = 100
)

// Login opens a session with a token, which ends with it. Errors are as those of
// ByToken.
func (k *Keeper) Login(ctx context.Context, token string, from netip.Addr) (Secret, Admission, error) {
	a, err := k.ByToken(ctx, token, from)
	if err != nil {
		return Secret{}, Admission{}, err
	}
	return k.open(ctx, a)
}

// NewLink makes a link that opens one session with a role.
func (k *Keeper) NewLink(ctx context.Context, role Role) (Secret, Link, error) {
	if !role.Valid() {
		return Secret{}, Link{}, fault.New(fault.Invalid, "The role of a link is read, operate or admin.")
	}
	now := k.now()
	link := Link{Role: role, Made: now, Expires: now.Add(LinkLife)}
	secret := newSecret(kindLink)
	if err := k.store.AddLink(ctx, link, secret.digest(), mostLinks); err != nil {
		return Secret{}, Link{}, fmt.Errorf("keep a link: %w", err)
	}
	return secret, link, nil
}

// Enter opens a session by a link, which is used up. Errors are as those of
// ByToken.
func (k *Keeper) Enter(ctx context.Context, link string, from netip.Addr) (Secret, Admission, error) {
	secret, err := parse(kindLink, link)
	if err != nil {
		return Secret{}, Admission{}, k.failed(err, from)
	}
	taken, there, err := k.store.TakeLink(ctx, secret.digest())
	if err != nil {
		return Secret{}, Admission{}, fmt.Errorf("take a link: %w", err)
	}
	if !there || !k.now().Before(taken.Expires) {
		err := fault.New(fault.Denied, "The link was used already, or is older than ten minutes. `headgate token link` makes another.")
		return Secret{}, Admission{}, k.failed(err, from)
	}
	return k.open(ctx, Admission{Role: taken.Role, Via: ViaLink})
}

// open begins a session for who was let in.
func (k *Keeper) open(ctx context.Context, a Admission) (Secret, Admission, error) {
	now := k.now()
	session := Session{Token: a.Token, Role: a.Role, Begun: now, Expires: now.Add(SessionLife)}
	if !a.Expires.IsZero() && a.Expires.Before(session.Expires) {
		session.Expires = a.Expires
	}
	secret := newSecret(kindSession)
	d := secret.digest()
	if err := k.store.AddSession(ctx, session, d, mostSessions); err != nil {
		return Secret{}, Admission{}, fmt.Errorf("keep a session: %w", err)
	}
	k.changed()
	a.Expires, a.key, a.origin = session.Expires, d, kindSession
	return secret, a, nil
}

// BySession lets in who has a session. Its failures are not counted: a browser
// sends what it was given, also when that has ended. Errors are as those of
// ByToken otherwise.
func (k *Keeper) BySession(ctx context.Context, text string) (Admission, error) {
	secret, err := parse(kindSession, text)
	if err != nil {
		return Admission{}, err
	}
	v, err := k.look(ctx)
	if err != nil {
		return Admission{}, err
	}
	a, err := v.session(secret.digest(), k.now())
	if err == nil && a.Token != "" {
		k.noteUse(ctx, a.Token)
	}
	return a, err
}

// session lets in by the digest of a session's id.
func (v *view) session(d Digest, now time.Time) (Admission, error) {
	held, there := v.sessions[d]
	if !there || !now.Before(held.Session.Expires) {
		return Admission{}, fault.New(fault.Denied, "The session has ended.")
	}
	a := Admission{Role: held.Session.Role, Via: ViaLink, Expires: held.Session.Expires, key: d, origin: kindSession}
	if id := held.Session.Token; id != "" {
		token, there := v.byID[id]
		if !there {
			return Admission{}, fault.New(fault.Denied, "The session has ended.")
		}
		if err := usable(&token, now); err != nil {
			return Admission{}, err
		}
		a.Via, a.Name, a.Token, a.Role = ViaToken, token.Name, id, token.Role
	}
	return a, nil
}

// End ends a session. That there is none is no error.
func (k *Keeper) End(ctx context.Context, text string) error {
	secret, err := parse(kindSession, text)
	if err != nil {
		return nil //nolint:nilerr // then there is none
	}
	if err := k.store.EndSession(ctx, secret.digest()); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	k.changed()
	return nil
}
