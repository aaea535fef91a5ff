package overhead

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// RoleVariable is the variable of the environment that makes this program play
// a part of the bench: see Serve.
const (
	RoleVariable     = "HEADGATE_BENCH_ROLE"
	upstreamVariable = "HEADGATE_BENCH_UPSTREAM"
)

// Serve plays one role (direct, proxy or headgate) until ctx ends. It writes
// its address to standard output first.
func Serve(ctx context.Context, role string) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + ln.Addr().String())
	switch role {
	case "headgate":
		return serveGateway(ctx, ln, os.Getenv(upstreamVariable))
	case "proxy":
		target, err := url.Parse(os.Getenv(upstreamVariable))
		if err != nil {
			return err
		}
		proxy := &httputil.ReverseProxy{
			Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
			FlushInterval: -1,
			ErrorLog:      log.New(io.Discard, "", 0), // the load sees the 502
			Transport:     &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true},
		}
		return serveHTTP(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// Without it an answer that is quicker than the last look at the
			// request's body closes the connection to the upstream.
			_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/1.1 can
			proxy.ServeHTTP(w, r)
		}))
	default:
		return serveHTTP(ctx, ln, http.HandlerFunc(answer))
	}
}

func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveGateway is the whole Headgate with limits that bind nobody.
func serveGateway(ctx context.Context, ln net.Listener, upstream string) error {
	dir, err := os.MkdirTemp("", "headgate-overhead-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	requests, tokens, day := int64(10_000_000), int64(1e12), int64(1e15)
	cfg := config.Default()
	cfg.DataDir, cfg.Drain.Timeout = dir, config.Duration(time.Second)
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, Region: "us-east-1", EndpointURL: upstream}
	cfg.Quotas.Pools = []config.Pool{{
		Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo,
		RequestsPerMinute: &requests, TokensPerMinute: &tokens, TokensPerDay: &day,
	}}
	g, err := daemon.NewGateway(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return err
	}
	return errors.Join(g.Run(ctx, ln), g.Close())
}

// answerSize is the bytes of text in an answer.
const answerSize = 2 << 10

// answer is an upstream that has its answer ready.
func answer(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	const usage = `"usage":{"inputTokens":500,"outputTokens":500,"totalTokens":1000},"metrics":{"latencyMs":1}`
	text := strings.Repeat("x", answerSize)
	if strings.HasSuffix(r.URL.Path, "-stream") {
		w.Header().Set("Content-Type", eventstream.ContentType)
		_, _ = w.Write(streamed(text, usage)) // the client may have left
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"output":{"message":{"role":"assistant","content":[{"text":%q}]}},"stopReason":"end_turn",%s}`, text, usage)
}

// streamed is an answer in twenty messages.
func streamed(text, usage string) []byte {
	const pieces = 20
	var out []byte
	event := func(name, payload string) {
		next, err := eventstream.Append(out, []eventstream.Header{
			{Name: ":event-type", Value: name}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "event"},
		}, []byte(payload))
		if err != nil {
			panic(err) // the messages are ours
		}
		out = next
	}
	event("messageStart", `{"role":"assistant"}`)
	for i := range pieces {
		event("contentBlockDelta", fmt.Sprintf(`{"contentBlockIndex":0,"delta":{"text":%q}}`, text[i*len(text)/pieces:(i+1)*len(text)/pieces]))
	}
	event("contentBlockStop", `{"contentBlockIndex":0}`)
	event("messageStop", `{"stopReason":"end_turn"}`)
	event("metadata", `{`+usage+`}`)
	return out
}
