package emulator_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/emulator"
)

// The rows of Claude Haiku 4.5.
const (
	geoRequests    = "L-CCA5DF70"
	geoTokens      = "L-58BE175A"
	globalRequests = "L-E5084BBA"
	globalTokens   = "L-9A11C666"
	globalDay      = "L-B5C049AE"
	allModelsDay   = "L-E3F10727"
)

// asker is a client for the emulator's Service Quotas. It does not retry.
func (b *bench) asker(key, secret, region string) *servicequotas.Client {
	return servicequotas.New(servicequotas.Options{
		BaseEndpoint: &b.url, Region: region, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

func (b *bench) applied(t *testing.T, code string) float64 {
	t.Helper()
	out, err := b.asker("AKIDANY", "any", "us-east-1").GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: new("bedrock"), QuotaCode: &code})
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	return *out.Quota.Value
}

var unmetered = emulator.ServiceQuotas{NoRateLimits: true}

func TestServiceQuotasShowsWhatIsEnforced(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered, Accounts: quotas(emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(2))})})
	if got := b.applied(t, geoRequests); got != 2 {
		t.Errorf("applied = %v, want 2", got)
	}
	if got := b.applied(t, geoTokens); got != 5_000_000 {
		t.Errorf("what is not enforced = %v, want the default, 5 million", got)
	}
	usual, err := b.asker("AKIDANY", "any", "us-east-1").GetAWSDefaultServiceQuota(t.Context(), &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: new("bedrock"), QuotaCode: new(geoRequests)})
	if err != nil {
		t.Fatal(err)
	}
	if q := usual.Quota; *q.Value != 10_000 || !q.Adjustable || q.GlobalQuota || q.UsageMetric != nil || q.Period != nil || *q.Unit != "None" {
		t.Errorf("default = %+v", q)
	}
	if err := b.SetQuota("", emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(7))}); err != nil {
		t.Fatal(err)
	}
	if got := b.applied(t, geoRequests); got != 7 {
		t.Errorf("applied after a change = %v, want 7", got)
	}
}

func TestServiceQuotasPages(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{ServiceQuotas: unmetered})
	c := b.asker("AKIDANY", "any", "us-east-1")
	seen := map[string]float64{}
	pages := 0
	for p := servicequotas.NewListAWSDefaultServiceQuotasPaginator(c, &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: new("bedrock")}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range out.Quotas {
			if _, twice := seen[*q.QuotaCode]; twice || *q.QuotaName == "" {
				t.Errorf("%s (%s): twice, or without a name", *q.QuotaCode, *q.QuotaName)
			}
			seen[*q.QuotaCode] = *q.Value
		}
	}
	if len(seen) <= 1100 || pages < 12 {
		t.Errorf("%d rows on %d pages, want more than 1,100", len(seen), pages)
	}
	applied := 0
	for p := servicequotas.NewListServiceQuotasPaginator(c, &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock"), MaxResults: new(int32(90))}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range out.Quotas {
			if v, ok := seen[*q.QuotaCode]; !ok || v != *q.Value {
				t.Errorf("%s: applied %v, default %v", *q.QuotaCode, *q.Value, v)
			}
		}
		applied += len(out.Quotas)
	}
	if applied < 800 || applied >= len(seen) {
		t.Errorf("%d rows with an applied value of %d: some must have none", applied, len(seen))
	}
	_, err := c.ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock"), NextToken: new("nonsense")})
	if _, ok := errors.AsType[*types.InvalidPaginationTokenException](err); !ok {
		t.Errorf("a token of another list: %v", err)
	}
	_, err = c.ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock"), MaxResults: new(int32(101))})
	if _, ok := errors.AsType[*types.IllegalArgumentException](err); !ok {
		t.Errorf("101 a page: %v", err)
	}
	_, err = c.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: new("bedrock"), QuotaCode: new("L-00000000")})
	if _, ok := errors.AsType[*types.NoSuchResourceException](err); !ok {
		t.Errorf("an unknown code: %v", err)
	}
	_, err = c.ListAWSDefaultServiceQuotas(t.Context(), &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: new("BEDROCK")})
	if got := code(err); got != "NoSuchResourceException: The request failed because the specified service does not exist." {
		t.Errorf("an unknown service: %v", err)
	}
}

