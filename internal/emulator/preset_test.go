package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator"
)

func presets(p emulator.Preset) []emulator.Account {
	return []emulator.Account{{ID: accountID, Preset: p}}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	const sonnet5Tokens = "L-D4FBCF4E" // Sonnet 5 has no row of requests
	lacking := []float64{2, 500_000, 3, 1_000_000, 54_000_000, 500_000}
	for _, tt := range []struct {
		preset         emulator.Preset
		applied, usual []float64
	}{
		{emulator.PresetNew, lacking, []float64{10_000, 5_000_000, 10_000, 5_000_000, 7_200_000_000, 6_000_000}},
		{emulator.PresetGuide, lacking, []float64{125, 500_000, 250, 1_000_000, 1_440_000_000, 6_000_000}},
		{emulator.PresetDefault, []float64{10_000, 5_000_000, 10_000, 5_000_000, 0, 6_000_000}, []float64{10_000, 5_000_000, 10_000, 5_000_000, 0, 6_000_000}},
		{emulator.PresetZero, []float64{0, 0, 0, 0, 0, 0}, []float64{10_000, 5_000_000, 10_000, 5_000_000, 0, 6_000_000}},
	} {
		b := setup(t, emulator.Config{ServiceQuotas: unmetered, Accounts: presets(tt.preset)})
		c := b.asker("AKIDANY", "any", "us-east-1")
		var applied, usual []float64
		for _, code := range []string{geoRequests, geoTokens, globalRequests, globalTokens, globalDay, sonnet5Tokens} {
			value := 0.0
			if out, err := c.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: new("bedrock"), QuotaCode: &code}); err == nil {
				value = *out.Quota.Value
			}
			applied = append(applied, value)
			value = 0
			if out, err := c.GetAWSDefaultServiceQuota(t.Context(), &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: new("bedrock"), QuotaCode: &code}); err == nil {
				value = *out.Quota.Value
			}
			usual = append(usual, value)
		}
		if diff := cmp.Diff(tt.applied, applied); diff != "" {
			t.Errorf("%s, applied: %s", tt.preset, diff)
		}
		if diff := cmp.Diff(tt.usual, usual); diff != "" {
			t.Errorf("%s, defaults: %s", tt.preset, diff)
		}
	}
	_, err := emulator.New(emulator.Config{Accounts: presets("generous")})
	if err == nil || !strings.Contains(err.Error(), "accounts[0].preset") {
		t.Errorf("a preset that there is not: %v", err)
	}
}

// support speaks to a control path of cases.
func (b *bench) support(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.url+"/emulator/cases"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

type supportCase struct {
	ID, Status string
	Values     map[string]float64
	RequestID  string `json:"request_id"`
}

// resolved opens a case and grants what it asks for.
func (b *bench) resolved(t *testing.T, body string) {
	t.Helper()
	var opened supportCase
	status, text := b.support(t, http.MethodPost, "", body)
	if err := json.Unmarshal([]byte(text), &opened); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s", body, status, text)
	}
	if status, text = b.support(t, http.MethodPost, "/"+opened.ID+"/resolve", ""); status != http.StatusOK {
		t.Fatalf("%s: %d %s", body, status, text)
	}
}

func TestASupportCaseIsResolvedByHand(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered, Accounts: presets(emulator.PresetNew)})
	call := func() string {
		_, err := b.client.Converse(t.Context(), converse(usHaiku, "x [[output_tokens=1]]", 1))
		return throttle(err)
	}
	for i := range 3 {
		if refused := call() != ""; refused != (i == 2) {
			t.Fatalf("call %d of a new account: refused %t", i, refused)
		}
	}
	status, text := b.support(t, http.MethodPost, "", `{"codes":["`+globalRequests+`"],"values":{"`+geoRequests+`":20}}`)
	var opened supportCase
	if err := json.Unmarshal([]byte(text), &opened); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if diff := cmp.Diff(map[string]float64{globalRequests: 10_000, geoRequests: 20}, opened.Values); diff != "" || opened.Status != "open" {
		t.Errorf("%s: %s", opened.Status, diff)
	}
	if got := b.applied(t, geoRequests); got != 2 || call() == "" {
		t.Errorf("before the case is resolved: %v", got)
	}
	if status, text = b.support(t, http.MethodPost, "/"+opened.ID+"/resolve", ""); status != http.StatusOK || !strings.Contains(text, `"approved"`) {
		t.Fatalf("%d %s", status, text)
	}
	if got := b.applied(t, geoRequests); got != 20 {
		t.Errorf("applied = %v, want 20", got)
	}
	if got := b.applied(t, globalRequests); got != 10_000 {
		t.Errorf("applied, global = %v, want the default", got)
	}
	if got := b.applied(t, geoTokens); got != 500_000 {
		t.Errorf("tokens = %v, want what was", got)
	}
	if got := call(); got != "" {
		t.Errorf("after the case is resolved: %s", got)
	}
	for path, want := range map[string]int{
		"/" + opened.ID + "/resolve": http.StatusBadRequest, "/5/resolve": http.StatusNotFound, "/" + opened.ID: http.StatusNotFound,
	} {
		if status, text := b.support(t, http.MethodPost, path, ""); status != want {
			t.Errorf("POST %s: %d %s, want %d", path, status, text, want)
		}
	}
	for _, body := range []string{`{}`, `{"values":{"L-00000000":1}}`, `{"values":{"` + geoRequests + `":-1}}`, `{"values":{"` + geoRequests + `":1.5}}`, `{"codes":["L-0"]}`, `{"account":"x","codes":["` + geoRequests + `"]}`} {
		if status, text := b.support(t, http.MethodPost, "", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

func TestTheCaseOfAnIncreaseIsResolvedByHand(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{
		Accounts:      presets(emulator.PresetGuide),
		ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true, CaseAfter: -1, Outcome: emulator.Hold},
	})
	c := b.asker("AKIDANY", "any", "us-east-1")
	for code, desired := range map[string]float64{geoRequests: 126, globalRequests: 251} {
		if _, err := c.RequestServiceQuotaIncrease(t.Context(), increase(code, desired)); err != nil {
			t.Fatal(err)
		}
	}
	_, text := b.support(t, http.MethodGet, "", "")
	var list []supportCase
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 2 {
		t.Fatalf("%s: %v", text, err)
	}
	for _, k := range list {
		outcome := "approve"
		if _, global := k.Values[globalRequests]; global {
			outcome = "deny"
		}
		if status, text := b.support(t, http.MethodPost, "/"+k.ID+"/resolve", `{"outcome":"`+outcome+`"}`); status != http.StatusOK || k.RequestID == "" {
			t.Errorf("%d %s", status, text)
		}
		if status, text := b.support(t, http.MethodPost, "/"+k.ID+"/resolve", ""); status != http.StatusBadRequest {
			t.Errorf("twice: %d %s", status, text)
		}
	}
	if geo, global := b.applied(t, geoRequests), b.applied(t, globalRequests); geo != 126 || global != 3 {
		t.Errorf("geo %v, global %v, want 126 (approved) and 3 (denied)", geo, global)
	}
	history, err := c.ListRequestedServiceQuotaChangeHistory(t.Context(), &servicequotas.ListRequestedServiceQuotaChangeHistoryInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range history.RequestedQuotas {
		if want := map[string]string{geoRequests: "APPROVED", globalRequests: "DENIED"}[*q.QuotaCode]; string(q.Status) != want {
			t.Errorf("%s: %s, want %s", *q.QuotaCode, q.Status, want)
		}
	}
}
