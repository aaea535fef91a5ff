package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

func increase(quotaCode string, desired float64) *servicequotas.RequestServiceQuotaIncreaseInput {
	return &servicequotas.RequestServiceQuotaIncreaseInput{ServiceCode: new("bedrock"), QuotaCode: &quotaCode, DesiredValue: &desired}
}

func TestIncreasesThatServiceQuotasRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered, Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(2))})})
	c := b.asker("AKIDANY", "any", "us-east-1")
	if _, err := c.RequestServiceQuotaIncrease(t.Context(), increase(globalRequests, 10_001)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		code    string
		desired float64
		want    string
	}{
		// Twenty would be ten times what the account has, and is below the default.
		{geoRequests, 20, "IllegalArgumentException: You must provide a quota value greater than the default quota value of 10000.0"},
		{geoRequests, 10_000, "IllegalArgumentException: You must provide a quota value greater than the default quota value of 10000.0"},
		{geoRequests, -1, "IllegalArgumentException: 1 validation error detected: Value '-1.0'"},
		{geoRequests, 10_000.5, "IllegalArgumentException: "},
		{globalRequests, 10_002, "ResourceAlreadyExistsException: Only one open service quota increase request is allowed per quota."},
		{allModelsDay, 1e12, "IllegalArgumentException: The quota L-E3F10727 is not adjustable."},
		{"L-00000000", 5, "NoSuchResourceException: "},
	} {
		_, err := c.RequestServiceQuotaIncrease(t.Context(), increase(tt.code, tt.desired))
		if got := code(err); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s to %v: %q, want %q", tt.code, tt.desired, got, tt.want)
		}
	}
}

func TestTwentyIncreasesOfAnAccountAreOpenAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered})
	opened := 0
	for p := servicequotas.NewListAWSDefaultServiceQuotasPaginator(b.asker("AKIDANY", "any", "us-east-1"), &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: new("bedrock")}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range out.Quotas {
			if !q.Adjustable {
				continue
			}
			region := []string{"us-east-1", "eu-west-1"}[opened%2]
			_, err := b.asker("AKIDANY", "any", region).RequestServiceQuotaIncrease(t.Context(), increase(*q.QuotaCode, *q.Value+1))
			if err == nil {
				opened++
				continue
			}
			if got := code(err); opened != 20 || !strings.HasPrefix(got, "QuotaExceededException: ") {
				t.Fatalf("after %d: %v", opened, err)
			}
			return
		}
	}
	t.Errorf("%d are open", opened)
}

func TestAnIncreaseIsApprovedAndEnforced(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{
		Now: clock.Now, TimeScale: 2,
		ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true, CaseAfter: 20 * time.Second, DecideAfter: 40 * time.Second},
		Accounts:      quotas(emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(10_000)), TokensPerMinute: new(int64(7)), Law: emulator.Law{Kind: emulator.Sliding}}),
	})
	c := b.asker("AKIDANY", "any", "us-east-1")
	out, err := c.RequestServiceQuotaIncrease(t.Context(), increase(geoTokens, 5_000_001))
	if err != nil {
		t.Fatal(err)
	}
	id := out.RequestedQuota.Id
	call := func() string {
		t.Helper()
		_, err := b.client.Converse(t.Context(), converse(usHaiku, "Hello there. [[output_tokens=5]]", 500))
		return throttle(err)
	}
	for _, tt := range []struct {
		after   time.Duration
		want    types.RequestStatus
		value   float64
		refused bool
	}{
		{0, types.RequestStatusPending, 7, true},
		{9 * time.Second, types.RequestStatusPending, 7, true},
		{time.Second, types.RequestStatusCaseOpened, 7, true},
		{19 * time.Second, types.RequestStatusCaseOpened, 7, true},
		{time.Second, types.RequestStatusApproved, 5_000_001, false},
	} {
		clock.add(tt.after)
		// The call comes first: nobody has to look for an approval to hold.
		if got := call(); (got != "") != tt.refused {
			t.Errorf("%s: the call is refused with %q", tt.want, got)
		}
		got, err := c.GetRequestedServiceQuotaChange(t.Context(), &servicequotas.GetRequestedServiceQuotaChangeInput{RequestId: id})
		if err != nil {
			t.Fatal(err)
		}
		if q := got.RequestedQuota; q.Status != tt.want || (q.CaseId == nil) != (tt.want == types.RequestStatusPending) {
			t.Errorf("status = %s, case %v, want %s", q.Status, q.CaseId, tt.want)
		}
		if got := b.applied(t, geoTokens); got != tt.value {
			t.Errorf("%s: applied = %v, want %v", tt.want, got, tt.value)
		}
	}
	for _, q := range []struct {
		status types.RequestStatus
		want   int
	}{{types.RequestStatusApproved, 1}, {types.RequestStatusPending, 0}, {"", 1}} {
		list, err := c.ListRequestedServiceQuotaChangeHistoryByQuota(t.Context(), &servicequotas.ListRequestedServiceQuotaChangeHistoryByQuotaInput{ServiceCode: new("bedrock"), QuotaCode: new(geoTokens), Status: q.status})
		if err != nil || len(list.RequestedQuotas) != q.want {
			t.Errorf("history by quota with status %q: %v, %v", q.status, list, err)
		}
		all, err := c.ListRequestedServiceQuotaChangeHistory(t.Context(), &servicequotas.ListRequestedServiceQuotaChangeHistoryInput{Status: q.status})
		if err != nil || len(all.RequestedQuotas) != q.want {
			t.Errorf("history with status %q: %v, %v", q.status, all, err)
		}
	}
}