func TestServiceQuotasHasRates(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now})
	in := &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")}
	for range 10 {
		if _, err := b.asker("AKIDANY", "any", "us-east-1").ListServiceQuotas(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.asker("AKIDANY", "any", "us-east-1").ListServiceQuotas(t.Context(), in)
	if _, ok := errors.AsType[*types.TooManyRequestsException](err); !ok {
		t.Errorf("the 11th at once: %v", err)
	}
	if _, err := b.asker("AKIDANY", "any", "eu-west-1").ListServiceQuotas(t.Context(), in); err != nil {
		t.Errorf("another Region: %v", err)
	}
	clock.add(100 * time.Millisecond)
	if _, err := b.asker("AKIDANY", "any", "us-east-1").ListServiceQuotas(t.Context(), in); err != nil {
		t.Errorf("a tenth of a second later: %v", err)
	}
}

// TestServiceQuotasTellsItsRate in real time: a clock that runs ten times as fast
// has ten times as many.
func TestServiceQuotasTellsItsRate(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]emulator.Config{
		"10":      {},
		"100":     {TimeScale: 10},
		"2.5":     {ServiceQuotas: emulator.ServiceQuotas{Rates: map[string]float64{"*": 2.5}}},
		"1000000": {ServiceQuotas: emulator.ServiceQuotas{NoRateLimits: true}},
	} {
		b := setup(t, c)
		out, err := b.asker("AKIDANY", "any", "us-east-1").ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")})
		if err != nil {
			t.Fatal(err)
		}
		raw, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response)
		if !ok || raw.Header.Get("X-Emulator-Rate") != want {
			t.Errorf("X-Emulator-Rate: %q, want %s", raw.Header.Get("X-Emulator-Rate"), want)
		}
	}
}

// TestFailuresHaveTheNamesOfTheirAPI: the SDK knows the types.
func TestFailuresHaveTheNamesOfTheirAPI(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Faults: []emulator.Fault{{Kind: emulator.FaultInternal, Action: "*", Probability: 1}}})
	actions := b.actions()
	err := actions["servicequotas:ListServiceQuotas"](t.Context())
	if _, ok := errors.AsType[*types.ServiceException](err); !ok || status(err) != http.StatusInternalServerError {
		t.Errorf("Service Quotas: %v", err)
	}
	err = actions["cloudwatch:ListMetrics"](t.Context())
	if _, ok := errors.AsType[*cwtypes.InternalServiceFault](err); !ok || status(err) != http.StatusInternalServerError {
		t.Errorf("CloudWatch: %v", err)
	}
}

