package emulator

import (
	"net/http"
	"time"
)

// Bounds of the server. Answers may take long, so there is none on writing.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	maxStreams     = 10_000 // of one HTTP/2 connection
)

// Server is set up to serve a handler over HTTP/1.1 and, by prior knowledge,
// cleartext HTTP/2 on one port: the AWS SDK for JavaScript speaks only the
// latter. The caller listens, and shuts it down.
func Server(h http.Handler) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}
