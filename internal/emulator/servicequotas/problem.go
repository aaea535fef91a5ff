package servicequotas

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// problem is an error as a client sees it.
type problem struct {
	status         int
	shape, message string
}

// Error names the shape and gives the message.
func (p *problem) Error() string { return p.shape + ": " + p.message }

func refuse(shape, format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, shape, fmt.Sprintf(format, args...)}
}

func illegal(format string, args ...any) *problem {
	return refuse("IllegalArgumentException", format, args...)
}

func noSuch(format string, args ...any) *problem {
	return refuse("NoSuchResourceException", format, args...)
}

// write sends the problem. If it is not delivered, the client has left.
func (p *problem) write(w http.ResponseWriter) {
	send(w, p.status, map[string]string{"__type": p.shape, "Message": p.message})
}

// Refuse answers a request for Service Quotas with an error that is not its
// own, as one of who may call it. A 500 has the name that its API gives it.
func Refuse(w http.ResponseWriter, e *refusal.Error) {
	if e.Status == http.StatusInternalServerError {
		problemOf(e).write(w)
		return
	}
	e = e.JSON()
	(&problem{e.Status, e.Type, e.Message}).write(w)
}

func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return &problem{http.StatusInternalServerError, "ServiceException", "Something went wrong."}
}

func send(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // answers hold only what has a JSON form
		status, body = http.StatusInternalServerError, []byte(`{"__type":"ServiceException"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-amz-json-1.1")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
