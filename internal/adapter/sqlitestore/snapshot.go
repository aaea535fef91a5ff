package sqlitestore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/headgate/headgate/internal/account"
)

// SaveSnapshot replaces what is kept of the snapshot's account and Region.
func (s *Store) SaveSnapshot(ctx context.Context, snap account.Snapshot) error {
	if s.write == nil {
		return fmt.Errorf("save snapshot: %w", errReadOnly)
	}
	document, err := json.Marshal(snap)
	if err == nil {
		_, err = s.write.ExecContext(ctx, `INSERT INTO snapshots (account, region, taken, document) VALUES (?, ?, ?, ?)
			ON CONFLICT (account, region) DO UPDATE SET taken = excluded.taken, document = excluded.document`,
			string(snap.Account), string(snap.Region), snap.At.UnixNano(), document)
	}
	if err != nil {
		return fmt.Errorf("save snapshot of %s in %s: %w", snap.Account, snap.Region, err)
	}
	return nil
}

// Snapshots is the latest of every account and Region, sorted by both. One that
// cannot be read any more, as it is another version's, is passed over.
func (s *Store) Snapshots(ctx context.Context) (_ []account.Snapshot, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT document FROM snapshots ORDER BY account, region")
	if err != nil {
		return nil, fmt.Errorf("read snapshots: %w", err)
	}
	defer closeRows(rows, &err)
	var out []account.Snapshot
	for rows.Next() {
		var document []byte
		if err := rows.Scan(&document); err != nil {
			return nil, fmt.Errorf("read snapshots: %w", err)
		}
		var snap account.Snapshot
		if json.Unmarshal(document, &snap) == nil {
			out = append(out, snap)
		}
	}
	return out, rows.Err()
}
