package guard

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/console"
)

// The paths of sessions and tokens.
const (
	SessionPath = "/api/v1/session"
	TokensPath  = "/api/v1/tokens" //nolint:gosec // a path
)

// Session is who the caller is.
type Session struct {
	Role access.Role `json:"role" enum:"read,operate,admin"`
	Via  access.Via  `json:"via" enum:"loopback,link,token" doc:"loopback: a program of this machine, where no token is asked for"`
	Name string      `json:"name" doc:"of the token; empty without one"`
	// Expires is null when it does not end by itself.
	Expires *time.Time `json:"expires"`
}

func newSession(a access.Admission) Session {
	return Session{Role: a.Role, Via: a.Via, Name: a.Name, Expires: given(a.Expires)}
}

// Token is a token as it is told of. Times are null where there is none.
type Token struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Role     access.Role  `json:"role" enum:"read,operate,admin"`
	State    access.State `json:"state" enum:"active,expired,revoked"`
	Created  time.Time    `json:"created"`
	Expires  *time.Time   `json:"expires"`
	LastUsed *time.Time   `json:"last_used" doc:"to the minute"`
	Revoked  *time.Time   `json:"revoked"`
}

// NewToken is a token at an instant.
func NewToken(t access.Token, now time.Time) Token {
	return Token{
		ID: t.ID, Name: t.Name, Role: t.Role, State: t.State(now), Created: t.Created,
		Expires: given(t.Expires), LastUsed: given(t.LastUsed), Revoked: given(t.Revoked),
	}
}

func given(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// MadeToken is a token with its secret, which is told this once.
type MadeToken struct {
	Token
	Secret string `json:"token" doc:"told this once; its SHA-256 is kept"`
}

// Tokens are all that were ever made, the oldest first.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// Room registers sessions and tokens.
func (g *Guard) Room(api *console.API) {
	console.Register(api, console.Operation{
		ID: "show-session", Method: http.MethodGet, Path: SessionPath, Role: console.RoleRead, Tag: "access",
		Summary: "Who the caller is, and what it may",
	}, g.showSession)
	console.Register(api, console.Operation{
		ID: "open-session", Method: http.MethodPost, Path: SessionPath, Role: console.RoleRead, Tag: "access", MaxBody: 4 << 10,
		Summary: "Log a browser in with a token", Description: "Nothing has to let in who calls this. It answers with a cookie that lasts 12 hours, or as long as the token.",
	}, g.openSession)
	console.Register(api, console.Operation{
		ID: "end-session", Method: http.MethodDelete, Path: SessionPath, Role: console.RoleRead, Tag: "access", Status: http.StatusNoContent,
		Summary: "Log a browser out",
	}, g.endSession)
	console.Register(api, console.Operation{
		ID: "list-tokens", Method: http.MethodGet, Path: TokensPath, Role: console.RoleAdmin, Tag: "access",
		Summary: "Tokens, never what they are",
	}, g.listTokens)
	console.Register(api, console.Operation{
		ID: "create-token", Method: http.MethodPost, Path: TokensPath, Role: console.RoleAdmin, Tag: "access", MaxBody: 4 << 10,
		Summary: "Make a token, which is told this once", Description: "From the first one on everybody is asked for one, programs of the gateway's machine too.",
	}, g.createToken)
	console.Register(api, console.Operation{
		ID: "revoke-token", Method: http.MethodDelete, Path: TokensPath + "/{id}", Role: console.RoleAdmin, Tag: "access",
		Summary: "Take a token back, and end the sessions that it opened",
	}, g.revokeToken)
}

type body[T any] struct {
	Body T
}

func (g *Guard) showSession(ctx context.Context, _ *struct{}) (*body[Session], error) {
	return &body[Session]{newSession(visitOf(ctx).admission)}, nil
}

type login struct {
	Body struct {
		Token string `json:"token" maxLength:"200"`
	}
}

type loggedIn struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Session
}

func (g *Guard) openSession(ctx context.Context, in *login) (*loggedIn, error) {
	v := visitOf(ctx)
	secret, a, err := g.opts.Keeper.Login(ctx, in.Body.Token, v.from)
	if err != nil {
		return nil, v.problem(err)
	}
	// The one before is of no more use to anybody but a thief.
	if err := g.opts.Keeper.End(ctx, v.session); err != nil {
		return nil, err
	}
	return &loggedIn{SetCookie: cookie(v, secret.Reveal(), time.Until(a.Expires)).String(), Body: newSession(a)}, nil
}

type loggedOut struct {
	SetCookie string `header:"Set-Cookie"`
}

func (g *Guard) endSession(ctx context.Context, _ *struct{}) (*loggedOut, error) {
	v := visitOf(ctx)
	if err := g.opts.Keeper.End(ctx, v.session); err != nil {
		return nil, err
	}
	return &loggedOut{cookie(v, "", -1).String()}, nil
}

func (g *Guard) listTokens(ctx context.Context, _ *struct{}) (*body[Tokens], error) {
	tokens, err := g.opts.Keeper.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	out, now := Tokens{Tokens: make([]Token, 0, len(tokens))}, time.Now()
	for i := range tokens {
		out.Tokens = append(out.Tokens, NewToken(tokens[i], now))
	}
	return &body[Tokens]{out}, nil
}

type wish struct {
	Body struct {
		Name  string      `json:"name" minLength:"1" maxLength:"64" doc:"who or what uses it"`
		Role  access.Role `json:"role,omitempty" enum:"read,operate,admin" default:"read"`
		Valid int64       `json:"valid_seconds,omitempty" minimum:"0" maximum:"3155760000" default:"7776000" doc:"how long it is valid; 0 is for ever"`
	}
}

func (g *Guard) createToken(ctx context.Context, in *wish) (*body[MadeToken], error) {
	token, secret, err := g.opts.Keeper.Create(ctx, access.NewToken{Name: in.Body.Name, Role: in.Body.Role, For: time.Duration(in.Body.Valid) * time.Second})
	if err != nil {
		return nil, err
	}
	return &body[MadeToken]{MadeToken{NewToken(token, token.Created), secret.Reveal()}}, nil
}

type which struct {
	ID string `path:"id" maxLength:"64" doc:"its id, or the name of an active one"`
}

func (g *Guard) revokeToken(ctx context.Context, in *which) (*body[Token], error) {
	token, err := g.opts.Keeper.Revoke(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[Token]{NewToken(token, time.Now())}, nil
}