func TestWhatWasSpentStaysSpent(t *testing.T) {
	t.Parallel()
	clock := newClock()
	account := quotas(emulator.Quota{RequestsPerMinute: new(int64(125)), Law: emulator.Law{Kind: emulator.Sliding}})
	account[0].Defaults = map[string]float64{geoRequests: 125}
	b := setup(t, emulator.Config{
		Now: clock.Now, ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true, CaseAfter: -1, DecideAfter: time.Second}, Accounts: account,
	})
	for range 125 {
		if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x [[output_tokens=1]]", 1)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.asker("AKIDANY", "any", "us-east-1").RequestServiceQuotaIncrease(t.Context(), increase(geoRequests, 128)); err != nil {
		t.Fatal(err)
	}
	clock.add(time.Second)
	for i := range 4 {
		_, err := b.client.Converse(t.Context(), converse(usHaiku, "x [[output_tokens=1]]", 1))
		if got := throttle(err) != ""; got != (i == 3) {
			t.Errorf("call %d after the approval: %v", i, err)
		}
	}
}

// TestTheLaterWordHolds: of an approval and a quota that is set, by whom and for
// how many pools ever.
func TestTheLaterWordHolds(t *testing.T) {
	t.Parallel()
	const decided = 10 * time.Second
	for _, tt := range []struct {
		name string
		was  emulator.Quota // besides what is set
		set  emulator.Quota
		want float64
	}{
		{"the pool's quota", emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(2))}, emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(3))}, 3},
		{"the quota of the pool in the Region", emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(2))}, emulator.Quota{Model: haiku, Path: "geo", Region: "us-east-1", RequestsPerMinute: new(int64(4))}, 4},
		{"a quota over all, where there was no other", emulator.Quota{}, emulator.Quota{RequestsPerMinute: new(int64(5))}, 5},
		{"a quota that did not hold for the pool before either", emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(2))}, emulator.Quota{RequestsPerMinute: new(int64(5))}, 10_001},
		{"a quota of another Region", emulator.Quota{}, emulator.Quota{Region: "eu-west-1", RequestsPerMinute: new(int64(5))}, 10_001},
	} {
		clock := newClock()
		b := setup(t, emulator.Config{
			Now: clock.Now, Accounts: quotas(tt.was),
			ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true, CaseAfter: -1, DecideAfter: decided},
		})
		c := b.asker("AKIDANY", "any", "us-east-1")
		if _, err := c.RequestServiceQuotaIncrease(t.Context(), increase(geoRequests, 10_001)); err != nil {
			t.Fatal(err)
		}
		clock.add(2 * decided) // approved, though nobody has looked yet
		if err := b.SetQuota("", tt.set); err != nil {
			t.Fatal(err)
		}
		if got := b.applied(t, geoRequests); got != tt.want {
			t.Errorf("%s: applied = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestADoubledDay: Service Quotas shows half of what is enforced.
func TestADoubledDay(t *testing.T) {
	t.Parallel()
	const geoDay = "L-6120CF2D"
	b := setup(t, emulator.Config{ServiceQuotas: unmetered, Accounts: quotas(emulator.Quota{Model: haiku, Path: "geo", TokensPerDay: new(int64(10))})})
	if got := b.applied(t, geoDay); got != 5 {
		t.Errorf("applied = %v, want half of the 10 that are enforced", got)
	}
	b.resolved(t, `{"values":{"`+geoDay+`":7}}`)
	if got := b.applied(t, geoDay); got != 7 {
		t.Errorf("applied = %v, want 7", got)
	}
	_, err := b.client.Converse(t.Context(), converse(usHaiku, "x [[output_tokens=1]]", 1))
	if p := b.pool(haiku, llm.PathGeo); err != nil || len(p.Levels) != 1 || p.Levels[0].Amount != 14 {
		t.Errorf("a call: %v; limits %+v, want 14 a day", err, p.Levels)
	}
}

// TestADayOfNothing: a quota of zero over all models refuses every call.
func TestADayOfNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered})
	b.resolved(t, `{"values":{"`+allModelsDay+`":0}}`)
	if got := b.applied(t, allModelsDay); got != 0 {
		t.Errorf("applied = %v, want 0", got)
	}
	_, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1))
	if got := throttle(err); got != tooManyPerDay {
		t.Errorf("a call is refused with %q, want %q", got, tooManyPerDay)
	}
}

