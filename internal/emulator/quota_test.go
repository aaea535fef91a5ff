package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// TestBadQuotasAreToldClearly: each mistake is a 400 that names it, and changes
// nothing.
func TestBadQuotasAreToldClearly(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	for _, tt := range []struct{ path, body, want string }{
		{"quotas", `{"law":"leaky"}`, `law \"leaky\" is unknown; there are bucket, bucket:5s`},
		{"quotas", `{"law":"shards:0"}`, "0 shards are not from 1 to 1000"},
		{"quotas", `{"law":"shards:9999999"}`, "not from 1 to 1000"},
		{"quotas", `{"law":"dual:-2s"}`, "no duration above zero"},
		{"quotas", `{"law":"bucket:999999h"}`, "not from 0 to 744h"},
		{"quotas", `{"day_law":"weekly"}`, "there are calendar, calendar:priced, rolling, rolling:priced"},
		{"quotas", `{"day_weights":{"input":1}}`, "day_weights: only a priced day has weights"},
		{"quotas", `{"day_law":"rolling:priced","day_weights":{"output":-1}}`, "output: -1 is not from 0 to 1000"},
		{"quotas", `{"hidden":{"factor":-0.5}}`, "hidden: factor: -0.5 is not from 0.1 to 1"},
		{"quotas", `{"hidden":{"factor":1e308}}`, "is not from 0.1 to 1"},
		{"quotas", `{"hidden":{"facter":1}}`, "facter"},
		{"quotas", `{"hidden":{"steps":[{"after":"2h","factor":0.5},{"after":"1h","factor":0.6}]}}`, "hidden: steps[1].after: 1h0m0s is not later than the step before it"},
		{"quotas", `{"hidden":{"steps":[{"after":"9999999h","factor":0.5}]}}`, "is no duration"},
		{"quotas", `{"hidden":{"steps":[{"after":"2000h","factor":0.5}]}}`, "2000h0m0s is not from 0 to 744h0m0s"},
		{"quotas", `{"hidden":{"steps":[{"after":5,"factor":0.5}]}}`, "number"},
		{"quotas", `{"hidden":{"drift":{"per_hour":-1,"min":0.5,"max":1}}}`, "hidden: drift.per_hour: -1"},
		{"quotas", `{"hidden":{"drift":{"per_hour":1,"min":1,"max":0.5}}}`, "drift: min 1 is not below max 0.5"},
		{"quotas", `{"accounting":{"refund":"tomorrow"}}`, "accounting: refund: \\\"tomorrow\\\" is neither origin nor now"},
		{"quotas", `{"accounting":{"refund_delay":"-1s"}}`, "-1s is not from 0"},
		{"quotas", `{"accounting":{"release_every":"x"}}`, "no duration, such as 500ms"},
		{"quotas", `{"accounting":{"min_reserved_output":-1}}`, "min_reserved_output: below zero"},
		{"quotas", `{"accounting":{"min_reserved_output":9000000000000000000}}`, "is more than 1000000000"},
		{"quotas", `{"others":{}}`, "others: 0 calls a minute"},
		{"quotas", `{"others":{"requests_per_minute":-1}}`, "below zero"},
		{"quotas", `{"others":{"requests_per_minute":1,"arrivals":"bursty"}}`, "neither poisson nor even"},
		{"quotas", `{"seed":-1}`, "seed"},
		{"quotas", `{"account_day_law":"rolling","account_day_weights":{"input":1}}`, "account_day_weights: only a priced day"},
		{"quotas", `{"account_day_weights":{"input":1}}`, "name an account_day_law as well"},
		{"faults", `{"kind":"unavailable","every_ms":1000}`, "want 0 < lasting_ms < every_ms"},
		{"faults", `{"kind":"unavailable","every_ms":1000,"lasting_ms":1000}`, "want 0 < lasting_ms < every_ms"},
		{"faults", `{"kind":"unavailable","every_ms":-5,"lasting_ms":-6}`, "want 0 < lasting_ms < every_ms"},
		{"faults", `{"kind":"unavailable","every_ms":9000000000000000000,"lasting_ms":5}`, "31 days"},
		{"faults", `{"kind":"unavailable","every_ms":1000,"lasting_ms":5,"next":3}`, "has no bursts"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, b.url+"/emulator/"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Message string }
		err = json.NewDecoder(response.Body).Decode(&answer)
		response.Body.Close()
		want := strings.ReplaceAll(tt.want, `\"`, `"`)
		want = strings.ReplaceAll(want, `\`, ``)
		if response.StatusCode != http.StatusBadRequest || err != nil || !strings.Contains(answer.Message, want) {
			t.Errorf("PUT %s: %s %q, want a 400 that says %q", tt.body, response.Status, answer.Message, want)
		}
	}
	if got, _ := burst(t, b, 3); got != 3 || len(b.nova().Levels) != 0 {
		t.Errorf("%d of 3 calls accepted after nothing but mistakes: %+v", got, b.nova())
	}
}

func TestParseQuotas(t *testing.T) {
	t.Parallel()
	list, err := emulator.ParseQuotas([]byte(`
- requests_per_minute: 100
  law: shards:4
  seed: 7
- model: amazon.nova-lite-v1:0
  path: geo
  tokens_per_minute: 1000000
  tokens_per_day: 5000000
  law: dual:2s
  day_law: rolling:priced
  day_weights: {input: 1, output: 4, cache_read: 0.1, cache_write: 1.25}
  hidden:
    factor: 0.9
    steps: [{after: 30m, factor: 0.7}, {after: 2h, factor: 1}]
    drift: {per_hour: 0.1, min: 0.8, max: 1}
  accounting: {reserve_cache_read: true, charge_rejected: true, release_every: 5s, refund: now, refund_delay: 1500ms}
  others: {requests_per_minute: 30, tokens_per_call: 2000, arrivals: poisson, seed: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	q := list[1]
	if list[0].Law.Shards != 4 || list[0].Seed != 7 || q.Law.Capacity != 2*time.Second || !q.DayLaw.Rolling || q.DayWeights.Output != 4 ||
		time.Duration(q.Hidden.Steps[1].After) != 2*time.Hour || q.Hidden.Drift.Min != 0.8 || time.Duration(q.Accounting.RefundDelay) != 1500*time.Millisecond ||
		q.Accounting.Refund != "now" || q.Others.TokensPerCall != 2000 {
		t.Errorf("quotas = %+v", list)
	}
	if _, err := emulator.New(emulator.Config{Accounts: quotas(list...)}); err != nil {
		t.Errorf("New: %v", err)
	}
	for text, want := range map[string]string{
		"- law: bucket\n  hiden: {factor: 1}":     "[2:3]",
		"- law: bucket\n  hidden: {facter: 1}":    "[2:12]",
		"- requests_per_minute: 5\n  law: leaky":  "law \"leaky\" is unknown",
		"- others: {requests_per_minute: 0}":      "quotas[0]: others: 0 calls a minute",
		"- hidden: {steps: [{after: 90}]}":        "no duration, such as",
		"- law: fixed\n- accounting: {refund: x}": "quotas[1]: accounting: refund",
		"":      "lists none",
		"a: b":  "",
		"- - 1": "",
	} {
		if _, err := emulator.ParseQuotas([]byte(text)); err == nil || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

// TestQuotaFor names the quota that the emulator itself applies.
func TestQuotaFor(t *testing.T) {
	t.Parallel()
	list := []emulator.Quota{{Model: novaLite}, {Model: "*", Path: "geo"}, {}, {Model: novaLite, Region: "eu-west-1"}, {Model: novaLite, Path: "*"}}
	for _, tt := range []struct {
		key  llm.Pool
		want int
	}{
		{llm.Pool{Region: "us-east-1", Model: novaLite, Path: llm.PathOnDemand}, 4},
		{llm.Pool{Region: "eu-west-1", Model: novaLite, Path: llm.PathGeo}, 3},
		{llm.Pool{Region: "us-east-1", Model: haiku, Path: llm.PathGeo}, 1},
		{llm.Pool{Region: "us-east-1", Model: haiku, Path: llm.PathGlobal}, 2},
	} {
		if got := emulator.QuotaFor(list, tt.key); got != tt.want {
			t.Errorf("QuotaFor(%v) = %d, want %d", tt.key, got, tt.want)
		}
	}
	if got := emulator.QuotaFor(list[:2], llm.Pool{Model: haiku, Path: llm.PathGlobal}); got != -1 {
		t.Errorf("QuotaFor with none that fits = %d", got)
	}
}
