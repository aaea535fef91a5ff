package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// dayCode is the quota of tokens a day of Claude Haiku 4.5 on the geographic path,
// whose row shows half of what is enforced.
const dayCode = "L-6120CF2D"

// TestADoubledRowIsUsedToTheFull: AWS shows half of the day's tokens, and the
// gateway doubles what it is shown. Were it to take the row as it is, half of the
// day would stay unused; were it to double too often, calls would be throttled.
func TestADoubledRowIsUsedToTheFull(t *testing.T) {
	t.Parallel()
	const enforced = 20_000
	s := setup(t, options{
		quotas: []emulator.Quota{{Model: string(haiku), Path: string(llm.PathGeo), TokensPerDay: aws.Int64(enforced)}},
		config: func(c *config.Config) {
			c.Quotas.Source, c.Quotas.Pools = config.QuotasDiscover, nil
			c.Queue.MaxWait = config.Duration(time.Minute) // whoever is to wait for the next day is refused
		},
	})
	sq := servicequotas.New(servicequotas.Options{
		Region: string(region), BaseEndpoint: &s.upstream, Credentials: sign(), HTTPClient: &http.Client{Transport: transport(t)},
	})
	shown, err := sq.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("bedrock"), QuotaCode: aws.String(dayCode)})
	if err != nil || *shown.Quota.Value != enforced/2 {
		t.Fatalf("AWS shows %+v, %v, want %d", shown, err, enforced/2)
	}
	c := runtime(t, s.gateway)
	if _, err := c.Converse(t.Context(), question("hello")); err != nil { // what is called is listed
		t.Fatal(err)
	}
	if got := s.awaitRow(t, dayCode); got.Applied != enforced || got.Effective != enforced {
		t.Errorf("the gateway takes the row for %d and paces by %d, want %d", got.Applied, got.Effective, enforced)
	}
	for range enforced { // a call is a token at least
		if _, err = c.Converse(t.Context(), question("hello")); err != nil {
			break
		}
	}
	s.noThrottle(t)
	p := s.pool()
	const call = 600 // the most that a question settles at, which is more than it holds
	if err == nil || p.Settled < enforced-call || p.Settled > enforced+call {
		t.Errorf("%d of %d tokens were used in %d calls, then: %v; want all, give or take less than %d, and then a refusal", p.Settled, enforced, p.Requests, err, call)
	}
}

// awaitRow returns a limit once the gateway paces by what AWS shows of it.
func (s *stand) awaitRow(t *testing.T, code string) console.Quota {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(patience); ; {
		rows := quotas(t, s.gateway, console.Filter{}).Quotas
		if i := slices.IndexFunc(rows, func(q console.Quota) bool { return q.Code == code }); i >= 0 {
			return rows[i]
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("the gateway knows nothing of %s, only %+v", code, rows)
		}
	}
}
