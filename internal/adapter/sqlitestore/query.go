package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// where collects conditions; values only ever travel as parameters.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// with is w and one condition more; w stays as it is.
func (w *where) with(condition string, args ...any) where {
	return where{append(slices.Clone(w.conditions), condition), append(slices.Clone(w.args), args...)}
}

// String is the clause, empty without conditions.
func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// calls adds what q asks of a single call under the alias c; the outcome is
// apart, because a run's is its newest call's.
func (w *where) calls(q ledger.Query, c string) {
	if !q.Since.IsZero() {
		w.add(c+".arrived >= ?", q.Since.UnixNano())
	}
	if !q.Until.IsZero() {
		w.add(c+".arrived < ?", q.Until.UnixNano())
	}
	w.equal(c+".tenant", string(q.Tenant))
	w.equal(c+".run", string(q.Run))
	if q.Model != "" {
		w.add("("+c+".model_id = ? OR "+c+".model = ?)", q.Model, q.Model)
	}
}

// cursor adds the condition of q's cursor on rows that are ordered by the columns
// arrived and seq.
func (s *Store) cursor(ctx context.Context, w *where, q ledger.Query, arrivedColumn, seqColumn string) error {
	id, than := q.Before, "<"
	if q.After != "" {
		id, than = q.After, ">"
	}
	if id == "" {
		return nil
	}
	var arrived, seq int64
	err := s.read.QueryRowContext(ctx, "SELECT arrived, seq FROM calls WHERE id = ?", string(id)).Scan(&arrived, &seq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(fault.Invalid, "there is no call %s to go on from", id)
	case err != nil:
		return fmt.Errorf("find call %s: %w", id, err)
	}
	w.add("("+arrivedColumn+", "+seqColumn+") "+than+" (?, ?)", arrived, seq)
	return nil
}

// order is the order and the size of a page of c: one more than asked, which
// tells whether there is a next one.
func order(q ledger.Query) string {
	direction := "DESC"
	if q.After != "" {
		direction = "ASC"
	}
	return " ORDER BY c.arrived " + direction + ", c.seq " + direction + " LIMIT " + strconv.Itoa(q.Limit+1)
}

// page cuts the extra item off, puts the newest first and finds the cursor.
func page[T any](q ledger.Query, items []T, id func(T) llm.CallID) (_ []T, next llm.CallID) {
	if len(items) > q.Limit {
		items = items[:q.Limit]
		next = id(items[q.Limit-1])
	}
	if q.After != "" {
		slices.Reverse(items)
	}
	return items, next
}
