package sqlitestore

import (
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/fault"
)

// AnswersName is the name of the cache's file in a data folder. It is a file of its
// own, so that it can be thrown away.
const AnswersName = "cache.db"

// answersVersion is the schema of the file. A file of another one is thrown away:
// all that is lost is made anew.
const answersVersion = 1

const answersSchema = `
CREATE TABLE answers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE,
  stored INTEGER NOT NULL, -- nanoseconds since 1970 (UTC)
  gone INTEGER NOT NULL, -- from when on it is not given out
  tenant TEXT NOT NULL,
  model_id TEXT NOT NULL,
  model TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  document BLOB NOT NULL
) STRICT;
CREATE INDEX answers_gone ON answers (gone);
-- What all answers come to: to add them up each time would read them all.
CREATE TABLE total (answers INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
INSERT INTO total VALUES (0, 0);
CREATE TRIGGER answers_came AFTER INSERT ON answers BEGIN
  UPDATE total SET answers = answers + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER answers_went AFTER DELETE ON answers BEGIN
  UPDATE total SET answers = answers - 1, bytes = bytes - OLD.bytes;
END;
PRAGMA application_id = 0x48674161;
PRAGMA user_version = 1;
`

// AnswersOptions says how answers are kept.
type AnswersOptions struct {
	// Bytes is the most that answers take together. Required.
	Bytes int64
	// AEAD encrypts answers where they lie; nil: they are plain. Those that were kept
	// under another key are not found.
	AEAD cipher.AEAD
}

// Answers is the tier of the cache on disk, in a SQLite file of its own. It is safe
// for concurrent use by one process.
type Answers struct {
	opts  AnswersOptions
	write *sql.DB
	read  *sql.DB
}

var _ cache.Store = (*Answers)(nil)

// OpenAnswers opens the file in a data folder, and makes it where it is missing, or
// is damaged, or of another version: what a cache loses is made anew. The errors are
// those of a folder that cannot be used.
func OpenAnswers(ctx context.Context, dir string, o AnswersOptions) (*Answers, error) {
	path, err := filepath.Abs(filepath.Join(dir, AnswersName))
	if err != nil {
		return nil, fmt.Errorf("open the cache: %w", err)
	}
	if err := prepare(path, false); err != nil {
		return nil, err
	}
	a := &Answers{opts: o}
	if err = a.open(ctx, path); err == nil {
		return a, nil
	}
	if err := errors.Join(a.Close(), discard(path)); err != nil {
		return nil, cured(path, err)
	}
	if err := prepare(path, false); err != nil {
		return nil, err
	}
	if err := a.open(ctx, path); err != nil {
		return nil, errors.Join(cured(path, err), a.Close())
	}
	return a, nil
}

// discard removes a database with its log.
func discard(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (a *Answers) open(ctx context.Context, path string) (err error) {
	if a.write, err = connect(path, modeWrite, 1); err != nil {
		return err
	}
	var version, application, tables int
	row := a.write.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&version, &application, &tables); err != nil {
		return err
	}
	switch {
	case tables == 0:
		if _, err := a.write.ExecContext(ctx, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM;"); err != nil {
			return err
		}
		if _, err := a.write.ExecContext(ctx, answersSchema); err != nil {
			return err
		}
	case version != answersVersion || application != 0x48674161:
		return fault.New(fault.Invalid, "the cache is of another version")
	}
	if err := assertWAL(ctx, a.write); err != nil {
		return err
	}
	a.read, err = connect(path, modeRead, readers)
	return err
}

// Close closes the file.
func (a *Answers) Close() error {
	var errs []error
	for _, db := range []**sql.DB{&a.write, &a.read} {
		if *db != nil {
			errs = append(errs, (*db).Close())
			*db = nil
		}
	}
	return errors.Join(errs...)
}

