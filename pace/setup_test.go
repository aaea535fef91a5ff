package pace_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/pace"
)

const (
	haiku   = "anthropic.claude-haiku-4-5-20251001-v1:0"
	usHaiku = "us." + haiku
	region  = "us-east-1"
)

// stand is an emulated Bedrock and a client of it that is paced, joined by a
// network in memory: in a bubble, its minutes cost nothing.
type stand struct {
	emulator *emulator.Emulator
	pacer    *pace.Pacer
	client   *bedrockruntime.Client
	network  *network
	// fresh makes another client. The streams of one client share what decodes
	// them (smithy-go v1.28.8, internal/eventstream.Codec), which the race detector
	// objects to when they are read at the same time.
	fresh func() *bedrockruntime.Client
}

type options struct {
	requests, tokens int64 // quotas, as they are and as they are configured
	quotas           []emulator.Quota
	config           pace.Config
	latency          emulator.Latency
	faults           []emulator.Fault
	client           func(*bedrockruntime.Options)
}

// setup starts a stand. What it starts has ended when the test's function has.
func setup(t *testing.T, o options) *stand {
	t.Helper()
	if o.quotas == nil {
		o.quotas = []emulator.Quota{{Model: haiku, Path: string(llm.PathGeo), RequestsPerMinute: &o.requests, TokensPerMinute: &o.tokens}}
	}
	if (o.latency == emulator.Latency{}) {
		// Not none: smithy-go closes the body of its request when the head of a stream
		// comes, and net/http breaks the connection off where it has not seen its end.
		o.latency = emulator.Latency{TimeToFirstToken: 5 * time.Millisecond}
	}
	if o.config.Limits == nil {
		o.config.Limits = []pace.Limit{{Model: usHaiku, RequestsPerMinute: o.requests, TokensPerMinute: o.tokens}}
	}
	e, err := emulator.New(emulator.Config{
		Accounts: []emulator.Account{{ID: emulator.DefaultAccount, Quotas: o.quotas}},
		Region:   region, Latency: o.latency, Faults: o.faults, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pace.New(o.config)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{emulator: e, pacer: p, network: newNetwork()}
	server := emulator.Server(e.Handler())
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.network) }()
	transport := &http.Transport{DialContext: s.network.dial}
	s.fresh = func() *bedrockruntime.Client {
		return bedrockruntime.New(bedrockruntime.Options{
			Region: region, BaseEndpoint: aws.String("http://bedrock.test"),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
			HTTPClient:  &http.Client{Transport: transport}, RetryMaxAttempts: 5,
		}, p.Attach, func(co *bedrockruntime.Options) {
			if o.client != nil {
				o.client(co)
			}
		})
	}
	s.client = s.fresh()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return s
}

// network is a listener whose connections are pipes.
type network struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newNetwork() *network {
	return &network{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.conns <- far:
		return near, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "bedrock.test", Net: "unix"} }

// pool is what the emulator has counted.
func (s *stand) pool() emulator.PoolStats {
	return s.emulator.Stats().Pool(emulator.DefaultAccount, region, haiku, llm.PathGeo)
}

// used is how much of a limit counts by the pacer's mirror.
func (s *stand) used(t *testing.T, limit string) int64 {
	t.Helper()
	for _, p := range s.pacer.Status() {
		for _, l := range p.Limits {
			if l.Limit == limit {
				return l.Used
			}
		}
	}
	t.Fatalf("the status has no limit %s: %+v", limit, s.pacer.Status())
	return 0
}

// quiet fails when anything is held or under way on either side.
func (s *stand) quiet(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if p := s.pool(); p.InFlight != 0 || p.Held != 0 {
		t.Errorf("the emulator has %d calls in flight and %d tokens held, want none", p.InFlight, p.Held)
	}
	for _, p := range s.pacer.Status() {
		if p.Waiting != 0 || p.Running != 0 {
			t.Errorf("the pacer has %d calls waiting and %d running, want none", p.Waiting, p.Running)
		}
	}
}

// noThrottle fails when the emulator had to refuse anything on a quota.
func (s *stand) noThrottle(t *testing.T) {
	t.Helper()
	if got := s.pool().Throttled.Total(); got != 0 {
		t.Errorf("the emulator throttled %d calls, want none", got)
	}
}

func (s *stand) converse(ctx context.Context) (*bedrockruntime.ConverseOutput, error) {
	return s.client.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(usHaiku), Messages: ask(), InferenceConfig: most(100)})
}

func (s *stand) stream(ctx context.Context) (*bedrockruntime.ConverseStreamOutput, error) {
	return s.fresh().ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(usHaiku), Messages: ask(), InferenceConfig: most(100)})
}

const invokeBody = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":100,"messages":[{"role":"user","content":"Why do rivers bend? [[output_tokens=40]]"}]}`

func (s *stand) invoke(ctx context.Context) (*bedrockruntime.InvokeModelOutput, error) {
	return s.client.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{ModelId: aws.String(usHaiku), Body: []byte(invokeBody)})
}

func (s *stand) invokeStream(ctx context.Context) (*bedrockruntime.InvokeModelWithResponseStreamOutput, error) {
	return s.fresh().InvokeModelWithResponseStream(ctx, &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: aws.String(usHaiku), Body: []byte(invokeBody)})
}

func ask() []types.Message {
	return []types.Message{{
		Role:    types.ConversationRoleUser,
		Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Why do rivers bend? [[output_tokens=40]]"}},
	}}
}

func most(tokens int32) *types.InferenceConfiguration {
	return &types.InferenceConfiguration{MaxTokens: aws.Int32(tokens)}
}

// together runs n calls at once and returns their errors, joined.
func together(n int, call func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// drain reads a stream to its end.
func drain[E any](events <-chan E, stream io.Closer) error {
	for range events {
	}
	return stream.Close()
}

// elapsed is how much time passes while f runs.
func elapsed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
