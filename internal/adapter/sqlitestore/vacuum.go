package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
)

// mostRewritten is how large a database may be that is rewritten when it is opened:
// that takes a second or so.
const mostRewritten = 256 << 20

// shrinkable makes a database give back what is deleted in it. One of before that was
// so has to be rewritten; a large one stays as it is, and what is free in it is used
// again.
func shrinkable(ctx context.Context, db *sql.DB) error {
	var mode, size int64
	err := db.QueryRowContext(ctx, `SELECT (SELECT auto_vacuum FROM pragma_auto_vacuum),
		(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)`).Scan(&mode, &size)
	if err != nil {
		return fmt.Errorf("read the vacuum mode: %w", err)
	}
	const incremental = 2 // sqlite.org/pragma.html#pragma_auto_vacuum
	if mode == incremental || size > mostRewritten {
		return nil
	}
	// Others may read it just now: then it is rewritten another time.
	_, _ = db.ExecContext(ctx, "PRAGMA auto_vacuum = INCREMENTAL")
	_, _ = db.ExecContext(ctx, "VACUUM")
	return nil
}
