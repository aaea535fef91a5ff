package access

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/headgate/headgate/internal/fault"
)

const (
	// viewAge is for how long what the store said is taken for true: a token that
	// another process revokes ends so much later.
	viewAge = 250 * time.Millisecond
	// storePatience bounds a read of the store.
	storePatience = 2 * time.Second
	// usedEvery is how often the use of a token is written down.
	usedEvery = time.Minute
)

// Keeper lets in. It is safe for concurrent use; several processes may have one on
// the same store.
type Keeper struct {
	store    Store
	log      *slog.Logger
	attempts attempts
	reads    singleflight.Group
	view     atomic.Pointer[view]
	changes  atomic.Int64 // of our own

	mu   sync.Mutex
	used map[string]time.Time // when the use of a token was last written down
	said time.Time            // when it was logged that the store fails
}

// New makes a Keeper. Nothing is logged without a logger.
func New(store Store, log *slog.Logger) *Keeper {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Keeper{store: store, log: log, used: map[string]time.Time{}}
}

func (k *Keeper) now() time.Time { return time.Now().UTC() }

// Via is how somebody came in.
type Via string

// The ways in.
const (
	ViaLoopback Via = "loopback" // a program of this machine, where no token is asked for
	ViaLink     Via = "link"
	ViaToken    Via = "token"
)

// Admission is who was let in.
type Admission struct {
	Role Role
	Via  Via
	// Name and Token are those of the token; empty without one.
	Name, Token string
	// Expires is when it ends by itself; the zero time is never.
	Expires time.Time

	key    Digest
	origin kind // of the secret; empty for ViaLoopback
}

// view is what the store said.
type view struct {
	at       time.Time
	changes  int64 // of our own that it has seen
	version  int64
	ever     bool // a token was made, whatever became of it
	tokens   map[Digest]HeldToken
	byID     map[string]Token
	sessions map[Digest]HeldSession
}

// sayFailure logs that the store cannot be read, once a minute.
func (k *Keeper) sayFailure(err error) {
	now := k.now()
	k.mu.Lock()
	due := now.Sub(k.said) >= time.Minute
	if due {
		k.said = now
	}
	k.mu.Unlock()
	if due {
		k.log.Error("who may use the API cannot be looked up: nobody is let in", slog.Any("error", err))
	}
}

// changed has the next question ask the store.
func (k *Keeper) changed() { k.changes.Add(1) }

// look is a view that is not older than viewAge and has seen what we changed.
func (k *Keeper) look(ctx context.Context) (*view, error) {
	for {
		v, changes := k.view.Load(), k.changes.Load()
		if v != nil && v.changes >= changes && k.now().Sub(v.at) < viewAge {
			return v, nil
		}
		got, err, _ := k.reads.Do("", func() (any, error) {
			// One that leaves must not end the read for all who wait for it.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storePatience)
			defer cancel()
			return k.read(ctx)
		})
		if err != nil {
			k.sayFailure(err)
			return nil, &fault.Error{Kind: fault.Internal, Message: "Who may come in cannot be looked up just now: the gateway's log says why.", Err: err}
		}
		if v, ok := got.(*view); ok && v.changes >= changes {
			return v, nil
		}
	}
}

