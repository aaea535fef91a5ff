package emulator_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// actions are requests that need one permission each. None is retried.
func (b *bench) actions() map[string]func(context.Context) error {
	quotas, watch := b.asker("AKIDANY", "any", "us-east-1"), b.watcherOf("AKIDANY", "any", "us-east-1")
	control := bedrock.New(bedrock.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDANY", "any", ""),
	})
	return map[string]func(context.Context) error{
		"servicequotas:ListServiceQuotas": func(ctx context.Context) error {
			_, err := quotas.ListServiceQuotas(ctx, &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")})
			return err
		},
		"servicequotas:RequestServiceQuotaIncrease": func(ctx context.Context) error {
			_, err := quotas.RequestServiceQuotaIncrease(ctx, increase(geoRequests, 1e6))
			return err
		},
		"cloudwatch:ListMetrics": func(ctx context.Context) error {
			_, err := watch.ListMetrics(ctx, &cloudwatch.ListMetricsInput{}, func(o *cloudwatch.Options) { o.Retryer = aws.NopRetryer{} })
			return err
		},
		"sts:GetCallerIdentity": func(ctx context.Context) error {
			_, err := b.identity("AKIDANY", "any").GetCallerIdentity(ctx, nil)
			return err
		},
		"bedrock:ListInferenceProfiles": func(ctx context.Context) error {
			_, err := control.ListInferenceProfiles(ctx, &bedrock.ListInferenceProfilesInput{})
			return err
		},
		"bedrock:InvokeModel": func(ctx context.Context) error {
			_, err := b.client.Converse(ctx, converse(usHaiku, "x", 1))
			return err
		},
	}
}

// TestEachPermissionMayBeMissing: one at a time, and no other is touched.
func TestEachPermissionMayBeMissing(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered})
	for action := range b.actions() {
		put(t, b.url+"/emulator/faults", `{"action":"`+action+`","kind":"denied","probability":1}`, 204)
		for other, do := range b.actions() {
			err := do(t.Context())
			denied := strings.HasPrefix(code(err), "AccessDenied") && strings.Contains(code(err), "is not authorized to perform: "+action+" because")
			_, exists := errors.AsType[*types.ResourceAlreadyExistsException](err)
			if denied != (other == action) || err != nil && !denied && !exists {
				t.Errorf("without %s, %s: %v", action, other, err)
			}
		}
	}
	if p := b.pool(haiku, llm.PathGeo); p.Accepted != p.Requests || int(p.Accepted) != len(b.actions())-1 {
		t.Errorf("%d of %d calls reached the quotas, want all but the one that was denied", p.Accepted, p.Requests)
	}
}

// TestServicesAreThrottledAndFail in the words of their protocols.
func TestServicesAreThrottledAndFail(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	for kind, want := range map[string]map[string]string{
		"throttled": {
			"servicequotas:ListServiceQuotas": "ThrottlingException: Rate exceeded", "cloudwatch:ListMetrics": "Throttling",
			"sts:GetCallerIdentity": "Throttling: Rate exceeded", "bedrock:ListInferenceProfiles": "ThrottlingException: ",
		},
		"unavailable": {
			"servicequotas:ListServiceQuotas": "ServiceUnavailableException: ", "cloudwatch:ListMetrics": "ServiceUnavailable",
			"sts:GetCallerIdentity": "ServiceUnavailable: ", "bedrock:ListInferenceProfiles": "ServiceUnavailableException: ",
		},
		"internal": {
			"servicequotas:ListServiceQuotas": "ServiceException: ", "cloudwatch:ListMetrics": "InternalServiceError",
			"sts:GetCallerIdentity": "InternalFailure: ", "bedrock:ListInferenceProfiles": "InternalServerException: ",
		},
	} {
		put(t, b.url+"/emulator/faults", `{"action":"*","kind":"`+kind+`","probability":1}`, 204)
		for action, prefix := range want {
			if err := b.actions()[action](t.Context()); !strings.HasPrefix(code(err), prefix) {
				t.Errorf("%s, %s: %v, want %s", kind, action, err, prefix)
			}
		}
	}
	put(t, b.url+"/emulator/faults", `{"action":"servicequotas:*","kind":"throttled","next":1}`, 204)
	if first, second := b.actions()["servicequotas:ListServiceQuotas"](t.Context()), b.actions()["servicequotas:ListServiceQuotas"](t.Context()); first == nil || second != nil {
		t.Errorf("the next one is throttled: %v, then %v", first, second)
	}
	for _, wrong := range []string{
		`{"kind":"denied","probability":1}`, `{"kind":"slow","probability":1}`, `{"action":"a:b","kind":"stream-cut","probability":1}`,
		`{"action":"a:b","model":"x","kind":"denied","probability":1}`, `{"action":"[","kind":"denied","probability":1}`,
	} {
		put(t, b.url+"/emulator/faults", wrong, 400)
	}
}

// TestServicesAreSlow: in nominal time, and no longer than their client waits.
func TestServicesAreSlow(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{TimeScale: 100, Faults: []emulator.Fault{{Action: "servicequotas:*", Kind: emulator.FaultLate, Probability: 1, DelayMS: 5000}}})
	list := b.actions()["servicequotas:ListServiceQuotas"]
	begun := time.Now()
	if err := list(t.Context()); err != nil || time.Since(begun) < 50*time.Millisecond {
		t.Errorf("after %v: %v, want an answer after 50 ms", time.Since(begun), err)
	}
	for _, kind := range []string{`"slow","delay_ms":3600000`, `"hang"`} {
		put(t, b.url+"/emulator/faults", `{"action":"servicequotas:*","probability":1,"kind":`+kind+`}`, 204)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := list(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestRatesOfServiceQuotasAreSet at any time.
func TestRatesOfServiceQuotasAreSet(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now, ServiceQuotas: emulator.ServiceQuotas{Rates: map[string]float64{"ListServiceQuotas": 2, "*": 0.5}}})
	list := func() error { return b.actions()["servicequotas:ListServiceQuotas"](t.Context()) }
	spent := func(do func() error) (n int) {
		for ; n < 100; n++ {
			if _, throttled := errors.AsType[*types.TooManyRequestsException](do()); throttled {
				return n
			}
		}
		return n
	}
	if n := spent(list); n != 2 {
		t.Errorf("%d at once, want 2", n)
	}
	clock.add(10 * time.Second)
	if n := spent(func() error { return b.actions()["servicequotas:RequestServiceQuotaIncrease"](t.Context()) }); n != 1 {
		t.Errorf("%d of those with half a call a second, want 1 at once", n)
	}
	put(t, b.url+"/emulator/rates", `{"ListServiceQuotas":50}`, http.StatusNoContent)
	if n := spent(list); n != 50 {
		t.Errorf("%d at once after a change, want 50", n)
	}
	for _, wrong := range []string{`{"ListServiceQuotas":0}`, `{"ListQuotas":1}`, `{"*":"fast"}`, `[]`} {
		put(t, b.url+"/emulator/rates", wrong, http.StatusBadRequest)
	}
}