// identity is a client for the emulator's STS. It does not retry.
func (b *bench) identity(key, secret string) *sts.Client {
	return sts.New(sts.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// TestWhoMayAskIsToldInTheWordsOfTheProtocol: awsJson answers 400 with the names
// of exceptions, the query protocol 403 with codes of its own.
func TestWhoMayAskIsToldInTheWordsOfTheProtocol(t *testing.T) {
	t.Parallel()
	const mismatch = "The request signature we calculated does not match the signature you provided."
	for _, tt := range []struct {
		key, secret  string
		late         time.Duration
		quotas, whom string
	}{
		{"AKIDONE", "wrong", 0, "InvalidSignatureException: " + mismatch, "SignatureDoesNotMatch: " + mismatch},
		{"AKIDNONE", "x", 0, "UnrecognizedClientException: The security token", "InvalidClientTokenId: The security token"},
		{"AKIDONE", "secret-one", 6 * time.Minute, "InvalidSignatureException: Signature expired: ", "SignatureDoesNotMatch: Signature expired: "},
		{"AKIDONE", "secret-one", 0, "", ""},
	} {
		b := setup(t, emulator.Config{Accounts: keyed(), Now: func() time.Time { return time.Now().Add(tt.late) }})
		_, err := b.asker(tt.key, tt.secret, "us-east-1").ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")})
		if got := code(err); !strings.HasPrefix(got, tt.quotas) || (err == nil) != (tt.quotas == "") || err != nil && status(err) != http.StatusBadRequest {
			t.Errorf("Service Quotas: %v, want 400 %q", err, tt.quotas)
		}
		_, err = b.identity(tt.key, tt.secret).GetCallerIdentity(t.Context(), nil)
		if got := code(err); !strings.HasPrefix(got, tt.whom) || (err == nil) != (tt.whom == "") || err != nil && status(err) != http.StatusForbidden {
			t.Errorf("STS: %v, want 403 %q", err, tt.whom)
		}
	}
}

func status(err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// TestKeysOfBedrockOpenNothingElse: no account of one's own, and not the one that
// takes any credentials.
func TestKeysOfBedrockOpenNothingElse(t *testing.T) {
	t.Parallel()
	for _, accounts := range [][]emulator.Account{keyed(), nil} {
		b := setup(t, emulator.Config{Accounts: accounts})
		for _, tt := range []struct{ kind, target, body, want string }{
			{"application/x-amz-json-1.1", "ServiceQuotasV20190624.ListServiceQuotas", `{"ServiceCode":"bedrock"}`, "IncompleteSignatureException"},
			{"application/x-amz-json-1.0", "GraniteServiceVersion20100801.ListMetrics", `{}`, "IncompleteSignatureException"},
			{"application/x-www-form-urlencoded", "", "Action=GetCallerIdentity&Version=2011-06-15", "<Code>IncompleteSignature</Code>"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer bearer-one")
			r.Header.Set("Content-Type", tt.kind)
			if tt.target != "" {
				r.Header.Set("X-Amz-Target", tt.target)
			}
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode/100 != 4 || !strings.Contains(string(text), tt.want) || strings.Contains(string(text), "bearer-one") {
				t.Errorf("%s%s: %s %s, want %s", tt.target, tt.body, response.Status, text, tt.want)
			}
		}
	}
}

func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: keyed()})
	who := func(key, secret string) (string, error) {
		out, err := b.identity(key, secret).GetCallerIdentity(t.Context(), nil)
		if err != nil {
			return "", err
		}
		return *out.Account, nil
	}
	if got, err := who("AKIDTWO", "secret-two"); got != "222222222222" || err != nil {
		t.Errorf("account two = %s, %v", got, err)
	}
	if _, err := who("AKIDTWO", "wrong"); code(err) == "" {
		t.Errorf("a wrong secret: %v", err)
	}
	if _, err := b.asker("AKIDONE", "secret-one", "eu-west-1").ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")}); err != nil {
		t.Errorf("signed for servicequotas: %v", err)
	}
	if _, err := b.asker("AKIDONE", "wrong", "eu-west-1").ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")}); code(err) == "" {
		t.Errorf("a wrong secret for servicequotas: %v", err)
	}
}

func TestDeniedOperationsOfServiceQuotas(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Faults: []emulator.Fault{{Action: "servicequotas:ListServiceQuotas", Kind: emulator.FaultDenied, Probability: 1}}})
	c := b.asker("AKIDANY", "any", "us-east-1")
	_, err := c.ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: new("bedrock")})
	if _, ok := errors.AsType[*types.AccessDeniedException](err); !ok {
		t.Errorf("a denied operation: %v", err)
	}
	if _, err := c.ListAWSDefaultServiceQuotas(t.Context(), &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: new("bedrock")}); err != nil {
		t.Errorf("another: %v", err)
	}
}
