package promexport

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// Path is where the metrics are served.
const Path = "/metrics"

// Discovery is what asks AWS now and then. It is safe for concurrent use.
type Discovery interface {
	Latest() account.Snapshot
	Failures() uint64
}

// Traces counts calls whose traces were to be sent, since the start.
type Traces struct {
	Sent    uint64 // taken by the collector
	Dropped uint64 // lost: the queue was full, or the collector refused or did not answer
	Skipped uint64 // left out by sampling
}

// Options is what an Exporter reads. All functions are called when somebody asks
// for the metrics, by several goroutines at once.
type Options struct {
	// Limits are required.
	Limits *limit.Memory
	// Activity is what is under way, WaitingBytes the size of what waits and Runs
	// how many runs have begun; as those of a dispatch.Dispatcher. Nil: nothing.
	Activity     func() []dispatch.Activity
	WaitingBytes func() int64
	Runs         func() int
	// Ledger is the counts of the ledger; nil: there are none.
	Ledger func() ledger.Stats
	// Discovery is nil where limits are only configured.
	Discovery Discovery
	// Traces is the counts of traces; nil: none are sent.
	Traces func() Traces
	// Tenants have series of their own whoever comes before them.
	Tenants []llm.Tenant
	// Version is that of the gateway, and TimeScale how much faster than real time
	// it runs; below 1 counts as 1.
	Version   string
	TimeScale float64
	Logger    *slog.Logger // of what cannot be told; nil: silent
}

// Exporter counts calls and serves metrics. It is safe for concurrent use.
type Exporter struct {
	calls    *calls
	registry *prometheus.Registry
	handler  http.Handler
}

// The bounds of answering: a Prometheus asks every few seconds, and gives up after
// ten.
const (
	mostAsking = 4
	patience   = 10 * time.Second
)

// New makes an Exporter with a registry of its own, with the Go runtime and the
// process in it.
func New(o Options) *Exporter {
	if o.Activity == nil {
		o.Activity = func() []dispatch.Activity { return nil }
	}
	if o.WaitingBytes == nil {
		o.WaitingBytes = func() int64 { return 0 }
	}
	if o.Runs == nil {
		o.Runs = func() int { return 0 }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	n := newNames(o.Tenants)
	e := &Exporter{calls: newCalls(n), registry: prometheus.NewRegistry()}
	e.calls.register(e.registry)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the version of Headgate and of Go.",
		ConstLabels: prometheus.Labels{"version": o.Version, "goversion": runtime.Version()},
	})
	build.Set(1)
	scale := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "time_scale", Help: "How many times faster than real time waits and limits run."})
	scale.Set(max(1, o.TimeScale))
	e.registry.MustRegister(newState(o, n), build, scale, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	e.handler = promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: errorLog{o.Logger}, Registry: e.registry,
		MaxRequestsInFlight: mostAsking, Timeout: patience, EnableOpenMetrics: true,
	})
	return e
}

// Record counts a call. It does not block, and takes about a microsecond.
func (e *Exporter) Record(entry *ledger.Entry) { e.calls.record(entry) }

// ServeHTTP answers GET and HEAD, in the format that the client asks for: text,
// OpenMetrics, or protobuf, which alone carries native histograms.
func (e *Exporter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "the metrics are only read: GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	e.handler.ServeHTTP(w, r)
}

// errorLog is where promhttp says what it could not tell.
type errorLog struct{ log *slog.Logger }

func (l errorLog) Println(v ...any) {
	for _, part := range v {
		if err, ok := part.(error); ok {
			l.log.Warn("some metrics could not be told", slog.Any("error", err))
		}
	}
}
