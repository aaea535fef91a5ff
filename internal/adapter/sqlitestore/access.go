package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/headgate/headgate/internal/access"
)

var _ access.Store = (*Store)(nil)

// AccessVersion implements access.Store.
func (s *Store) AccessVersion(ctx context.Context) (version int64, err error) {
	if err := s.read.QueryRowContext(ctx, "SELECT version FROM access_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the version of tokens: %w", err)
	}
	return version, nil
}

// AccessState implements access.Store.
func (s *Store) AccessState(ctx context.Context) (held access.Held, err error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // both lists are of one instant
	if err != nil {
		return held, fmt.Errorf("read tokens: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	if held.Tokens, err = tokens(ctx, tx); err != nil {
		return held, fmt.Errorf("read tokens: %w", err)
	}
	if held.Sessions, err = sessions(ctx, tx); err != nil {
		return held, fmt.Errorf("read sessions: %w", err)
	}
	return held, nil
}

func tokens(ctx context.Context, tx *sql.Tx) (out []access.HeldToken, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, digest, name, role, created, expires, last_used, revoked FROM tokens ORDER BY created, id")
	if err != nil {
		return nil, err
	}
	defer closeRows(rows, &err)
	for rows.Next() {
		var t access.HeldToken
		var digest []byte
		var created, expires, used, revoked int64
		if err := rows.Scan(&t.Token.ID, &digest, &t.Token.Name, &t.Token.Role, &created, &expires, &used, &revoked); err != nil {
			return nil, err
		}
		copy(t.Digest[:], digest)
		t.Token.Created, t.Token.Expires, t.Token.LastUsed, t.Token.Revoked = moment(created), moment(expires), moment(used), moment(revoked)
		out = append(out, t)
	}
	return out, rows.Err()
}

func sessions(ctx context.Context, tx *sql.Tx) (out []access.HeldSession, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT digest, token, role, begun, expires FROM sessions")
	if err != nil {
		return nil, err
	}
	defer closeRows(rows, &err)
	for rows.Next() {
		var s access.HeldSession
		var digest []byte
		var begun, expires int64
		if err := rows.Scan(&digest, &s.Session.Token, &s.Session.Role, &begun, &expires); err != nil {
			return nil, err
		}
		copy(s.Digest[:], digest)
		s.Session.Begun, s.Session.Expires = moment(begun), moment(expires)
		out = append(out, s)
	}
	return out, rows.Err()
}

// AddToken implements access.Store.
func (s *Store) AddToken(ctx context.Context, t access.Token, d access.Digest) error {
	return s.change(ctx, "keep token "+t.ID, statement{
		"INSERT INTO tokens (id, digest, name, role, created, expires, last_used, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		[]any{t.ID, d[:], t.Name, string(t.Role), nanos(t.Created), nanos(t.Expires), nanos(t.LastUsed), nanos(t.Revoked)},
	})
}

// RevokeToken implements access.Store.
func (s *Store) RevokeToken(ctx context.Context, id string, at time.Time) error {
	return s.change(ctx, "revoke token "+id,
		statement{"UPDATE tokens SET revoked = ? WHERE id = ? AND revoked = 0", []any{nanos(at), id}},
		statement{"DELETE FROM sessions WHERE token = ?", []any{id}},
	)
}

// TokenUsed implements access.Store.
func (s *Store) TokenUsed(ctx context.Context, id string, at time.Time) error {
	if s.write == nil {
		return fmt.Errorf("note the use of token %s: %w", id, errReadOnly)
	}
	if _, err := s.write.ExecContext(ctx, "UPDATE tokens SET last_used = max(last_used, ?) WHERE id = ?", nanos(at), id); err != nil {
		return fmt.Errorf("note the use of token %s: %w", id, err)
	}
	return nil
}

// AddSession implements access.Store.
func (s *Store) AddSession(ctx context.Context, x access.Session, d access.Digest, keep int) error {
	return s.change(ctx, "keep a session",
		statement{"DELETE FROM sessions WHERE expires <= ?", []any{nanos(x.Begun)}},
		statement{"DELETE FROM sessions WHERE digest IN (SELECT digest FROM sessions ORDER BY begun DESC LIMIT -1 OFFSET ?)", []any{keep - 1}},
		statement{"INSERT INTO sessions (digest, token, role, begun, expires) VALUES (?, ?, ?, ?, ?)", []any{d[:], x.Token, string(x.Role), nanos(x.Begun), nanos(x.Expires)}},
	)
}

// EndSession implements access.Store.
func (s *Store) EndSession(ctx context.Context, d access.Digest) error {
	return s.change(ctx, "end a session", statement{"DELETE FROM sessions WHERE digest = ?", []any{d[:]}})
}

// AddLink implements access.Store.
func (s *Store) AddLink(ctx context.Context, l access.Link, d access.Digest, keep int) error {
	return s.change(ctx, "keep a link",
		statement{"DELETE FROM links WHERE expires <= ?", []any{nanos(l.Made)}},
		statement{"DELETE FROM links WHERE digest IN (SELECT digest FROM links ORDER BY made DESC LIMIT -1 OFFSET ?)", []any{keep - 1}},
		statement{"INSERT INTO links (digest, role, made, expires) VALUES (?, ?, ?, ?)", []any{d[:], string(l.Role), nanos(l.Made), nanos(l.Expires)}},
	)
}

// TakeLink implements access.Store.
func (s *Store) TakeLink(ctx context.Context, d access.Digest) (link access.Link, there bool, err error) {
	if s.write == nil {
		return link, false, fmt.Errorf("take a link: %w", errReadOnly)
	}
	var made, expires int64
	// One statement: whoever deletes the row has the link.
	row := s.write.QueryRowContext(ctx, "DELETE FROM links WHERE digest = ? RETURNING role, made, expires", d[:])
	switch err := row.Scan(&link.Role, &made, &expires); {
	case errors.Is(err, sql.ErrNoRows):
		return access.Link{}, false, nil
	case err != nil:
		return access.Link{}, false, fmt.Errorf("take a link: %w", err)
	}
	link.Made, link.Expires = moment(made), moment(expires)
	return link, true, nil
}

// statement is SQL with its values.
type statement struct {
	text string
	args []any
}

// change says all of the statements or none, and raises the version.
func (s *Store) change(ctx context.Context, op string, statements ...statement) error {
	if s.write == nil {
		return fmt.Errorf("%s: %w", op, errReadOnly)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after a commit
	for _, x := range append(statements, statement{text: "UPDATE access_version SET version = version + 1"}) {
		if _, err := tx.ExecContext(ctx, x.text, x.args...); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// nanos is a time as it is kept; 0 is the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// moment is the time that was kept.
func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
