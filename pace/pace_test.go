package pace_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/pace"
)

func TestTwentyCallsAtTwoAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 2, tokens: 500_000})
		took := elapsed(func() {
			if err := together(20, func(int) error {
				_, err := s.converse(t.Context())
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
		s.noThrottle(t)
		s.quiet(t)
		if got := s.pool().Accepted; got != 20 {
			t.Errorf("%d calls were accepted, want 20", got)
		}
		// Two at once, and nine times two a window later.
		if least, most := 9*time.Minute, 9*time.Minute+9*time.Second; took < least || took > most {
			t.Errorf("20 calls took %v, want %v to %v", took, least, most)
		}
	})
}

func TestEveryOperationSettlesWhatItUsed(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(ctx context.Context, s *stand) error{
		"Converse": func(ctx context.Context, s *stand) error {
			_, err := s.converse(ctx)
			return err
		},
		"InvokeModel": func(ctx context.Context, s *stand) error {
			_, err := s.invoke(ctx)
			return err
		},
		"ConverseStream": func(ctx context.Context, s *stand) error {
			out, err := s.stream(ctx)
			if err != nil {
				return err
			}
			return drain(out.GetStream().Events(), out.GetStream())
		},
		"InvokeModelWithResponseStream": func(ctx context.Context, s *stand) error {
			out, err := s.invokeStream(ctx)
			if err != nil {
				return err
			}
			return drain(out.GetStream().Events(), out.GetStream())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := setup(t, options{requests: 100, tokens: 500_000})
				for range 3 {
					if err := call(t.Context(), s); err != nil {
						t.Fatal(err)
					}
				}
				s.quiet(t)
				s.sameLevels(t)
				if got := s.used(t, "tokens_per_minute"); got == 0 {
					t.Error("nothing was charged")
				}
			})
		})
	}
}

// sameLevels fails unless the mirror holds exactly what the emulator has charged.
func (s *stand) sameLevels(t *testing.T) {
	t.Helper()
	p := s.pool()
	if got, want := s.used(t, "tokens_per_minute"), p.Settled; got != want {
		t.Errorf("%d tokens count here, %d were charged there", got, want)
	}
	if got, want := s.used(t, "requests_per_minute"), p.Accepted; got != want {
		t.Errorf("%d requests count here, %d there", got, want)
	}
}

// TestAStreamSettlesAtItsMetadata: what a stream does not use is free again as
// soon as the stream has said so, not when its connection ends or it is closed.
func TestAStreamSettlesAtItsMetadata(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{
			requests: 100, tokens: 500_000,
			latency: emulator.Latency{TimeToFirstToken: time.Second, PerToken: 10 * time.Millisecond},
			client:  func(o *bedrockruntime.Options) { o.HTTPClient = lingering{o.HTTPClient} },
		})
		out, err := s.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var seen int
		for event := range out.GetStream().Events() {
			switch event.(type) {
			case *types.ConverseStreamOutputMemberMessageStart:
				if got := s.pacer.Status()[0].Running; got != 1 {
					t.Errorf("%d calls run while the answer streams, want 1", got)
				}
			case *types.ConverseStreamOutputMemberMetadata:
				seen++
				if got := s.pacer.Status()[0].Running; got != 0 {
					t.Errorf("%d calls run after the metadata event, want 0", got)
				}
				synctest.Wait()
				s.sameLevels(t)
				if err := out.GetStream().Close(); err != nil {
					t.Error(err)
				}
			}
		}
		if seen != 1 {
			t.Errorf("%d metadata events, want 1", seen)
		}
		s.quiet(t)
	})
}

// lingering is an HTTP client whose answers do not end before they are closed.
type lingering struct{ inner bedrockruntime.HTTPClient }

func (l lingering) Do(r *http.Request) (*http.Response, error) {
	resp, err := l.inner.Do(r)
	if err == nil {
		resp.Body = &lingeringBody{ReadCloser: resp.Body, closed: make(chan struct{})}
	}
	return resp, err
}

type lingeringBody struct {
	io.ReadCloser

	once   sync.Once
	closed chan struct{}
}

func (b *lingeringBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && n == 0 {
		<-b.closed
	}
	return n, err
}

func (b *lingeringBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.ReadCloser.Close()
}

func TestTheSDKsRetriesArePaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 2, tokens: 500_000, faults: []emulator.Fault{{Kind: emulator.FaultUnavailable, Next: 3}}})
		if err := together(5, func(int) error {
			_, err := s.converse(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.noThrottle(t)
		s.quiet(t)
		if got := s.pool().Requests; got != 8 {
			t.Errorf("%d attempts, want 5 and 3 retries", got)
		}
	})
}

// TestQuotaThrottlesAreAbsorbed: half of the quota is somebody else's, or was never
// there. The caller sees only that it waits.
func TestQuotaThrottlesAreAbsorbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there, tokens := int64(2), int64(500_000)
		s := setup(t, options{
			quotas: []emulator.Quota{{Model: haiku, Path: "geo", RequestsPerMinute: &there, TokensPerMinute: &tokens}},
			config: pace.Config{MaxWait: time.Hour, Limits: []pace.Limit{{Model: usHaiku, RequestsPerMinute: 4, TokensPerMinute: tokens}}},
			client: func(o *bedrockruntime.Options) {
				o.Retryer = aws.NopRetryer{}
				o.BaseEndpoint = aws.String("http://bedrock.test/base")
				o.HTTPClient = below{o.HTTPClient}
			},
		})
		if err := together(40, func(int) error {
			_, err := s.converse(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.quiet(t)
		if got := s.pool(); got.Throttled.Requests == 0 || got.Throttled.Requests > 16 || got.Accepted != 40 {
			t.Errorf("%d throttles and %d accepted, want 1 to 16, and 40", got.Throttled.Requests, got.Accepted)
		}
	})
}

// below is an HTTP client for an endpoint with a path, which every attempt must have
// once.
type below struct{ inner bedrockruntime.HTTPClient }

func (b below) Do(r *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(r.URL.Path, "/base/model/")
	if !ok {
		return nil, errors.New("the path is " + r.URL.Path)
	}
	r.URL.Path, r.URL.RawPath = "/model/"+path, ""
	return b.inner.Do(r)
}

// TestAWindowCountsFromTheWire: the first calls reach the upstream late, since their
// connections took long, and the next ones at once. A sliding window remembers when
// they came, not when they were let go.
func TestAWindowCountsFromTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := int64(2)
		s := setup(t, options{
			quotas: []emulator.Quota{{Model: haiku, Path: "geo", RequestsPerMinute: &requests, Law: emulator.Law{Kind: emulator.Sliding}}},
			config: pace.Config{Limits: []pace.Limit{{Model: usHaiku, RequestsPerMinute: requests}}},
			client: func(o *bedrockruntime.Options) {
				transport := o.HTTPClient.(*http.Client).Transport.(*http.Transport) //nolint:forcetypeassert // as setup made it
				dial := transport.DialContext
				transport.IdleConnTimeout = time.Hour
				transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					time.Sleep(5 * time.Second) // in a bubble
					return dial(ctx, network, address)
				}
			},
		})
		if err := together(4, func(int) error {
			_, err := s.converse(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // in a bubble: connections that were not needed after all are made
		s.noThrottle(t)
		s.quiet(t)
	})
}

func TestWhatWasNotSentDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 10, tokens: 500_000, client: func(o *bedrockruntime.Options) {
			o.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("no route")
			}}}
		}})
		if _, err := s.converse(t.Context()); err == nil {
			t.Fatal("a call without a network went well")
		}
		s.quiet(t)
		if got := s.used(t, "requests_per_minute"); got != 0 {
			t.Errorf("%d requests count, want 0", got)
		}
	})
}

