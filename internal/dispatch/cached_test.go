package dispatch

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// withCache is setup with a cache in memory.
func withCache(t *testing.T, rules cache.Rulebook, script ...reply) *bench {
	t.Helper()
	b := setup(t, perMinute(1000, 5_000_000), script...)
	if rules.TTL == 0 {
		rules.TTL = time.Hour
	}
	b.opts.Cache = cache.New(cache.Options{Rules: rules})
	return b
}

// cold is a request with a temperature of 0.
func cold(text string) *Request {
	r := request("")
	r.Body = []byte(`{"messages":[{"role":"user","content":[{"text":"` + text + `"}]}],"inferenceConfig":{"maxTokens":100,"temperature":0}}`)
	return r
}

// said is what the header says of the cache, and the body.
func (b *bench) said(t *testing.T, r *Request) (string, string) {
	t.Helper()
	resp, err := b.Do(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Get("X-Headgate-Cache"), string(body)
}

func TestARepeatIsAnsweredFromTheCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic})
		how, first := b.said(t, cold("a"))
		if how != "miss" {
			t.Errorf("the first call is a %s", how)
		}
		again := cold("a")
		again.Body = []byte(" " + strings.Replace(string(again.Body), `"maxTokens":100,"temperature":0`, `"temperature":0, "maxTokens":100`, 1))
		how, second := b.said(t, again)
		if how != "hit" || second != first {
			t.Errorf("the repeat is a %s with %q, want a hit with %q", how, second, first)
		}
		if how, _ := b.said(t, cold("b")); how != "miss" {
			t.Errorf("another text is a %s", how)
		}
		b.quiet(t, 3)
		e := b.ledger.entries[1]
		if e.Cache != "hit" || e.Saved.Tokens != 50 || e.Saved.Cost <= 0 || e.Cost != 0 || e.Attempts != 0 || e.Settled != 0 || e.Usage.Total() != 0 || e.Outcome != ledger.OK {
			t.Errorf("the hit is recorded as %+v", e)
		}
		if got := len(b.up.starts); got != 2 {
			t.Errorf("%d calls upstream, want 2", got)
		}
	})
}

// A trace says that the cache was asked, and what it had.
func TestATraceHasTheCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic})
		tracer := &stories{}
		b.opts.Tracer = tracer
		b.said(t, cold("a"))
		b.said(t, cold("a"))
		b.quiet(t, 2)
		for i, want := range []string{"miss", "hit"} {
			s := tracer.told[i]
			if len(s.Steps) == 0 || s.Steps[0].Kind != StepCache || s.Steps[0].Cache != want || s.Steps[0].Begin.IsZero() || s.Entry.Cache != want {
				t.Errorf("the trace of the %s has the steps %+v", want, s.Steps)
			}
		}
	})
}

