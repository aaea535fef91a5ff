package access

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/headgate/headgate/internal/fault"
)

// Token is what is known of a token beside the token itself. Times are UTC.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Created time.Time `json:"created"`
	// Expires is when it ends by itself; the zero time is never.
	Expires time.Time `json:"expires,omitzero"`
	// LastUsed is to the minute; the zero time is not yet.
	LastUsed time.Time `json:"last_used,omitzero"`
	// Revoked is when it was taken back; the zero time is not.
	Revoked time.Time `json:"revoked,omitzero"`
}

// State is what becomes of a token.
type State string

// The states of a token.
const (
	StateActive  State = "active"
	StateExpired State = "expired"
	StateRevoked State = "revoked"
)

// State at an instant.
func (t *Token) State(now time.Time) State {
	switch {
	case !t.Revoked.IsZero():
		return StateRevoked
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return StateExpired
	}
	return StateActive
}

// Bounds of tokens.
const (
	mostTokens = 1000 // that are active
	mostName   = 64   // characters
)

// NewToken is a token to be made.
type NewToken struct {
	// Name says who or what uses it: up to 64 printable characters, that of no
	// other active token.
	Name string
	Role Role
	// For is how long it is valid; 0 is for ever.
	For time.Duration
}

func (n *NewToken) check() error {
	switch {
	case n.Name == "":
		return fault.New(fault.Invalid, "A token needs a name that says who or what uses it, such as grafana.")
	case len([]rune(n.Name)) > mostName:
		return fault.New(fault.Invalid, "The name of a token has at most %d characters.", mostName)
	case strings.TrimSpace(n.Name) != n.Name || strings.ContainsFunc(n.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fault.New(fault.Invalid, "The name of a token is of printable characters, without spaces around it.")
	case strings.Contains(n.Name, TokenPrefix):
		return fault.New(fault.Invalid, "The name of a token is no token: names are shown and kept.")
	case strings.HasPrefix(n.Name, tokenID):
		return fault.New(fault.Invalid, "The name of a token does not begin with %s, as ids do.", tokenID)
	case !n.Role.Valid():
		return fault.New(fault.Invalid, "The role of a token is read, operate or admin.")
	case n.For < 0:
		return fault.New(fault.Invalid, "A token is valid for longer than nothing.")
	}
	return nil
}

// tokenID is how the ids of tokens begin.
const tokenID = "tok_"

// Create makes a token. The secret is told this once. Errors are of kind Invalid
// where the wish is at fault.
func (k *Keeper) Create(ctx context.Context, wish NewToken) (Token, Secret, error) {
	if err := wish.check(); err != nil {
		return Token{}, Secret{}, err
	}
	tokens, err := k.Tokens(ctx)
	if err != nil {
		return Token{}, Secret{}, err
	}
	now, active := k.now(), 0
	for i := range tokens {
		if tokens[i].State(now) != StateActive {
			continue
		}
		active++
		if tokens[i].Name == wish.Name {
			return Token{}, Secret{}, fault.New(fault.Invalid, "There is an active token with the name %s: take another, or revoke that one (%s) first.", wish.Name, tokens[i].ID)
		}
	}
	if active >= mostTokens {
		return Token{}, Secret{}, fault.New(fault.Invalid, "There are %d active tokens, as many as there may be: revoke those that nobody uses.", active)
	}
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	token := Token{ID: tokenID + hex.EncodeToString(id[:]), Name: wish.Name, Role: wish.Role, Created: now}
	if wish.For > 0 {
		token.Expires = now.Add(wish.For)
	}
	secret := newSecret(kindToken)
	if err := k.store.AddToken(ctx, token, secret.digest()); err != nil {
		return Token{}, Secret{}, fmt.Errorf("keep a token: %w", err)
	}
	k.changed()
	return token, secret, nil
}

// Tokens are all that were ever made, the oldest first; never nil.
func (k *Keeper) Tokens(ctx context.Context) ([]Token, error) {
	held, err := k.store.AccessState(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	out := make([]Token, len(held.Tokens))
	for i := range held.Tokens {
		out[i] = held.Tokens[i].Token
	}
	return out, nil
}

// Revoke takes back the token with an id, or the active one with a name, and ends
// its sessions. One that was taken back stays as it is. The error is of kind
// NotFound when there is none.
func (k *Keeper) Revoke(ctx context.Context, which string) (Token, error) {
	tokens, err := k.Tokens(ctx)
	if err != nil {
		return Token{}, err
	}
	now := k.now()
	found := -1
	for i := range tokens {
		if tokens[i].ID == which || tokens[i].Name == which && tokens[i].State(now) == StateActive {
			found = i
			break
		}
		if tokens[i].Name == which {
			found = i // unless an active one has the name as well
		}
	}
	if found < 0 {
		if strings.Contains(which, TokenPrefix) {
			return Token{}, fault.New(fault.NotFound, "A token is revoked by its name or id, not by itself.")
		}
		return Token{}, fault.New(fault.NotFound, "There is no token with the name or id %q.", which)
	}
	token := tokens[found]
	if !token.Revoked.IsZero() {
		return token, nil
	}
	if err := k.store.RevokeToken(ctx, token.ID, now); err != nil {
		return Token{}, fmt.Errorf("revoke a token: %w", err)
	}
	k.changed()
	token.Revoked = now
	return token, nil
}