func (k *Keeper) read(ctx context.Context) (*view, error) {
	v := &view{at: k.now(), changes: k.changes.Load()}
	version, err := k.store.AccessVersion(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the version of tokens: %w", err)
	}
	v.version = version
	if before := k.view.Load(); before != nil && before.version == version {
		v.ever, v.tokens, v.byID, v.sessions = before.ever, before.tokens, before.byID, before.sessions
		k.view.Store(v)
		return v, nil
	}
	held, err := k.store.AccessState(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	v.ever = len(held.Tokens) > 0
	v.tokens, v.byID, v.sessions = map[Digest]HeldToken{}, map[string]Token{}, map[Digest]HeldSession{}
	for _, t := range held.Tokens {
		v.tokens[t.Digest], v.byID[t.Token.ID] = t, t.Token
	}
	for _, s := range held.Sessions {
		v.sessions[s.Digest] = s
	}
	k.view.Store(v)
	return v, nil
}

// Guarded reports whether a token was ever made: from then on everybody is asked
// for one, also when it has been revoked since.
func (k *Keeper) Guarded(ctx context.Context) (bool, error) {
	v, err := k.look(ctx)
	if err != nil {
		return false, err
	}
	return v.ever, nil
}

// ByToken lets in who has a token. The error is of kind Denied, with why, of kind
// Throttled when the address has failed too often, or Internal when it cannot be
// told.
func (k *Keeper) ByToken(ctx context.Context, text string, from netip.Addr) (Admission, error) {
	a, err := k.byToken(ctx, text)
	if err != nil {
		return Admission{}, k.failed(err, from)
	}
	k.noteUse(ctx, a.Token)
	return a, nil
}

func (k *Keeper) byToken(ctx context.Context, text string) (Admission, error) {
	secret, err := parse(kindToken, text)
	if err != nil {
		return Admission{}, err
	}
	v, err := k.look(ctx)
	if err != nil {
		return Admission{}, err
	}
	return v.token(secret.digest(), k.now())
}

// token lets in by the digest of a token. A map would do: who can measure how far
// a SHA-256 agrees learns nothing of the secret. The comparison is there so that
// nobody has to know that.
func (v *view) token(d Digest, now time.Time) (Admission, error) {
	held := v.tokens[d]
	if subtle.ConstantTimeCompare(held.Digest[:], d[:]) != 1 {
		return Admission{}, fault.New(fault.Denied, "The token is not one of this gateway. `headgate token list` shows those that there are.")
	}
	if err := usable(&held.Token, now); err != nil {
		return Admission{}, err
	}
	return Admission{Role: held.Token.Role, Via: ViaToken, Name: held.Token.Name, Token: held.Token.ID, Expires: held.Token.Expires, key: d, origin: kindToken}, nil
}

func usable(t *Token, now time.Time) error {
	switch t.State(now) {
	case StateRevoked:
		return fault.New(fault.Denied, "The token was revoked. `headgate token create` makes another.")
	case StateExpired:
		return fault.New(fault.Denied, "The token has expired. `headgate token create` makes another.")
	case StateActive:
	}
	return nil
}

// Still says whether who was let in may stay, at what takes long: an error as that
// of ByToken when not.
func (k *Keeper) Still(ctx context.Context, a Admission) error {
	v, err := k.look(ctx)
	if err != nil {
		return err
	}
	switch a.origin {
	case kindToken:
		_, err = v.token(a.key, k.now())
	case kindSession:
		_, err = v.session(a.key, k.now())
	default:
		if v.ever {
			err = fault.New(fault.Denied, "There is a token now: give one.")
		}
	}
	return err
}

// failed counts a failure, and says so when they are too many.
func (k *Keeper) failed(err error, from netip.Addr) error {
	if fault.KindOf(err) != fault.Denied {
		return err
	}
	wait, first := k.attempts.fail(from, k.now())
	if first {
		k.log.Warn("an address has given too many wrong tokens or links: it has to wait between those that follow", slog.String("address", from.String()))
	}
	if wait > 0 {
		return &fault.Error{Kind: fault.Throttled, RetryAfter: wait, Message: "Too many wrong tokens or links came from this address. " + fault.Message(err)}
	}
	return err
}

// noteUse writes down that a token was used, once a minute. That it could not be
// is no reason to turn somebody away.
func (k *Keeper) noteUse(ctx context.Context, id string) {
	now := k.now()
	k.mu.Lock()
	due := now.Sub(k.used[id]) >= usedEvery
	if due {
		k.used[id] = now
	}
	k.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storePatience)
	defer cancel()
	if err := k.store.TokenUsed(ctx, id, now); err != nil {
		k.log.Warn("the use of a token was not written down", slog.String("token", id), slog.Any("error", err))
	}
}