func TestWhoTakesPart(t *testing.T) {
	t.Parallel()
	warm := func(r *Request) *Request {
		r.Body = []byte(strings.Replace(string(r.Body), `"temperature":0`, `"temperature":0.5`, 1))
		return r
	}
	label := func(l string, r *Request) *Request { r.Labels.Cache = l; return r }
	tenant := func(n string, r *Request) *Request { r.Labels.Tenant = llm.Tenant(n); return r }
	tests := map[string]struct {
		rules         cache.Rulebook
		first, second *Request
		want          string // of the second
	}{
		"sampled":             {cache.Rulebook{Mode: cache.Deterministic}, warm(cold("a")), warm(cold("a")), "off"},
		"sampled, asked for":  {cache.Rulebook{Mode: cache.Ask}, label("use", warm(cold("a"))), label("use", warm(cold("a"))), "hit"},
		"not asked for":       {cache.Rulebook{Mode: cache.Ask}, cold("a"), cold("a"), "off"},
		"opted out":           {cache.Rulebook{Mode: cache.Deterministic}, cold("a"), label("off", cold("a")), "off"},
		"made anew":           {cache.Rulebook{Mode: cache.Deterministic}, cold("a"), label("refresh", cold("a")), "miss"},
		"switched off":        {cache.Rulebook{Mode: cache.Off}, label("use", cold("a")), label("use", cold("a")), "off"},
		"another tenant":      {cache.Rulebook{Mode: cache.Deterministic}, tenant("a", cold("a")), tenant("b", cold("a")), "miss"},
		"tenants that share":  {cache.Rulebook{Mode: cache.Deterministic, Rules: []cache.Rule{{Shared: true}}}, tenant("a", cold("a")), tenant("b", cold("a")), "hit"},
		"a rule":              {cache.Rulebook{Mode: cache.Ask, Rules: []cache.Rule{{Tenant: "a", Use: true}}}, tenant("a", warm(cold("a"))), tenant("a", warm(cold("a"))), "hit"},
		"a rule against":      {cache.Rulebook{Mode: cache.Deterministic, Rules: []cache.Rule{{Model: haiku, Never: true}}}, cold("a"), label("use", cold("a")), "off"},
		"another header":      {cache.Rulebook{Mode: cache.Deterministic}, cold("a"), guarded(cold("a")), "miss"},
		"other metadata":      {cache.Rulebook{Mode: cache.Deterministic}, cold("a"), tagged(cold("a")), "hit"},
		"a member said twice": {cache.Rulebook{Mode: cache.Deterministic}, doubled(cold("a")), doubled(cold("a")), "off"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := withCache(t, tt.rules)
				b.said(t, tt.first)
				if how, _ := b.said(t, tt.second); how != tt.want {
					t.Errorf("the second call is a %s, want %s", how, tt.want)
				}
				b.quiet(t, 2)
			})
		})
	}
}

func guarded(r *Request) *Request {
	r.Header.Set("X-Amzn-Bedrock-Guardrailidentifier", "g")
	return r
}

func tagged(r *Request) *Request {
	r.Body = []byte(strings.Replace(string(r.Body), `{"messages"`, `{"requestMetadata":{"a":"b"},"messages"`, 1))
	return r
}

func doubled(r *Request) *Request {
	r.Body = []byte(strings.Replace(string(r.Body), `{"messages"`, `{"x":1,"x":2,"messages"`, 1))
	return r
}

func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]reply{
		"cut short":            {status: 200, body: strings.Replace(good(1, 1).body, "end_turn", "max_tokens", 1)},
		"stopped by guardrail": {status: 200, body: strings.Replace(good(1, 1).body, "end_turn", "guardrail_intervened", 1)},
		"an error":             {status: 400, typ: "ValidationException", body: `{"message":"no"}`},
		"broken off":           {status: 200, body: good(1, 1).body[:40], broken: io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := withCache(t, cache.Rulebook{Mode: cache.Deterministic}, first)
				_, _, _ = b.send(t.Context(), cold("a"))
				if how, _ := b.said(t, cold("a")); how != "miss" {
					t.Errorf("the second call is a %s, want a miss", how)
				}
			})
		})
	}
}

func TestAnswersExpireAndAreMadeAnewWhenStale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic, TTL: time.Minute, Stale: time.Minute}, good(1, 1), good(2, 2), good(3, 3))
		_, first := b.said(t, cold("a"))
		time.Sleep(70 * time.Second)
		how, stale := b.said(t, cold("a"))
		if how != "hit" || stale != first {
			t.Errorf("a stale answer is a %s", how)
		}
		if err := b.Wait(t.Context()); err != nil { // for the one that is made behind it
			t.Fatal(err)
		}
		how, second := b.said(t, cold("a"))
		if how != "hit" || second == first {
			t.Errorf("the answer that was made anew is a %s, and the former one: %t", how, second == first)
		}
		time.Sleep(3 * time.Minute)
		if how, _ := b.said(t, cold("a")); how != "miss" {
			t.Errorf("an answer that is too old is a %s", how)
		}
		b.quiet(t, 5)
		if e := b.ledger.entries[2]; e.Class != llm.ClassBatch || e.Cache != "miss" {
			t.Errorf("the call behind the stale answer is recorded as %+v", e)
		}
	})
}

func TestAStampedeIsOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const all = 1000
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic})
		var wg sync.WaitGroup
		bodies := make([]string, all)
		for i := range all {
			wg.Go(func() {
				r := cold("a")
				r.Principal, r.Invocation = fmt.Sprint("p", i), fmt.Sprint("i", i)
				_, bodies[i], _ = b.send(t.Context(), r)
			})
		}
		wg.Wait()
		for i, body := range bodies {
			if body != bodies[0] || body == "" {
				t.Fatalf("call %d was answered %q, the first %q", i, body, bodies[0])
			}
		}
		if got := len(b.up.starts); got != 1 {
			t.Errorf("%d calls upstream, want 1", got)
		}
		b.quiet(t, all)
		ids := map[llm.CallID]bool{}
		var joined, saved int64
		for _, e := range b.ledger.entries {
			ids[e.ID] = true
			if e.Cache == "joined" {
				joined++
				saved += e.Saved.Tokens
			}
		}
		if len(ids) != all || joined != all-1 || saved != 50*(all-1) {
			t.Errorf("%d ids, %d joined that saved %d tokens; want %d, %d and %d", len(ids), joined, saved, all, all-1, 50*(all-1))
		}
	})
}

// A leader that fails does not fail those that follow: they are made once more, as
// one call.
func TestALeadersFailureIsNotItsFollowers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic}, reply{status: 424, typ: "ModelErrorException", body: `{"message":"no"}`, after: time.Second})
		var wg sync.WaitGroup
		statuses := make([]int, 5)
		for i := range statuses {
			wg.Go(func() {
				r := cold("a")
				r.Principal = fmt.Sprint("p", i)
				statuses[i], _, _ = b.send(t.Context(), r)
			})
		}
		wg.Wait()
		failed := 0
		for _, s := range statuses {
			if s == 424 {
				failed++
			}
		}
		if failed != 1 || len(b.up.starts) != 2 {
			t.Errorf("%d of %v failed with %d calls upstream, want 1 with 2", failed, statuses, len(b.up.starts))
		}
		b.quiet(t, 5)
	})
}

// A follower's deadline and departure are its own.
func TestFollowersEndOnTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := good(20, 30)
		slow.after = time.Minute
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic}, slow)
		var wg sync.WaitGroup
		var lead string
		wg.Go(func() { lead, _ = b.said(t, cold("a")) })
		synctest.Wait()
		wg.Go(func() {
			r := cold("a")
			r.Principal, r.Labels.Deadline = "hurry", 10*time.Second
			begun := time.Now()
			_, _, err := b.send(t.Context(), r)
			if fault.KindOf(err) != fault.Throttled || time.Since(begun) != 10*time.Second {
				t.Errorf("a follower with a deadline got %v after %v", err, time.Since(begun))
			}
		})
		wg.Go(func() {
			r := cold("a")
			r.Principal = "leaves"
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if _, _, err := b.send(ctx, r); fault.KindOf(err) != fault.Cancelled {
				t.Errorf("a follower that left got %v", err)
			}
		})
		wg.Wait()
		if lead != "miss" {
			t.Errorf("the leader is a %s", lead)
		}
		b.quiet(t, 3)
		var outcomes []string
		for _, e := range b.ledger.entries {
			outcomes = append(outcomes, string(e.Outcome))
		}
		if got := strings.Join(outcomes, " "); got != "refused cancelled ok" {
			t.Errorf("outcomes %s, want refused cancelled ok", got)
		}
	})
}

