package mysqlcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/verify"
)

// load puts all rows of a table in. A row that the server refuses is counted.
func (t *trial) load(ctx context.Context, table *schema.Table) error {
	t.out.Loaded[table.Name] = 0
	if table.From.Table == "" {
		return nil
	}
	refused := map[string]*verify.Finding{}
	var order []string
	b := batch{trial: t, table: table, refused: func(err *mysql.MySQLError) error {
		f, ok := t.broken(table, err)
		if !ok {
			return err
		}
		at := fmt.Sprint(f.Constraint, f.Columns)
		if refused[at] == nil {
			refused[at] = &f
			order = append(order, at)
		}
		refused[at].Rows++
		return nil
	}}
	err := t.rows.Scan(ctx, table, func(row []*string) error { return b.add(ctx, row) })
	if err = errors.Join(err, b.end(ctx)); err != nil {
		return failed(ctx, "load "+table.Name, err)
	}
	t.out.Loaded[table.Name] = b.loaded
	for _, at := range order {
		f := refused[at]
		f.Message = fmt.Sprintf("%d rows of %s were not taken for %s (%s)", f.Rows, f.Table, strings.Join(f.Columns, ", "), strings.ReplaceAll(string(f.Constraint), "_", " "))
		t.found(*f)
	}
	return nil
}

// Bounds of a batch.
const (
	batchRows   = 1000
	batchValues = 20_000
	batchBytes  = 512 << 10
)

// batch inserts many rows at once; when one is refused, one by one.
type batch struct {
	*trial
	table   *schema.Table
	refused func(*mysql.MySQLError) error // may swallow the error
	args    []any
	rows    int
	bytes   int
	loaded  int64
}

func (b *batch) add(ctx context.Context, row []*string) error {
	for i, c := range b.table.Columns {
		b.args = append(b.args, argument(c, row[i]))
		if row[i] != nil {
			b.bytes += len(*row[i])
		}
	}
	b.rows++
	if b.rows < batchRows && len(b.args) < batchValues && b.bytes < batchBytes {
		return nil
	}
	return b.end(ctx)
}

// end inserts what is there.
func (b *batch) end(ctx context.Context) error {
	if b.rows == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	width := len(b.table.Columns)
	err := b.insert(ctx, b.args, b.rows)
	if _, ok := errors.AsType[*mysql.MySQLError](err); ok {
		err = nil
		for i := 0; i < b.rows && err == nil; i++ {
			err = b.insert(ctx, b.args[i*width:(i+1)*width], 1)
			if said, ok := errors.AsType[*mysql.MySQLError](err); ok {
				err = b.refused(said)
			}
		}
	}
	b.args, b.rows, b.bytes = b.args[:0], 0, 0
	return err
}

func (b *batch) insert(ctx context.Context, args []any, rows int) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(b.table.Columns)), ",") + ")"
	insert := "INSERT INTO " + quote(b.table.Name) + " VALUES " + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") //nolint:gosec // a quoted name and question marks
	_, err := b.conn.ExecContext(ctx, insert, args...)
	if err == nil {
		b.loaded += int64(rows)
	}
	return err
}

// argument is a value as MySQL takes it for the column's type.
func argument(c schema.Column, text *string) any {
	if text == nil {
		return nil
	}
	switch evidence.Type(c.Type.Kind) {
	case evidence.TypeBoolean:
		switch *text {
		case "true":
			return int64(1)
		case "false":
			return int64(0)
		}
	case evidence.TypeBinary:
		return []byte(*text)
	case evidence.TypeTimestampTZ: // which is in UTC; MariaDB takes no zone
		return strings.TrimSuffix(*text, "+00:00")
	default:
	}
	return *text
}

// refusal is the constraint that an error is about; empty where it is about none.
func refusal(number uint16) verify.Constraint {
	switch number {
	case 1062, 1586:
		return verify.Unique
	case 1048, 1364:
		return verify.NotNull
	case 1264, 1265, 1292, 1366, 1367, 1406, 1411, 1525, 1690, 3140, 3141, 3156, 4025:
		return verify.TypeOf
	}
	return ""
}

// broken words why a row was not taken; false when it was not the row's fault.
func (t *trial) broken(table *schema.Table, err *mysql.MySQLError) (verify.Finding, bool) {
	f := verify.Finding{Constraint: refusal(err.Number), Table: table.Name}
	primary := func() {
		f.Constraint = verify.PrimaryKey
		if table.PrimaryKey != nil {
			f.Columns = table.PrimaryKey.Columns
		}
	}
	switch f.Constraint {
	case "":
		return f, false
	case verify.Unique:
		name := tail(err.Message, "for key ")
		name = strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "'`")
		if name == "PRIMARY" {
			primary()
			break
		}
		f.Columns = t.keys[table.Name+" "+name]
	default:
		f.Columns = named(table, tail(err.Message, "for column "))
		if k := table.PrimaryKey; f.Constraint == verify.NotNull && k != nil && len(f.Columns) == 1 && slices.Contains(k.Columns, f.Columns[0]) {
			primary() // which is why it has to have a value
		}
	}
	return f, len(f.Columns) > 0
}

// tail is what follows the last mark, or all: a value that is quoted before it may
// have one too.
func tail(message, mark string) string {
	if i := strings.LastIndex(message, mark); i >= 0 {
		return message[i+len(mark):]
	}
	return message
}

// named is the column that a part of a message names, in quotes, last.
func named(table *schema.Table, message string) []string {
	words := strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" .,:()\"'`", r) })
	for _, w := range slices.Backward(words) {
		if table.Column(w) != nil {
			return []string{w}
		}
	}
	return nil
}
