package sqlitestore_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/llm"
)

func TestSnapshotsAreReplacedAndOutliveTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, sqlitestore.Options{})
	applied := 2.0
	snap := func(region llm.Region, minute int) account.Snapshot {
		return account.Snapshot{
			Account: "111122223333", Region: region, At: time.Date(2026, 11, 1, 12, minute, 0, 0, time.UTC),
			Quotas:   []account.Quota{{Code: "L-1", Name: "n", Limit: "requests_per_minute", Applied: &applied, Match: account.MatchCode}},
			Requests: []account.Request{{ID: "r", Code: "L-1", Desired: 20, Status: account.StatusPending}},
			Missing:  []account.Missing{{Part: "profiles", Action: "bedrock:ListInferenceProfiles", Denied: true, Reason: "no"}},
		}
	}
	for _, x := range []account.Snapshot{snap("us-east-1", 1), snap("eu-west-1", 2), snap("us-east-1", 3)} {
		if err := s.SaveSnapshot(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, dir, sqlitestore.Options{ReadOnly: true})
	got, err := again.Snapshots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]account.Snapshot{snap("eu-west-1", 2), snap("us-east-1", 3)}, got); diff != "" {
		t.Errorf("Snapshots() (-want +got):\n%s", diff)
	}
	if err := again.SaveSnapshot(t.Context(), snap("us-east-1", 4)); err == nil {
		t.Error("a store that was opened for reading took a snapshot")
	}
}
