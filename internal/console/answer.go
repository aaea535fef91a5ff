package console

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// call is a huma.Context whose problems have the status that we give them.
type call struct {
	humaContext
	problem int // 0: none
}

// humaContext has a name that is not that of one of its methods.
type humaContext = huma.Context

// Unwrap is for humago.
func (c *call) Unwrap() huma.Context { return c.humaContext }

// SetStatus sends the header.
func (c *call) SetStatus(code int) {
	if c.problem != 0 {
		code = c.problem
	}
	c.humaContext.SetStatus(code)
}

// answer holds an answer until it is whole, so that it has a length, of a HEAD as
// well.
type answer struct {
	w      http.ResponseWriter
	status int
	body   bytes.Buffer
}

// Header is that of the answer.
func (a *answer) Header() http.Header { return a.w.Header() }

// WriteHeader notes the status; the first one counts.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write never fails.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.w }

func (a *answer) send() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		a.w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	}
	a.w.WriteHeader(a.status)
	_, _ = a.w.Write(a.body.Bytes()) // the client may have left; of a HEAD nothing is sent
}
