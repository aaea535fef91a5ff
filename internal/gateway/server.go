package gateway

import (
	"log/slog"
	"net/http"
	"time"
)

const (
	// Calls wait and stream for minutes, so neither reading nor writing has a
	// time limit as a whole; headers and idle connections do.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 64 << 10

	// maxStreams is how many calls may wait on one HTTP/2 connection. The AWS SDK
	// for JavaScript opens one for all calls of a client; the usual 250 would
	// keep the rest of them out of the queue, where their order is decided.
	maxStreams = 10_000

	// A client that vanishes without a word is found out by pings, so that its
	// calls give up their places.
	pingAfter, pingTimeout = 30 * time.Second, 15 * time.Second
)

// NewServer makes a server for h that speaks HTTP/1.1 and, on the same port,
// cleartext HTTP/2 with prior knowledge, which the AWS SDK for JavaScript
// requires of an http endpoint. Its own complaints go to logger as warnings.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams,
			SendPingTimeout:      pingAfter,
			PingTimeout:          pingTimeout,
		},
	}
}
