package sqlitestore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// The steps of roll-ups in seconds, as in the column step; 0 is the calls.
const (
	stepCall    = 0
	stepMinute  = 60
	stepQuarter = 15 * 60
	stepDay     = 24 * 60 * 60
)

// ends of time, in nanoseconds: beyond them nothing is asked for.
const (
	never  = math.MinInt64
	always = math.MaxInt64
)

// span is a stretch of time, [from, to) in nanoseconds, that is read from one step.
type span struct {
	step     int64
	from, to int64
}

// spans cover the time from since on until before until, zero for no end: whole
// units of the largest step within, then of smaller ones at both sides, at last
// calls. What of a step is not kept any more is read from the next larger one.
func (s *Store) spans(ctx context.Context, since, until time.Time, steps ...int64) ([]span, error) {
	kept, err := s.kept(ctx)
	if err != nil {
		return nil, err
	}
	from, to := int64(never), int64(always)
	if !since.IsZero() {
		from = since.UnixNano()
	}
	if !until.IsZero() {
		to = until.UnixNano()
	}
	finer := int64(stepCall)
	for _, step := range slices.Backward(steps) { // the smallest first
		unit := step * int64(time.Second)
		if from != never && from < kept[finer] {
			from = down(from, unit)
		}
		if to != always && to < kept[finer] {
			to = up(to, unit)
		}
		finer = step
	}
	return cover(nil, from, to, steps), nil
}

// cover appends the spans between two instants.
func cover(out []span, from, to int64, steps []int64) []span {
	if from >= to {
		return out
	}
	if len(steps) == 0 {
		return append(out, span{stepCall, from, to})
	}
	unit := steps[0] * int64(time.Second)
	first, last := from, to
	if from != never {
		first = up(from, unit)
	}
	if to != always {
		last = down(to, unit)
	}
	if first >= last {
		return cover(out, from, to, steps[1:])
	}
	out = cover(out, from, first, steps[1:])
	out = append(out, span{steps[0], first, last})
	return cover(out, last, to, steps[1:])
}

func down(t, unit int64) int64 {
	r := t % unit
	if r < 0 {
		r += unit
	}
	return t - r
}

func up(t, unit int64) int64 {
	if d := down(t, unit); d < t {
		return d + unit
	}
	return t
}

// kept is from when on each step is kept in whole, in nanoseconds; those that are
// not named are so from the beginning on.
func (s *Store) kept(ctx context.Context) (_ map[int64]int64, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT step, since FROM kept")
	if err != nil {
		return nil, fmt.Errorf("read what is kept: %w", err)
	}
	defer closeRows(rows, &err)
	out := map[int64]int64{stepCall: never, stepMinute: never, stepQuarter: never, stepDay: never}
	for rows.Next() {
		var step, since int64
		if err := rows.Scan(&step, &since); err != nil {
			return nil, fmt.Errorf("read what is kept: %w", err)
		}
		out[step] = since * int64(time.Second)
	}
	return out, rows.Err()
}
