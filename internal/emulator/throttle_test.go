package emulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_790_000_040, 0).Truncate(time.Minute)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// throttle is the message of the throttle that err is; empty when it is none.
func throttle(err error) string {
	if e, ok := errors.AsType[*types.ThrottlingException](err); ok {
		return e.ErrorMessage()
	}
	return ""
}

const (
	tooManyRequests = "Too many requests, please wait before trying again."
	tooManyTokens   = "Too many tokens, please wait before trying again."
	tooManyPerDay   = "Too many tokens per day, please wait before trying again."
)

func TestThrottles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		quota emulator.Quota
		daily *int64
		want  string
	}{
		{"requests", emulator.Quota{RequestsPerMinute: new(int64(2))}, nil, tooManyRequests},
		{"tokens", emulator.Quota{TokensPerMinute: new(int64(2500))}, nil, tooManyTokens},
		{"day", emulator.Quota{TokensPerDay: new(int64(2500))}, nil, tooManyPerDay},
		{"account's day", emulator.Quota{}, new(int64(2500)), tooManyPerDay},
		{"requests before tokens before day", emulator.Quota{
			RequestsPerMinute: new(int64(2)), TokensPerMinute: new(int64(2500)), TokensPerDay: new(int64(2500)),
		}, new(int64(2500)), tooManyRequests},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at := newClock()
			accounts := quotas(tt.quota)
			accounts[0].TokensPerDay = tt.daily
			b := setup(t, emulator.Config{Accounts: accounts, Now: at.Now})
			for i := range 3 {
				// Each settles at 5 tokens in and 5 × 248 out: the third does not fit.
				_, err := b.client.Converse(t.Context(), converse(usHaiku, "[[output_tokens=248]]", 1000))
				if got := throttle(err); (got != "") != (i == 2) || i == 2 && got != tt.want {
					t.Errorf("call %d: %v, want the third to be refused with %q", i, err, tt.want)
				}
			}
			p := b.pool(haiku, llm.PathGeo)
			if p.Accepted != 2 || p.Throttled.Total() != 1 || p.Requests != 3 || len(p.Starts) != 3 || p.Held != 0 {
				t.Errorf("stats: %+v", p)
			}
		})
	}
}

func TestZeroQuotaSaysPerDay(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(0))})})
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1)); throttle(err) != tooManyPerDay {
		t.Errorf("quota of zero: %v", err)
	}
	if p := b.pool(haiku, llm.PathGeo); p.Throttled.Day != 1 {
		t.Errorf("stats: %+v", p.Throttled)
	}
}

func TestBytesOfAThrottle(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{TokensPerMinute: new(int64(1))})})
	response, err := http.Post(b.url+"/model/us."+strings.ReplaceAll(haiku, ":", "%3A")+"/converse", "application/json",
		strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"x"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := response.Header
	if response.StatusCode != http.StatusTooManyRequests || string(body) != `{"message":"Too many tokens, please wait before trying again."}` || response.ContentLength != 63 ||
		h.Get("x-amzn-errortype") != "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/" ||
		h.Get("Content-Type") != "application/json" || len(h.Get("x-amzn-requestid")) != 36 || h.Get("Retry-After") != "" {
		t.Errorf("%s %v\n%s", response.Status, h, body)
	}
}

func TestBucketRefillsAndTimeScales(t *testing.T) {
	t.Parallel()
	for _, scale := range []float64{1, 60} {
		at := newClock()
		b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(2))}), Now: at.Now, TimeScale: scale})
		half := time.Duration(float64(30*time.Second) / scale)
		for i, step := range []struct {
			wait time.Duration
			ok   bool
		}{{0, true}, {0, true}, {0, false}, {half - time.Millisecond, false}, {time.Millisecond, true}, {0, false}} {
			at.add(step.wait)
			_, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1))
			if (err == nil) != step.ok {
				t.Errorf("scale %v, step %d: %v, want ok = %v", scale, i, err, step.ok)
			}
		}
	}
}

