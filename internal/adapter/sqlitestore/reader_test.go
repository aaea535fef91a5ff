package sqlitestore

import "testing"

// TestReadersCannotWrite holds that no query, however it came about, changes
// the ledger through a reading connection, the gateway's own included.
func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.read.ExecContext(t.Context(), "DELETE FROM calls"); err == nil {
		t.Error("a reading connection can delete, want an error")
	}
}
