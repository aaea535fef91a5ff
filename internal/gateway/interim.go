package gateway

import (
	"net/http"
	"time"
)

// interimEvery is the time between two interim responses: a quarter of the
// shortest read timeout of the clients that get them (botocore's 60 s), so that
// one that is late changes nothing, and shorter timeouts that users set are
// mostly met too. It is real time, as clients' timeouts are.
const interimEvery = 15 * time.Second

// keepAwake writes an interim response of this status to w each time that
// interimEvery has passed, so that a client which waits for its turn does not take silence
// for death; the status of the answer stays open. A status of 0 writes nothing.
//
// The caller must call stop exactly once before it touches w again. When stop
// has returned, nothing is written any more. Until then nobody else may use w or
// its headers, which each interim response would carry.
//
// A goroutine exists only once a call has waited that long, so quick calls pay
// for a timer alone. What cannot be written is dropped: net/http ends the
// request's context when the client has gone, and that ends the wait.
func keepAwake(w http.ResponseWriter, status int) (stop func()) {
	if status == 0 {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	first := time.AfterFunc(interimEvery, func() {
		defer close(done)
		ticker := time.NewTicker(interimEvery)
		defer ticker.Stop()
		for {
			w.WriteHeader(status)
			select {
			case <-ticker.C:
			case <-quit:
				return
			}
		}
	})
	return func() {
		if first.Stop() {
			return
		}
		close(quit)
		<-done
	}
}