func TestAnIncreaseWithoutACaseIsNotApproved(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		outcome emulator.Outcome
		noCase  bool
		want    types.RequestStatus
	}{
		{emulator.Approve, true, types.RequestStatusNotApproved},
		{emulator.Deny, false, types.RequestStatusDenied},
		{emulator.NotApproved, false, types.RequestStatusNotApproved},
		{emulator.CaseClosed, false, types.RequestStatusCaseClosed},
		{emulator.Hold, false, types.RequestStatusCaseOpened},
	} {
		b := setup(t, emulator.Config{ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true, CaseAfter: -1, DecideAfter: -1, Outcome: tt.outcome}})
		c := b.asker("AKIDANY", "any", "us-east-1")
		in := increase(geoRequests, 10_001)
		in.SupportCaseAllowed = new(!tt.noCase)
		out, err := c.RequestServiceQuotaIncrease(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.GetRequestedServiceQuotaChange(t.Context(), &servicequotas.GetRequestedServiceQuotaChangeInput{RequestId: out.RequestedQuota.Id})
		if err != nil || got.RequestedQuota.Status != tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.outcome, got, err, tt.want)
		}
		if v := b.applied(t, geoRequests); v != 10_000 {
			t.Errorf("%s: applied = %v", tt.outcome, v)
		}
	}
}

// requested is the status of an increase request.
func (b *bench) requested(t *testing.T, id *string) types.RequestStatus {
	t.Helper()
	got, err := b.asker("AKIDANY", "any", "us-east-1").GetRequestedServiceQuotaChange(t.Context(), &servicequotas.GetRequestedServiceQuotaChangeInput{RequestId: id})
	if err != nil {
		t.Fatal(err)
	}
	return got.RequestedQuota.Status
}

// TestIncreasesGoByTheirQuota: each code may have an outcome and delays of its
// own, also while a request is open.
func TestIncreasesGoByTheirQuota(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now, TimeScale: 2, ServiceQuotas: emulator.ServiceQuotas{
		NoRateLimits: true, CaseAfter: -1, DecideAfter: time.Minute,
		Increases: map[string]emulator.Increase{
			geoRequests: {Outcome: emulator.Deny, DecideAfter: 20 * time.Second},
			geoTokens:   {Outcome: emulator.Hold, CaseAfter: 40 * time.Second},
		},
	}})
	c := b.asker("AKIDANY", "any", "us-east-1")
	codes := []string{geoRequests, geoTokens, globalRequests}
	ids := map[string]*string{}
	for code, desired := range map[string]float64{geoRequests: 10_001, geoTokens: 5_000_001, globalRequests: 10_001} {
		out, err := c.RequestServiceQuotaIncrease(t.Context(), increase(code, desired))
		if err != nil {
			t.Fatal(err)
		}
		ids[code] = out.RequestedQuota.Id
	}
	check := func(when string, want ...types.RequestStatus) {
		t.Helper()
		for i, code := range codes {
			if got := b.requested(t, ids[code]); got != want[i] {
				t.Errorf("%s, %s: %s, want %s", when, code, got, want[i])
			}
		}
	}
	check("at once", types.RequestStatusCaseOpened, types.RequestStatusPending, types.RequestStatusCaseOpened)
	clock.add(10 * time.Second) // nominal: 20
	check("after 20 s", types.RequestStatusDenied, types.RequestStatusPending, types.RequestStatusCaseOpened)
	clock.add(10 * time.Second)
	check("after 40 s", types.RequestStatusDenied, types.RequestStatusCaseOpened, types.RequestStatusCaseOpened)
	clock.add(time.Hour)
	check("after hours", types.RequestStatusDenied, types.RequestStatusCaseOpened, types.RequestStatusApproved)
	put(t, b.url+"/emulator/increases", `{"`+geoTokens+`":"not-approved:10s"}`, 204)
	check("by a course of its own", types.RequestStatusDenied, types.RequestStatusNotApproved, types.RequestStatusApproved)
	for _, wrong := range []string{`{"requests":"deny"}`, `{"L-1":"perhaps"}`, `{"L-1":"deny:-1s"}`, `{"L-1":"deny:1s:1s:1s"}`, `{"L-1":"deny:soon"}`, `{"L-1":5}`, `[]`} {
		put(t, b.url+"/emulator/increases", wrong, 400)
	}
}

