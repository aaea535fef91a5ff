package e2e

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// exchange is one request that reached the emulator, and what it answered.
type exchange struct {
	method, uri string
	header      http.Header
	body        []byte

	status       int
	answerHeader http.Header
	answer       []byte

	ended chan struct{} // closed when the emulator is done with the request
}

// wire is what lies between the gateway and the emulator: it keeps a copy of
// what passes and changes nothing.
type wire struct {
	inner http.Handler
	gate  func(*http.Request) // may be nil

	mu        sync.Mutex // guards what follows
	exchanges []*exchange
}

// ServeHTTP passes a request on to the emulator.
func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	x := &exchange{method: r.Method, uri: r.RequestURI, header: r.Header.Clone(), body: body, ended: make(chan struct{})}
	defer close(x.ended)
	w.mu.Lock()
	w.exchanges = append(w.exchanges, x)
	w.mu.Unlock()
	if w.gate != nil {
		w.gate(r)
	}
	w.inner.ServeHTTP(&copying{ResponseWriter: rw, wire: w, to: x}, r)
}

// passed is a copy of the exchanges so far.
func (w *wire) passed() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]exchange, 0, len(w.exchanges))
	for _, x := range w.exchanges {
		out = append(out, *x)
	}
	return out
}

// count is how many requests have arrived.
func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.exchanges)
}

// copying copies an answer into its exchange.
type copying struct {
	http.ResponseWriter
	wire *wire
	to   *exchange
}

func (c *copying) WriteHeader(status int) {
	c.wire.mu.Lock()
	c.to.status, c.to.answerHeader = status, c.Header().Clone()
	c.wire.mu.Unlock()
	c.ResponseWriter.WriteHeader(status)
}

func (c *copying) Write(p []byte) (int, error) {
	c.wire.mu.Lock()
	if c.to.status == 0 {
		c.to.status, c.to.answerHeader = http.StatusOK, c.Header().Clone()
	}
	c.to.answer = append(c.to.answer, p...)
	c.wire.mu.Unlock()
	return c.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush.
func (c *copying) Unwrap() http.ResponseWriter { return c.ResponseWriter }
