package daemon_test

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/ledger"
)

// What was done to an account's alarms is in its ledger, also where there was none.
func TestWatchRecordsWhatWasDone(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, Region: "us-east-1", EndpointURL: "http://127.0.0.1:1"}
	w, err := daemon.OpenWatch(t.Context(), cfg, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	if w.Region != "eu-west-1" {
		t.Errorf("Region = %s", w.Region)
	}
	if snap, err := w.Latest(t.Context()); err != nil || !snap.At.IsZero() {
		t.Errorf("nobody was asked yet: %+v, %v", snap, err)
	}
	want := ledger.Event{Time: time.Now().UTC(), Kind: ledger.EventAlarmsApplied, Account: "111122223333", Region: w.Region, Text: "alarms: 1 created", Data: []byte(`{"created":["a"]}`)}
	if err := w.Record(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	store, err := sqlitestore.Open(t.Context(), cfg.DataDir, sqlitestore.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	got, err := store.Events(t.Context(), ledger.EventQuery{Kind: ledger.EventAlarmsApplied})
	if err != nil || len(got) != 1 || got[0].Text != want.Text || got[0].Account != want.Account || string(got[0].Data) != string(want.Data) {
		t.Errorf("%+v, %v", got, err)
	}
}
