package gateway

import (
	"errors"
	"io"
	"net/http"

	"github.com/headgate/headgate/internal/dispatch"
)

// copyBytes is the piece in which an answer is passed on.
const copyBytes = 32 << 10

// answer passes an answer on: a stream piece by piece as it comes, the rest as
// net/http sees fit. An answer that breaks, or whose client has left, aborts
// the connection, so that nobody takes the cut for an end.
func (g *Gateway) answer(w http.ResponseWriter, resp *dispatch.Response, stream bool) {
	defer resp.Body.Close()
	copyAnswerHeader(w.Header(), resp.Header)
	w.WriteHeader(resp.Status)
	controller := http.NewResponseController(w)
	if stream && controller.Flush() != nil { // the headers at once: content may be long in coming
		panic(http.ErrAbortHandler)
	}
	buf := g.buffers.Get().(*[copyBytes]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer g.buffers.Put(buf)
	for {
		n, err := resp.Body.Read(buf[:])
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				panic(http.ErrAbortHandler)
			}
			if stream && controller.Flush() != nil {
				panic(http.ErrAbortHandler)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			panic(http.ErrAbortHandler)
		}
	}
}