// TestEachPoolHasItsOwnLimits: by source Region and by path.
func TestEachPoolHasItsOwnLimits(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: quotas(
		emulator.Quota{RequestsPerMinute: new(int64(1))},
		emulator.Quota{Model: sonnet46, Path: "geo", RequestsPerMinute: new(int64(2))},
	)})
	for _, tt := range []struct {
		region, model string
		accepted      int
	}{
		{"us-east-1", usHaiku, 1},
		{"us-west-2", usHaiku, 1},
		{"us-east-1", "global." + haiku, 1},
		{"us-east-1", "us." + sonnet46, 2},
		{"us-east-1", sonnet46, 1},
	} {
		client, accepted := b.runtime("AKID", "x", tt.region), 0
		for range 3 {
			if _, err := client.Converse(t.Context(), converse(tt.model, "x", 1)); err == nil {
				accepted++
			}
		}
		if accepted != tt.accepted {
			t.Errorf("%s from %s: %d accepted, want %d", tt.model, tt.region, accepted, tt.accepted)
		}
	}
}

func TestUnsetMaximumReservesTheModels(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{TokensPerMinute: new(int64(65_536))})})
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 0)); throttle(err) != tooManyTokens {
		t.Errorf("unset max_tokens within 65,536 tokens a minute: %v", err)
	}
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 60_000)); err != nil {
		t.Error(err)
	}
}

// TestSettlementMayExceedItsHold: 5 tokens for each of the output, 1 for each
// that was set aside; the limit goes into debt.
func TestSettlementMayExceedItsHold(t *testing.T) {
	t.Parallel()
	at := newClock()
	b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{TokensPerMinute: new(int64(2000))}), Now: at.Now})
	out, err := b.client.Converse(t.Context(), converse(usHaiku, "[[output_tokens=1000]]", 1000))
	if err != nil {
		t.Fatal(err)
	}
	p := b.pool(haiku, llm.PathGeo)
	want := int64(*out.Usage.InputTokens) + 5000
	if p.Settled != want || p.Levels[0].Available != 2000-want {
		t.Errorf("settled %d with %+v, want %d and a debt", p.Settled, p.Levels, want)
	}
	at.add(time.Minute)
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1)); throttle(err) != tooManyTokens {
		t.Errorf("in debt: %v", err)
	}
}

func TestSetQuotaHoldsAtOnce(t *testing.T) {
	t.Parallel()
	at := newClock()
	b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{Model: haiku, Path: "geo", RequestsPerMinute: new(int64(2))}), Now: at.Now})
	call := func() error {
		_, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1))
		return err
	}
	for i, want := range []string{"", "", tooManyRequests} {
		if got := throttle(call()); got != want {
			t.Errorf("call %d: %q, want %q", i, got, want)
		}
	}
	put(t, b.url+"/emulator/quotas", `{"model":"`+haiku+`","path":"geo","requests_per_minute":3,"law":"sliding"}`, 204)
	for i, want := range []string{"", tooManyRequests} { // two of three were spent
		if got := throttle(call()); got != want {
			t.Errorf("after the change, call %d: %q, want %q", i, got, want)
		}
	}
	put(t, b.url+"/emulator/quotas", `[{"account":"`+accountID+`","account_tokens_per_day":2}]`, 204)
	at.add(time.Minute)
	if got := throttle(call()); got != tooManyPerDay {
		t.Errorf("with a day of 2 tokens: %q", got)
	}
	put(t, b.url+"/emulator/quotas", `{"account_tokens_per_day":0}`, 204)
	if got := throttle(call()); got != tooManyPerDay {
		t.Errorf("with a day of nothing: %q", got)
	}
	put(t, b.url+"/emulator/quotas", `{"account_tokens_per_day":null}`, 204)
	if err := call(); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{`{"model":"x","path":"sideways"}`, `{"requests_per_minute":-1}`, `{"requests":1}`, `{"law":"leaky"}`, `{"account":"9"}`, `{`, `{} {}`} {
		put(t, b.url+"/emulator/quotas", wrong, 400)
	}
}

func put(t *testing.T, url, body string, want int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != want {
		t.Errorf("PUT %s %s: %s %s, want %d", url, body, response.Status, text, want)
	}
}