func TestAnImpossibleWaitFailsAtOnce(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]func(ctx context.Context) (context.Context, context.CancelFunc){
		"the context's deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 30*time.Second)
		},
		"the label": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return pace.WithDeadline(ctx, time.Now().Add(30*time.Second)), func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := setup(t, options{requests: 1, tokens: 500_000})
				if _, err := s.converse(t.Context()); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := bound(t.Context())
				defer cancel()
				var err error
				if took := elapsed(func() { _, err = s.converse(ctx) }); took != 0 {
					t.Errorf("the call failed after %v, want at once", took)
				}
				e, ok := errors.AsType[*pace.Error](err)
				if !ok || e.Limit != "requests_per_minute" || e.Model != usHaiku {
					t.Fatalf("error = %v, want a *pace.Error about requests_per_minute of %s", err, usHaiku)
				}
				if e.RetryAfter < 29*time.Second || e.RetryAfter > 33*time.Second {
					t.Errorf("RetryAfter = %v, want about 30 s", e.RetryAfter)
				}
				if _, ok := errors.AsType[*types.ThrottlingException](err); !ok {
					t.Error("the error's chain has no *types.ThrottlingException")
				}
				if got := s.pool().Requests; got != 1 {
					t.Errorf("%d requests were sent, want 1", got)
				}
				s.quiet(t)

				time.Sleep(e.RetryAfter) // in a bubble
				ctx, cancel = bound(t.Context())
				defer cancel()
				if _, err := s.converse(ctx); err != nil {
					t.Errorf("after RetryAfter: %v", err)
				}
				s.noThrottle(t)
			})
		})
	}
}

func TestACallThatNeverFitsIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 1, tokens: 50})
		_, err := s.converse(t.Context())
		e, ok := errors.AsType[*pace.Error](err)
		if !ok || e.Limit != "tokens_per_minute" || e.RetryAfter != 0 {
			t.Fatalf("error = %v, want a *pace.Error about tokens_per_minute without a RetryAfter", err)
		}
		if _, ok := errors.AsType[*types.ValidationException](err); !ok {
			t.Error("the error's chain has no *types.ValidationException")
		}
	})
}

// TestWhoLeavesGivesBack: a call that is cancelled while it waits, while it runs
// or while it streams holds nothing afterwards.
func TestWhoLeavesGivesBack(t *testing.T) {
	t.Parallel()
	slow := emulator.Latency{TimeToFirstToken: time.Second, PerToken: 100 * time.Millisecond}
	for name, leave := range map[string]func(t *testing.T, s *stand){
		"waiting": func(t *testing.T, s *stand) {
			t.Helper()
			_, _ = s.converse(t.Context())
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			if _, err := s.converse(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want context.Canceled", err)
			}
			if got := s.pool().Requests; got != 1 {
				t.Errorf("%d requests were sent, want 1", got)
			}
		},
		"running": func(t *testing.T, s *stand) {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2*time.Second, cancel)
			if _, err := s.converse(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want context.Canceled", err)
			}
		},
		"closed early": func(t *testing.T, s *stand) {
			t.Helper()
			out, err := s.stream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			<-out.GetStream().Events()
			if err := out.GetStream().Close(); err != nil {
				t.Error(err)
			}
			s.quiet(t)
			if here, there := s.used(t, "tokens_per_minute"), s.pool().Settled; here < there || there == 0 {
				t.Errorf("%d tokens count here, %d were charged there", here, there)
			}
		},
		"streaming": func(t *testing.T, s *stand) {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			out, err := s.stream(ctx)
			if err != nil {
				t.Fatal(err)
			}
			<-out.GetStream().Events()
			time.Sleep(5 * time.Second) // in a bubble: the next event waits to be taken
			cancel()                    // and never is
			synctest.Wait()
			if got := s.pacer.Status()[0].Running; got != 0 {
				t.Errorf("%d calls run after the cancellation, want 0", got)
			}
			_ = out.GetStream().Close()
		},
		"abandoned": func(t *testing.T, s *stand) {
			t.Helper()
			out, err := s.invokeStream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(21 * time.Minute) // in a bubble
			if got := s.pacer.Status()[0].Running; got != 0 {
				t.Errorf("%d calls run 20 minutes after the last read, want 0", got)
			}
			_ = out.GetStream().Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := setup(t, options{requests: 1, tokens: 500_000, latency: slow})
				leave(t, s)
				s.quiet(t)
				time.Sleep(3 * time.Minute) // in a bubble: all windows have passed
				for _, limit := range []string{"requests_per_minute", "tokens_per_minute"} {
					if got := s.used(t, limit); got != 0 {
						t.Errorf("%s: %d still count, want 0", limit, got)
					}
				}
				if _, err := s.converse(t.Context()); err != nil {
					t.Errorf("the next call: %v", err)
				}
				s.noThrottle(t)
				s.quiet(t)
			})
		})
	}
}
