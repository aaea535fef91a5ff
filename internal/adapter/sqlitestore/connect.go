package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/internal/fault"
)

type mode int

const (
	modeWrite mode = iota
	modeRead
)

// connect makes a pool of at most n connections. The driver's own spelling of
// pragmas is used, and what matters is asserted: parameters that it does not
// know are ignored without a word.
func connect(path string, m mode, n int) (*sql.DB, error) {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(5000)")
	q.Add("_pragma", "foreign_keys(1)")
	switch m {
	case modeWrite:
		// Only a new database takes it: what is deleted goes back to the disk, bit by bit.
		q.Add("_pragma", "auto_vacuum(INCREMENTAL)")
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(NORMAL)")
		// The pages that an insert touches lie in many places, and triggers keep copies of
		// them until they are through: both stay in memory.
		q.Add("_pragma", "cache_size(-32768)") // KiB
		q.Add("_pragma", "temp_store(MEMORY)")
		q.Set("_txlock", "immediate")
	case modeRead:
		// Not mode=ro: a reader of a WAL database takes part in its shared memory.
		q.Set("mode", "rw")
		q.Add("_pragma", "query_only(1)")
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// assertWAL fails unless the database is in WAL mode: without it a reader
// would block the writer.
func assertWAL(ctx context.Context, db *sql.DB) error {
	var got string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&got); err != nil {
		return fmt.Errorf("read the journal mode: %w", err)
	}
	if got != "wal" {
		return fault.New(fault.Invalid, "the database cannot use a write-ahead log here (journal mode %s); keep data_dir on a local disk, not on a network share", got)
	}
	return nil
}

// cured gives an error of opening its kind and says what to do about it.
func cured(path string, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	dir := filepath.Dir(path)
	say := func(kind fault.Kind, format string, args ...any) error {
		return &fault.Error{Kind: kind, Op: "open the database", Message: fmt.Sprintf(format, args...), Err: err}
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the primary code, sqlite.org/rescode.html
		case sqlite3.SQLITE_NOTADB:
			return say(fault.Invalid, "%s is not a SQLite database; move it away, or name another folder with --data-dir", path)
		case sqlite3.SQLITE_CORRUPT:
			return say(fault.Invalid, "%s is damaged; move it away to start with an empty record, and keep it: parts of it can be recovered", path)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return say(fault.Denied, "%s cannot be opened by this user; give it the folder %s, or name another with --data-dir", path, dir)
		case sqlite3.SQLITE_FULL:
			return say(fault.Internal, "there is no room left on the disk of %s", path)
		case sqlite3.SQLITE_BUSY:
			return say(fault.Timeout, "%s is locked by another process for more than five seconds", path)
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission), isReadOnlyDisk(err):
		return say(fault.Denied, "%s cannot be opened by this user; give it the folder %s, or name another with --data-dir", path, dir)
	case errors.Is(err, fs.ErrExist), isNotFolder(err):
		return say(fault.Invalid, "%s cannot be a folder: a file is in the way; name another with --data-dir", dir)
	}
	return say(fault.Internal, "%s cannot be opened; name another folder with --data-dir", path)
}