// TestACaseThatIsClosed does not say what was decided: values that it gives show
// in nothing but the quota.
func TestACaseThatIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: presets(emulator.PresetGuide), ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true, CaseAfter: -1, Outcome: emulator.Hold}})
	out, err := b.asker("AKIDANY", "any", "us-east-1").RequestServiceQuotaIncrease(t.Context(), increase(geoRequests, 126))
	if err != nil {
		t.Fatal(err)
	}
	_, text := b.support(t, http.MethodGet, "", "")
	var list []supportCase
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	resolve := func(body string, want int) {
		t.Helper()
		if status, text := b.support(t, http.MethodPost, "/"+list[0].ID+"/resolve", body); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, text, want)
		}
	}
	resolve(`{"outcome":"hold"}`, http.StatusBadRequest)
	resolve(`{"outcome":"deny","values":{"`+geoRequests+`":50}}`, http.StatusBadRequest)
	resolve(`{"outcome":"case-closed","values":{"`+geoTokens+`":50}}`, http.StatusBadRequest)
	resolve(`{"outcome":"case-closed","values":{"`+geoRequests+`":50}}`, http.StatusOK)
	if got, applied := b.requested(t, out.RequestedQuota.Id), b.applied(t, geoRequests); got != types.RequestStatusCaseClosed || applied != 50 {
		t.Errorf("%s with %v a minute, want CASE_CLOSED with 50", got, applied)
	}
}

func TestTheTextOfAnIncrease(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]emulator.Increase{
		"deny":             {Outcome: emulator.Deny},
		"approve:30s":      {Outcome: emulator.Approve, DecideAfter: 30 * time.Second},
		"not-approved:0s":  {Outcome: emulator.NotApproved, DecideAfter: -1},
		"case-closed::5s":  {Outcome: emulator.CaseClosed, CaseAfter: 5 * time.Second},
		"approve:1m30s:0s": {Outcome: emulator.Approve, DecideAfter: 90 * time.Second, CaseAfter: -1},
	} {
		var got emulator.Increase
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q = %+v, %v; want %+v", text, got, err, want)
		}
		again, err := want.MarshalText()
		if err != nil || string(again) != text {
			t.Errorf("%+v is %q, %v; want %q", want, again, err, text)
		}
	}
}

// TestAnApprovalAndAChangeAtOnce: whichever comes first, neither loses what the
// other says of another limit.
func TestAnApprovalAndAChangeAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered, Accounts: presets(emulator.PresetNew)})
	for range 50 {
		b.Reset()
		_, text := b.support(t, http.MethodPost, "", `{"values":{"`+geoRequests+`":20}}`)
		var opened supportCase
		if err := json.Unmarshal([]byte(text), &opened); err != nil {
			t.Fatal(err)
		}
		set := make(chan error)
		go func() {
			set <- b.SetQuota("", emulator.Quota{Model: haiku, Path: "geo", Region: "us-east-1", RequestsPerMinute: new(int64(5)), TokensPerMinute: new(int64(7))})
		}()
		status, text := b.support(t, http.MethodPost, "/"+opened.ID+"/resolve", "")
		if err := <-set; err != nil || status != http.StatusOK {
			t.Fatalf("%v, %d %s", err, status, text)
		}
		if requests, tokens := b.applied(t, geoRequests), b.applied(t, geoTokens); tokens != 7 || requests != 5 && requests != 20 {
			t.Fatalf("%v requests and %v tokens a minute, want 5 or 20 and 7", requests, tokens)
		}
	}
}
