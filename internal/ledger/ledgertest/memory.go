package ledgertest

import (
	"context"
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// Memory is a Store in memory: the plainest reading of the contract, which
// other stores are compared with, and a store for the tests of what writes
// entries. The zero value is empty and ready. It is safe for concurrent use.
type Memory struct {
	// AppendFunc, when set, is called before each Append; its error is returned
	// and nothing is kept. It must be set before the first use.
	AppendFunc func(ctx context.Context, entries []ledger.Entry) error

	// mu guards what follows; entries are in order of arrival.
	mu       sync.Mutex
	entries  []ledger.Entry
	recorded []ledger.Event
}

// Append keeps a copy of entries.
func (m *Memory) Append(ctx context.Context, entries []ledger.Entry) error {
	if m.AppendFunc != nil {
		if err := m.AppendFunc(ctx, entries); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		if m.indexLocked(e.ID) < 0 {
			e.Time = e.Time.UTC()
			m.entries = append(m.entries, e)
		}
	}
	slices.SortStableFunc(m.entries, func(a, b ledger.Entry) int { return a.Time.Compare(b.Time) })
	return nil
}

// Entries is everything that is kept, oldest first.
func (m *Memory) Entries() []ledger.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.entries)
}

// Calls lists entries.
func (m *Memory) Calls(_ context.Context, q ledger.Query) ([]ledger.Entry, llm.CallID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.windowLocked(q); err != nil {
		return nil, "", err
	}
	var all []ledger.Entry
	for _, e := range m.entries {
		if matches(q, e) && (q.Outcome == "" || e.Outcome == q.Outcome) {
			all = append(all, e)
		}
	}
	return page(m, q, all, func(e ledger.Entry) llm.CallID { return e.ID })
}

// Call finds one entry.
func (m *Memory) Call(_ context.Context, id llm.CallID) (ledger.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.indexLocked(id); i >= 0 {
		return m.entries[i], nil
	}
	return ledger.Entry{}, fault.New(fault.NotFound, "no call %s", id)
}

// Runs lists runs.
func (m *Memory) Runs(_ context.Context, q ledger.Query) ([]ledger.Run, llm.CallID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.windowLocked(q); err != nil {
		return nil, "", err
	}
	type key struct {
		tenant llm.Tenant
		id     llm.RunID
	}
	runs, selected := map[key]*ledger.Run{}, map[key]bool{}
	for _, e := range m.entries {
		k := key{e.Tenant, e.Run}
		if e.Run == "" {
			continue
		}
		if runs[k] == nil {
			runs[k] = &ledger.Run{}
		}
		runs[k].Add(e)
		selected[k] = selected[k] || matches(q, e)
	}
	var all []ledger.Run
	for k, run := range runs {
		if selected[k] && (q.Outcome == "" || run.Outcome == q.Outcome) {
			all = append(all, *run)
		}
	}
	slices.SortFunc(all, func(a, b ledger.Run) int { return m.indexLocked(a.Latest) - m.indexLocked(b.Latest) })
	return page(m, q, all, func(r ledger.Run) llm.CallID { return r.Latest })
}

// Run finds one run.
func (m *Memory) Run(_ context.Context, tenant llm.Tenant, id llm.RunID) (ledger.Run, []ledger.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if tenant == "" {
		for _, e := range m.entries {
			if e.Run == id {
				tenant = e.Tenant
			}
		}
	}
	var run ledger.Run
	var calls []ledger.Entry
	for _, e := range m.entries {
		if e.Run == id && e.Tenant == tenant && id != "" {
			run.Add(e)
			calls = append(calls, e)
		}
	}
	if run.Calls == 0 {
		return ledger.Run{}, nil, fault.New(fault.NotFound, "no run %s", id)
	}
	return run, calls[:min(len(calls), ledger.MaxLimit)], nil
}

func (m *Memory) indexLocked(id llm.CallID) int {
	return slices.IndexFunc(m.entries, func(e ledger.Entry) bool { return e.ID == id })
}

// windowLocked checks q and its cursor.
func (m *Memory) windowLocked(q ledger.Query) (ledger.Query, error) {
	q, err := q.Checked()
	if err != nil {
		return q, err
	}
	if cursor := q.Before + q.After; cursor != "" && m.indexLocked(cursor) < 0 {
		return q, fault.New(fault.Invalid, "no call %s to go on from", cursor)
	}
	return q, nil
}

// matches is every condition of q but the outcome, which runs have of their own.
func matches(q ledger.Query, e ledger.Entry) bool {
	return (q.Since.IsZero() || !e.Time.Before(q.Since)) &&
		(q.Until.IsZero() || e.Time.Before(q.Until)) &&
		(q.Tenant == "" || e.Tenant == q.Tenant) &&
		(q.Run == "" || e.Run == q.Run) &&
		(q.Model == "" || e.ModelID == q.Model || string(e.Pool.Model) == q.Model)
}

// page cuts one page out of all, which is oldest first.
func page[T any](m *Memory, q ledger.Query, all []T, id func(T) llm.CallID) (items []T, next llm.CallID, err error) {
	q, err = m.windowLocked(q)
	if err != nil {
		return nil, "", err
	}
	for _, item := range all {
		at := m.indexLocked(id(item))
		if (q.Before == "" || at < m.indexLocked(q.Before)) && (q.After == "" || at > m.indexLocked(q.After)) {
			items = append(items, item)
		}
	}
	more := len(items) > q.Limit
	switch {
	case more && q.After != "":
		items = items[:q.Limit]
	case more:
		items = items[len(items)-q.Limit:]
	}
	slices.Reverse(items)
	switch {
	case !more:
	case q.After != "":
		next = id(items[0])
	default:
		next = id(items[len(items)-1])
	}
	return items, next, nil
}
