// Package sqlitestore keeps the ledger of calls, the state of limits and who may
// use the API in one SQLite file.
//
// The file is in WAL mode: one connection writes, several read, and another
// process may read while the gateway writes. A process that is killed leaves
// the file whole, with everything that was committed; a power cut may lose
// the last commits (synchronous=NORMAL, sqlite.org/pragma.html#pragma_synchronous).
package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
)

// FileName is the database's name in a data folder.
const FileName = "headgate.db"

// readers is how many connections read at once. Reads are a person's or a
// dashboard's; more would only compete with the writer for the disk.
const readers = 4

// Options says how to open.
type Options struct {
	// ReadOnly neither makes nor changes the database. It is for reading what a
	// gateway, running or not, has written.
	ReadOnly bool
}

// Store is safe for concurrent use. It is the ledger.Store and the
// limit.Journal of a gateway.
type Store struct {
	write      *sql.DB // nil when read-only
	read       *sql.DB
	statements *statements // nil when read-only
}

// Both ports are kept in one file.
var (
	_ ledger.Store  = (*Store)(nil)
	_ limit.Journal = (*Store)(nil)
)

// Open opens the database in dir, or the file itself when dir ends in .db. The
// folder and the database are made when they are missing, for their owner
// alone, and brought up to date. Errors say what to do: kind NotFound when
// there is nothing to read, Denied for a folder or file without permission,
// Invalid for a file that is no Headgate database or a newer one's.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	path := dir
	if filepath.Ext(path) != ".db" {
		path = filepath.Join(dir, FileName)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := prepare(path, opts.ReadOnly); err != nil {
		return nil, err
	}
	s := &Store{}
	if err := s.open(ctx, path, opts.ReadOnly); err != nil {
		return nil, errors.Join(cured(path, err), s.Close())
	}
	return s, nil
}

// prepare sees that the file is there and can be used, where SQLite would only
// say that it cannot open it, and keeps others from reading it.
func prepare(path string, readOnly bool) error {
	if readOnly {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0:
			return &fault.Error{
				Kind: fault.NotFound,
				Message: fmt.Sprintf("there is no record of calls at %s yet; start `headgate serve` or `headgate up`, or name another folder with --data-dir",
					path),
			}
		case err != nil:
			return cured(path, err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return cured(path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return cured(path, err)
	}
	return file.Close()
}

func (s *Store) open(ctx context.Context, path string, readOnly bool) (err error) {
	if !readOnly {
		if s.write, err = connect(path, modeWrite, 1); err != nil {
			return err
		}
		if err := assertWAL(ctx, s.write); err != nil {
			return err
		}
		if err := migrate(ctx, s.write); err != nil {
			return err
		}
		if err := shrinkable(ctx, s.write); err != nil {
			return err
		}
		if s.statements, err = prepareStatements(ctx, s.write); err != nil {
			return err
		}
	}
	if s.read, err = connect(path, modeRead, readers); err != nil {
		return err
	}
	return checkSchema(ctx, s.read)
}

// Close ends all connections; the last one to leave folds the WAL into the
// file. The Store must not be used afterwards.
func (s *Store) Close() error {
	var errs []error
	if s.statements != nil {
		errs = append(errs, s.statements.close())
	}
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
