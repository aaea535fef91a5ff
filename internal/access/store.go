package access

import (
	"context"
	"time"
)

// Store keeps who may come in. It is safe for concurrent use, also by several
// processes. Digests are all that it learns of secrets.
type Store interface {
	TokenStore
	SessionStore

	// AccessVersion changes whenever a token or a session was added or ended, by
	// whomever.
	AccessVersion(ctx context.Context) (int64, error)
	// AccessState is all tokens that ever were, the oldest first, and the sessions
	// that were not ended, as they were at one instant.
	AccessState(ctx context.Context) (Held, error)
}

// TokenStore keeps tokens.
type TokenStore interface {
	AddToken(ctx context.Context, t Token, d Digest) error
	// RevokeToken also ends the sessions that the token opened.
	RevokeToken(ctx context.Context, id string, at time.Time) error
	// TokenUsed notes when a token was last used; a later time stays.
	TokenUsed(ctx context.Context, id string, at time.Time) error
}

// SessionStore keeps sessions and the links that open some.
type SessionStore interface {
	// AddSession forgets those that have expired at its begin, and the oldest beyond
	// keep.
	AddSession(ctx context.Context, s Session, d Digest, keep int) error
	EndSession(ctx context.Context, d Digest) error
	// AddLink forgets those that have expired when it was made, and the oldest
	// beyond keep.
	AddLink(ctx context.Context, l Link, d Digest, keep int) error
	// TakeLink hands out a link once; false when there is none. Of many that ask at
	// once, one gets it.
	TakeLink(ctx context.Context, d Digest) (Link, bool, error)
}

// Session is what a browser is let in by.
type Session struct {
	// Token is the id of the token that opened it; empty when a link did.
	Token   string
	Role    Role
	Begun   time.Time
	Expires time.Time
}

// Link opens one session.
type Link struct {
	Role    Role
	Made    time.Time
	Expires time.Time
}

// Held is what is kept of tokens and sessions.
type Held struct {
	Tokens   []HeldToken
	Sessions []HeldSession
}

// HeldToken is a token and the digest of its secret.
type HeldToken struct {
	Token  Token
	Digest Digest
}

// HeldSession is a session and the digest of its id.
type HeldSession struct {
	Session Session
	Digest  Digest
}