// The leader's client may leave: the call goes on for those that follow.
func TestALeadersClientMayLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := good(20, 30)
		slow.after = time.Minute
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic}, slow)
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, _, _ = b.send(ctx, cold("a"))
		})
		synctest.Wait()
		r := cold("a")
		r.Principal = "stays"
		if how, body := b.said(t, r); how != "joined" || !strings.Contains(body, "hi") {
			t.Errorf("the follower is a %s and got %q", how, body)
		}
		wg.Wait()
		b.quiet(t, 2)
	})
}

// Streams are followed live, replayed byte by byte, and answered in the other form.
func TestStreamsAreReplayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := withCache(t, cache.Rulebook{Mode: cache.Deterministic})
		if how, _ := b.said(t, cold("a")); how != "miss" {
			t.Fatal(how)
		}
		live := cold("a")
		live.Operation = llm.OpConverseStream
		resp, err := b.Do(t.Context(), live)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		frames, err := io.ReadAll(resp.Body)
		if got := resp.Header.Get("Content-Type"); err != nil || resp.Status != http.StatusOK || got != "application/vnd.amazon.eventstream" || !strings.Contains(string(frames), "contentBlockDelta") {
			t.Errorf("status %d, %s, %v: %q", resp.Status, got, err, frames)
		}
		b.quiet(t, 2)
	})
}

// For any interleaving of leaders, followers, departures and failures, each call
// ends once, and nothing stays held.
func TestEachCallEndsOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 7))
				var script []reply
				for range rng.IntN(12) {
					a := good(20, 30)
					switch rng.IntN(6) {
					case 0:
						a = throttle("requests")
					case 1:
						a = reply{status: 424, typ: "ModelErrorException", body: `{"message":"no"}`}
					case 2:
						a.broken = io.ErrUnexpectedEOF
					case 3:
						a = reply{err: &fault.Error{Kind: fault.Upstream, Err: io.EOF}}
					case 4:
						a = reply{status: 200, body: strings.Replace(good(1, 1).body, "end_turn", "max_tokens", 1)}
					}
					a.after = time.Duration(rng.IntN(20)) * time.Second
					script = append(script, a)
				}
				b := withCache(t, cache.Rulebook{Mode: cache.Deterministic, TTL: 30 * time.Second, Stale: 30 * time.Second}, script...)
				var wg sync.WaitGroup
				const calls = 40
				for i := range calls {
					r := cold(fmt.Sprint("text", rng.IntN(3)))
					r.Principal = fmt.Sprint("p", i)
					r.Labels.Cache = []string{"", "", "", "use", "refresh", "off"}[rng.IntN(6)]
					r.Labels.Class = llm.Class(rng.IntN(3))
					if rng.IntN(5) == 0 {
						r.Labels.Deadline = time.Duration(1+rng.IntN(20)) * time.Second
					}
					at, leave := time.Duration(rng.IntN(90))*time.Second, time.Duration(0)
					if rng.IntN(4) == 0 {
						leave = time.Duration(1+rng.IntN(15)) * time.Second
					}
					wg.Go(func() {
						time.Sleep(at)
						ctx := t.Context()
						if leave > 0 {
							var cancel context.CancelFunc
							ctx, cancel = context.WithTimeout(ctx, leave)
							defer cancel()
						}
						_, _, _ = b.send(ctx, r)
					})
				}
				wg.Wait()
				if err := b.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				ids := map[llm.CallID]bool{}
				for _, e := range b.ledger.entries {
					if e.Principal == "" {
						t.Errorf("an entry of nobody: %+v", e)
					}
					if ids[e.ID] {
						t.Errorf("%s ended twice", e.ID)
					}
					ids[e.ID] = true
				}
				refreshed := len(ids) - calls // made behind stale answers
				if refreshed < 0 {
					t.Errorf("%d calls have %d entries", calls, len(ids))
				}
				b.quiet(t, calls+refreshed)
			})
		})
	}
}
