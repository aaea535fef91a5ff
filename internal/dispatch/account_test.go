package dispatch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

const sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

// withAccount gives the account a day limit that its pools share.
func (b *bench) withAccount(perDay int64, limits []quota.Limit) *bench {
	b.opts.Limits = limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
		return limit.Limits{
			Pool: p, Limits: limits, Provenance: limit.Configured,
			Account: []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: perDay}},
		}
	}})
	return b
}

// sized is a call of a model that holds about maxTokens.
func sized(model, maxTokens string) *Request {
	r := request("")
	r.Labels = NewLabels()
	r.ModelID, r.RawPath = model, "/model/"+model+"/converse"
	r.Body = []byte(`{"messages":[],"inferenceConfig":{"maxTokens":` + maxTokens + `}}`)
	return r
}

// TestAccountLimitWakesOtherPools: what a call of one pool gives back of the
// account's limit is at once for the calls that wait in another.
func TestAccountLimitWakesOtherPools(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, nil).withAccount(50_000, perMinute(100, 500_000))
		long := good(20, 30)
		long.after = 20 * time.Second
		b.up.script = []reply{long}
		first := make(chan error, 1)
		go func() {
			_, _, err := b.send(t.Context(), sized(haiku, "40000"))
			first <- err
		}()
		synctest.Wait()
		begin := time.Now()
		if status, _, err := b.send(t.Context(), sized(sonnet, "40000")); status != 200 || err != nil {
			t.Fatalf("the other pool's call: %d, %v", status, err)
		}
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := b.up.starts[1].Sub(begin); waited < 20*time.Second || waited > 21*time.Second {
			t.Errorf("the other pool's call started after %v, want the 20 s until the first gives its hold back", waited)
		}
		if e := b.ledger.entries[1]; !strings.Contains(e.Reason, "account_tokens_per_day") {
			t.Errorf("reason = %q, want the account's limit", e.Reason)
		}
		b.Close()
	})
}
