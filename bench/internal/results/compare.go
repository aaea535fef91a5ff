package results

import (
	"fmt"
	"math"
)

// same is how far apart two figures of virtual time may lie: the last digit
// that is kept may be rounded either way.
const same = 1e-5

// Compare lists how rows measured now differ from those on record: figures,
// targets, and rows that only one side has. It is empty when they agree.
func Compare(record, now []Row) ([]string, error) {
	now = append([]Row(nil), now...)
	if err := settle(now); err != nil {
		return nil, err
	}
	type full struct {
		suite string
		key
	}
	before := map[full]*Row{}
	for i := range record {
		before[full{record[i].Suite, record[i].key()}] = &record[i]
	}
	var out []string
	for i := range now {
		r := &now[i]
		at := full{r.Suite, r.key()}
		old, ok := before[at]
		delete(before, at)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("%s: %g now, not on record", r, r.Value))
		case !near(&old.Value, &r.Value):
			out = append(out, fmt.Sprintf("%s: %g now, %g on record", r, r.Value, old.Value))
		case !near(old.Bound, r.Bound) || !near(old.Min, r.Min) || !near(old.Max, r.Max):
			out = append(out, fmt.Sprintf("%s: the value is the same, its bound or range is not", r))
		case old.Target != r.Target:
			out = append(out, fmt.Sprintf("%s: target %q now, %q on record", r, r.Target, old.Target))
		}
	}
	for i := range record {
		if _, left := before[full{record[i].Suite, record[i].key()}]; left {
			out = append(out, fmt.Sprintf("%s: %g on record, not measured now", &record[i], record[i].Value))
		}
	}
	return out, nil
}

func near(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= same*max(math.Abs(*a), math.Abs(*b))
}
