package sqlitecheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/verify"
)

// perTransaction is how many rows are loaded in one transaction.
const perTransaction = 50_000

// load puts all rows of a table in. A row that a constraint refuses is counted, and
// the first of each constraint is quoted by what SQLite says of it, which has the
// names of columns and no values.
func (t *trial) load(ctx context.Context, table *schema.Table) error {
	if table.From.Table == "" {
		t.out.Loaded[table.Name] = 0
		return nil
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(table.Columns)), ", ")
	refused := map[string]*verify.Finding{}
	var order []string
	err := t.fill(ctx, "INSERT INTO "+quote(table.Name)+" VALUES ("+marks+")", table.Columns,
		func(row func([]*string) error) error {
			return t.rows.Scan(ctx, table, func(r []*string) error {
				t.out.Loaded[table.Name]++
				return row(r)
			})
		},
		func(err error, _ *sql.Stmt) error {
			f, ok := refusal(table, err)
			if !ok {
				return err
			}
			t.out.Loaded[table.Name]--
			if refused[f.Message] == nil {
				refused[f.Message] = &f
				order = append(order, f.Message)
			}
			refused[f.Message].Rows++
			return nil
		})
	if err != nil {
		return fmt.Errorf("load %s: %w", table.Name, err)
	}
	for _, message := range order {
		t.found(*refused[message])
	}
	return nil
}

// fill runs the insert for every row that scan gives, in transactions. What a row
// fails with goes to failed, which may swallow it.
func (t *trial) fill(ctx context.Context, insert string, columns []schema.Column, scan func(func([]*string) error) error, failed func(error, *sql.Stmt) error) (err error) {
	var tx *sql.Tx
	var st *sql.Stmt
	n := 0
	end := func() error {
		if tx == nil {
			return nil
		}
		closed, done := st.Close(), tx.Commit()
		tx = nil
		if errors.Is(done, sql.ErrTxDone) {
			return closed // its context ended, which the scan says
		}
		return errors.Join(closed, done)
	}
	defer func() { err = errors.Join(err, end()) }()
	args := make([]any, len(columns))
	// The scan looks at ctx often enough. A context that can end costs a goroutine for
	// each row here, which takes longer than the row.
	whole := context.WithoutCancel(ctx)
	return scan(func(row []*string) error {
		if tx == nil {
			if tx, err = t.db.BeginTx(ctx, nil); err != nil {
				return err
			}
			if st, err = tx.PrepareContext(ctx, insert); err != nil { //nolint:sqlclosecheck // end closes it
				return errors.Join(err, tx.Rollback())
			}
		}
		for i := range columns {
			args[i] = argument(columns[i], row[i])
		}
		if _, err := st.ExecContext(whole, args...); err != nil {
			if err := failed(err, st); err != nil {
				return err
			}
		}
		if n++; n%perTransaction == 0 {
			return end()
		}
		return nil
	})
}

// argument is a value as SQLite keeps the column's type.
func argument(c schema.Column, text *string) any {
	if text == nil {
		return nil
	}
	switch evidence.Type(c.Type.Kind) {
	case evidence.TypeBoolean:
		if *text == "true" {
			return int64(1)
		}
		return int64(0)
	case evidence.TypeBinary:
		return []byte(*text)
	default:
		return *text
	}
}

// affinity makes a column of the original compare as the schema's do.
func affinity(c schema.Column) string {
	switch evidence.Type(c.Type.Kind) {
	case evidence.TypeBoolean, evidence.TypeInteger:
		return "INTEGER"
	case evidence.TypeDecimal, evidence.TypeFloat:
		return "REAL"
	default:
		return "TEXT"
	}
}

// refusal words why a row was not taken; false when it was not the row's fault.
func refusal(table *schema.Table, err error) (verify.Finding, bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return verify.Finding{}, false
	}
	f := verify.Finding{Table: table.Name, Message: e.Error()}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		f.Constraint = verify.PrimaryKey
		if table.PrimaryKey != nil {
			f.Columns = table.PrimaryKey.Columns
		}
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		f.Constraint, f.Columns = verify.Unique, named(table, f.Message)
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		f.Constraint, f.Columns = verify.NotNull, named(table, f.Message)
		if k := table.PrimaryKey; k != nil && len(f.Columns) == 1 && slices.Contains(k.Columns, f.Columns[0]) {
			f.Constraint, f.Columns = verify.PrimaryKey, k.Columns // which is why it has to have a value
		}
	case sqlite3.SQLITE_MISMATCH: // of an integer key, which is the row's number itself
		f.Constraint = verify.TypeOf
		if table.PrimaryKey != nil {
			f.Columns = table.PrimaryKey.Columns
		}
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_DATATYPE:
		f.Constraint, f.Columns = verify.TypeOf, named(table, f.Message)
	default:
		return verify.Finding{}, false
	}
	return f, true
}

// named are the columns that a message of SQLite names, as table.column or in
// quotes, in the table's order.
func named(table *schema.Table, message string) []string {
	var out []string
	words := strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" ,:()\"'", r) })
	for _, c := range table.Columns {
		for _, w := range words {
			if w == c.Name || w == table.Name+"."+c.Name {
				out = append(out, c.Name)
				break
			}
		}
	}
	return out
}