func TestStatsAndReset(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(1)), TokensPerMinute: new(int64(100_000))})})
	for range 2 {
		b.client.Converse(t.Context(), converse(usHaiku, "x", 1))
	}
	response, err := http.Get(b.url + "/emulator/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var stats emulator.Stats
	if err := json.NewDecoder(response.Body).Decode(&stats); err != nil {
		t.Fatal(err)
	}
	p := stats.Pool(accountID, "us-east-1", haiku, llm.PathGeo)
	if p.Requests != 2 || p.Accepted != 1 || p.Throttled.Requests != 1 || p.FirstStart == nil || p.LastAccepted == nil ||
		len(p.Starts) != 2 || p.Starts[0].Outcome != "accepted" || p.Starts[1].Outcome != "requests" || len(p.Levels) != 2 {
		t.Errorf("stats: %+v", p)
	}
	reset, err := http.Post(b.url+"/emulator/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	reset.Body.Close()
	if p := b.pool(haiku, llm.PathGeo); p.Requests != 0 {
		t.Errorf("after the reset: %+v", p)
	}
	if _, err := b.client.Converse(t.Context(), converse(usHaiku, "x", 1)); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

// TestWorkedExample is that of the user guide's page on token burndown, end to
// end: 3,000 input, 4,000 cache read, 1,000 cache write, max_tokens 32,000 and
// 1,000 output at five times set 36,000 aside and cost 9,000.
func TestWorkedExample(t *testing.T) {
	t.Parallel()
	const fiveTimes = sonnet46 // burndown 5, cached from 1,024 tokens
	for _, tt := range []struct {
		name       string
		accounting emulator.Accounting
		hold       int64
	}{
		{"published", emulator.Accounting{}, 36_000},
		{"older", emulator.Accounting{ReserveCacheRead: true}, 40_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at := newClock()
			b := setup(t, emulator.Config{Now: at.Now, Accounting: tt.accounting})
			point := &types.SystemContentBlockMemberCachePoint{Value: types.CachePointBlock{Type: types.CachePointTypeDefault}}
			text := func(tokens int) *types.SystemContentBlockMemberText {
				return &types.SystemContentBlockMemberText{Value: strings.Repeat("abcd", tokens)}
			}
			const ask = "[[output_tokens=1000]]"
			in := converse(fiveTimes, ask+strings.Repeat("x", (3000-4)*4-len(ask)), 32_000)
			in.System = []types.SystemContentBlock{text(4000), point}
			first, err := b.client.Converse(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if u := first.Usage; *u.CacheWriteInputTokens != 4000 || *u.CacheReadInputTokens != 0 || *u.InputTokens != 3000 {
				t.Fatalf("first usage %+v", u)
			}
			before := b.pool(fiveTimes, llm.PathOnDemand).Settled
			in.System = append(in.System, text(1000), point)
			for _, limit := range []int64{tt.hold - 1, tt.hold} {
				// With one token less the call does not fit; with the hold it does.
				if err := b.SetQuota("", emulator.Quota{Model: fiveTimes, Path: "on-demand", TokensPerMinute: &limit}); err != nil {
					t.Fatal(err)
				}
				out, err := b.client.Converse(t.Context(), in)
				if limit < tt.hold {
					if throttle(err) != tooManyTokens {
						t.Fatalf("with %d a minute: %v", limit, err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				u := out.Usage
				if *u.InputTokens != 3000 || *u.CacheReadInputTokens != 4000 || *u.CacheWriteInputTokens != 1000 || *u.OutputTokens != 1000 {
					t.Errorf("usage %d/%d/%d/%d, want 3000/4000/1000/1000", *u.InputTokens, *u.CacheReadInputTokens, *u.CacheWriteInputTokens, *u.OutputTokens)
				}
			}
			if got := b.pool(fiveTimes, llm.PathOnDemand).Settled - before; got != 9000 {
				t.Errorf("settled %d, want 9000", got)
			}
		})
	}
}

func TestCacheForgets(t *testing.T) {
	t.Parallel()
	at := newClock()
	b := setup(t, emulator.Config{Now: at.Now})
	read := func(model string, tokens int) (read, written int32) {
		t.Helper()
		in := converse(model, "x", 10)
		in.System = []types.SystemContentBlock{
			&types.SystemContentBlockMemberText{Value: strings.Repeat("abcd", tokens)},
			&types.SystemContentBlockMemberCachePoint{Value: types.CachePointBlock{Type: types.CachePointTypeDefault}},
		}
		out, err := b.client.Converse(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return *out.Usage.CacheReadInputTokens, *out.Usage.CacheWriteInputTokens
	}
	for i, step := range []struct {
		wait          time.Duration
		model         string
		tokens        int
		read, written int32
	}{
		{0, usHaiku, 4095, 0, 0}, // shorter than the model caches
		{0, usHaiku, 4096, 0, 4096},
		{0, usHaiku, 4096, 4096, 0},
		{4 * time.Minute, usHaiku, 4096, 4096, 0},
		{4 * time.Minute, usHaiku, 4096, 4096, 0}, // read anew, so remembered anew
		{5 * time.Minute, usHaiku, 4096, 0, 4096},
		{0, sonnet46, 1023, 0, 0},
		{0, sonnet46, 1024, 0, 1024},
	} {
		at.add(step.wait)
		if r, w := read(step.model, step.tokens); r != step.read || w != step.written {
			t.Errorf("step %d: read %d, written %d, want %d, %d", i, r, w, step.read, step.written)
		}
	}
}

// TestNothingStaysHeld: whatever is called, whatever goes wrong and whoever
// leaves, nothing is held and nobody in flight when all is done.
func TestNothingStaysHeld(t *testing.T) {
	t.Parallel()
	kinds := []emulator.FaultKind{
		emulator.FaultInternal, emulator.FaultUnavailable, emulator.FaultNotReady,
		emulator.FaultStreamException, emulator.FaultStreamCut, emulator.FaultReset, emulator.FaultSlow,
	}
	rapid.Check(t, func(rt *rapid.T) {
		list := []emulator.Fault{}
		for _, k := range kinds {
			if rapid.Bool().Draw(rt, string(k)) {
				list = append(list, emulator.Fault{Kind: k, Probability: 0.3, After: rapid.IntRange(0, 9).Draw(rt, "after"), DelayMS: 1})
			}
		}
		law := rapid.SampledFrom([]emulator.Law{{Kind: emulator.Bucket}, {Kind: emulator.Fixed}, {Kind: emulator.Sliding}}).Draw(rt, "law")
		quota := emulator.Quota{TokensPerMinute: new(rapid.Int64Range(0, 5000).Draw(rt, "tpm")), RequestsPerMinute: new(int64(30)), Law: law}
		b := setup(t, emulator.Config{Faults: list, Accounts: quotas(quota), Seed: rapid.Uint64().Draw(rt, "seed")})
		var wg sync.WaitGroup
		for range rapid.IntRange(1, 12).Draw(rt, "calls") {
			stream := rapid.Bool().Draw(rt, "stream")
			wg.Go(func() {
				if !stream {
					b.client.Converse(t.Context(), converse(usHaiku, "x", 500))
					return
				}
				// A client of its own: in this version of the SDK the streams of one
				// client share a decoding buffer.
				out, err := b.runtime("AKID", "any", "us-east-1").ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{
					ModelId: aws.String(usHaiku), Messages: userMessage("x"), InferenceConfig: &types.InferenceConfiguration{MaxTokens: new(int32(500))},
				})
				if err == nil {
					for range out.GetStream().Events() {
					}
				}
			})
		}
		wg.Wait()
		if p := settled(t, b); p.Held != 0 || p.InFlight != 0 || p.Requests != p.Accepted+p.Throttled.Total() {
			rt.Fatalf("stats: %+v", p)
		}
	})
}

// settled waits until no call is in flight: a client may hear of the end of a
// broken call before the emulator has settled it.
func settled(t *testing.T, b *bench) emulator.PoolStats {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if p := b.pool(haiku, llm.PathGeo); p.InFlight == 0 {
			return p
		}
	}
	return b.pool(haiku, llm.PathGeo)
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := emulator.New(emulator.Config{
		TimeScale: -1,
		Accounts: []emulator.Account{
			{ID: "1", AccessKeyID: "same", SecretAccessKey: "hush"},
			{ID: "1", AccessKeyID: "same", Quotas: []emulator.Quota{{TokensPerMinute: new(int64(-1))}, {Path: "mantle"}}},
			{ID: "2"},
			{ID: "3", TokensPerDay: new(int64(-5))},
		},
		Faults: []emulator.Fault{{Kind: "gremlin", Next: 1}, {Kind: emulator.FaultHang}},
	})
	for _, want := range []string{
		"time_scale: ", "accounts[1].id: ", "accounts[1]: a key", "accounts[1].quotas[0]: tokens_per_minute: ", "accounts[1].quotas[1]: path: ",
		"accounts: more than one", "accounts[3].tokens_per_day: ", "faults[0]: kind: ", "faults[1]: want",
	} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("errors do not tell of %q:\n%v", want, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "hush") || strings.Contains(fmt.Sprint(err), "same") {
		t.Errorf("errors tell a key: %v", err)
	}
}
