package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
)

// requestsCode is the quota of requests a minute of Claude Haiku 4.5 on the
// geographic path.
const requestsCode = "L-CCA5DF70"

// TestARaisedQuotaIsUsedWithoutARestart plays the whole loop with traffic at two
// requests a minute: the quota is raised at AWS, the gateway notices, and the
// calls that wait go at once, without a throttle.
func TestARaisedQuotaIsUsedWithoutARestart(t *testing.T) {
	t.Parallel()
	for name, raise := range map[string]struct {
		preset emulator.Preset
		ask    func(t *testing.T, s *stand, c *servicequotas.Client)
		story  []ledger.EventKind
	}{
		// The default is 10,000: a request for 20 is refused, and a Support case helps.
		"below the default, by a case": {emulator.PresetNew, byCase, []ledger.EventKind{ledger.EventQuotaChanged, ledger.EventQuotaAdopted}},
		// The default is 125: a request for 126 is taken and approved.
		"above the default, by a request": {emulator.PresetGuide, byRequest, []ledger.EventKind{ledger.EventQuotaChanged, ledger.EventRequestStatus, ledger.EventQuotaAdopted}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{preset: raise.preset, config: func(c *config.Config) {
				c.Quotas.Source = config.QuotasDiscover
				c.Quotas.Refresh = config.Duration(30 * time.Second) // half a second at 60 times the speed
				c.Queue.MaxWait = config.Duration(time.Hour)
			}})
			sq := servicequotas.New(servicequotas.Options{
				Region: string(region), BaseEndpoint: &s.upstream, Credentials: sign(), HTTPClient: &http.Client{Transport: transport(t)},
			})
			s.awaitDiscovery(t)
			const calls = 40
			c := runtime(t, s.gateway)
			var all sync.WaitGroup
			for range calls {
				all.Go(func() {
					if _, err := c.Converse(t.Context(), question("hello")); err != nil {
						t.Errorf("Converse: %v", err)
					}
				})
			}
			raise.ask(t, s, sq)
			all.Wait()
			s.noThrottle(t)
			most := 0
			starts := s.pool().Starts
			for i, first := range starts {
				n := 0
				for _, x := range starts[i:] {
					if x.UnixMS < first.UnixMS+1000 {
						n++
					}
				}
				most = max(most, n)
			}
			if most <= 4 {
				t.Errorf("at most %d calls started within a minute, want many more than the two from before the raise", most)
			}
			s.stop(t)
			var told []ledger.EventKind
			for _, e := range s.events(t) {
				if e.Code == requestsCode {
					told = append(told, e.Kind)
				}
			}
			for _, kind := range raise.story {
				if !slices.Contains(told, kind) {
					t.Errorf("the ledger tells %v, which lacks %s", told, kind)
				}
			}
		})
	}
}

// byCase finds that a request is refused, and has a case resolved by hand.
func byCase(t *testing.T, s *stand, c *servicequotas.Client) {
	t.Helper()
	_, err := c.RequestServiceQuotaIncrease(t.Context(), &servicequotas.RequestServiceQuotaIncreaseInput{
		ServiceCode: aws.String("bedrock"), QuotaCode: aws.String(requestsCode), DesiredValue: aws.Float64(20),
	})
	if refused, ok := errors.AsType[*types.IllegalArgumentException](err); !ok || !strings.Contains(refused.ErrorMessage(), "greater than the default quota value of 10000.0") {
		t.Errorf("a request for 20 of a default of 10,000: %v", err)
	}
	client := &http.Client{Transport: transport(t)}
	opened, err := postRaw(t, client, s.upstream, "/emulator/cases", `{"codes":["`+requestsCode+`"],"values":{"`+requestsCode+`":2000}}`)
	if err != nil || opened.status != http.StatusOK {
		t.Fatalf("open a case: %d %s, %v", opened.status, opened.body, err)
	}
	var opening struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(opened.body), &opening); err != nil || opening.ID == "" {
		t.Fatalf("the case: %s, %v", opened.body, err)
	}
	resolved, err := postRaw(t, client, s.upstream, "/emulator/cases/"+opening.ID+"/resolve", "")
	if err != nil || resolved.status != http.StatusOK {
		t.Fatalf("resolve the case: %d %s, %v", resolved.status, resolved.body, err)
	}
}

// byRequest files a request that is approved.
func byRequest(t *testing.T, _ *stand, c *servicequotas.Client) {
	t.Helper()
	if _, err := c.RequestServiceQuotaIncrease(t.Context(), &servicequotas.RequestServiceQuotaIncreaseInput{
		ServiceCode: aws.String("bedrock"), QuotaCode: aws.String(requestsCode), DesiredValue: aws.Float64(126),
	}); err != nil {
		t.Errorf("a request for 126 of a default of 125: %v", err)
	}
}

// events are all that the ledger tells.
func (s *stand) events(t *testing.T) []ledger.Event {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), s.config.DataDir, sqlitestore.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	events, err := store.Events(t.Context(), ledger.EventQuery{Limit: ledger.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// awaitDiscovery returns when the gateway has asked once.
func (s *stand) awaitDiscovery(t *testing.T) {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), s.config.DataDir, sqlitestore.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(patience); ; {
		if known, err := store.Snapshots(t.Context()); err != nil || len(known) > 0 {
			return
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatal("the gateway has not asked what the account has")
		}
	}
}