// Get finds the answer of a key. One that cannot be read, because it was kept under
// another key of encryption, is none.
func (a *Answers) Get(ctx context.Context, k cache.Key) (*cache.Answer, bool, error) {
	var document []byte
	err := a.read.QueryRowContext(ctx, "SELECT document FROM answers WHERE key = ?", k[:]).Scan(&document)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the cache: %w", err)
	}
	answer, ok := a.decode(k, document)
	return answer, ok, nil
}

// Put keeps answers, all or none. Those that are gone make room first, and then the
// oldest.
func (a *Answers) Put(ctx context.Context, answers []cache.Keyed) error {
	tx, err := a.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write the cache: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after a commit
	for _, k := range answers {
		document, err := a.encode(k.Key, k.Answer)
		if err != nil {
			return err
		}
		gone := k.Answer.Stored.Add(k.Answer.Fresh + k.Answer.Stale)
		// Not a replacement, which fires no trigger for the row that goes.
		if _, err := tx.ExecContext(ctx, "DELETE FROM answers WHERE key = ?", k.Key[:]); err != nil {
			return fmt.Errorf("write the cache: %w", err)
		}
		if _, err := tx.ExecContext(
			ctx, `INSERT INTO answers (key, stored, gone, tenant, model_id, model, bytes, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			k.Key[:], k.Answer.Stored.UnixNano(), gone.UnixNano(), string(k.Answer.Tenant), k.Answer.ModelID, string(k.Answer.Pool.Model), len(document)+rowBytes, document,
		); err != nil {
			return fmt.Errorf("write the cache: %w", err)
		}
	}
	if err := a.makeRoom(ctx, tx, time.Now()); err != nil {
		return fmt.Errorf("write the cache: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write the cache: %w", err)
	}
	_, err = a.write.ExecContext(ctx, "PRAGMA incremental_vacuum(256)")
	return err
}

// rowBytes is about what a row takes beside its document.
const rowBytes = 256

// makeRoom removes what is gone, and then the oldest until the rest fits.
func (a *Answers) makeRoom(ctx context.Context, tx *sql.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE gone <= ? ORDER BY gone LIMIT 1000)", now.UnixNano()); err != nil {
		return err
	}
	var bytes int64
	if err := tx.QueryRowContext(ctx, "SELECT bytes FROM total").Scan(&bytes); err != nil {
		return err
	}
	over := bytes - a.opts.Bytes
	if over <= 0 {
		return nil
	}
	// The oldest whose sizes together are at least what is over, a thousand at most:
	// the next batch removes the rest.
	_, err := tx.ExecContext(ctx, `DELETE FROM answers WHERE id IN (
		SELECT id FROM (
			SELECT id, bytes, sum(bytes) OVER (ORDER BY id) AS upto FROM (SELECT id, bytes FROM answers ORDER BY id LIMIT 1000)
		) WHERE upto - bytes < ?)`, over)
	return err
}

// Purge removes what a selection names.
func (a *Answers) Purge(ctx context.Context, s cache.Selection) (int, error) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if s.Tenant != "" {
		add("tenant = ?", string(s.Tenant))
	}
	if s.Model != "" {
		add("(model_id = ? OR model = ?)", s.Model, s.Model)
	}
	if s.Key != (cache.Key{}) {
		add("key = ?", s.Key[:])
	}
	if !s.Before.IsZero() {
		add("stored < ?", s.Before.UnixNano())
	}
	query := "DELETE FROM answers"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ") //nolint:gosec // conditions of ours
	}
	result, err := a.write.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("purge the cache: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("purge the cache: %w", err)
	}
	if _, err := a.write.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return int(n), fmt.Errorf("purge the cache: %w", err)
	}
	return int(n), nil
}

// Size is what the file holds.
func (a *Answers) Size(ctx context.Context) (answers int, bytes int64, err error) {
	err = a.read.QueryRowContext(ctx, "SELECT answers, bytes FROM total").Scan(&answers, &bytes)
	if err != nil {
		return 0, 0, fmt.Errorf("read the cache: %w", err)
	}
	return answers, bytes, nil
}
