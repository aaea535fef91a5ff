package cloudwatch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

const (
	version      = "2010-08-01"
	target       = "GraniteServiceVersion20100801"
	cborPath     = "/service/" + target + "/operation/"
	shapes       = "com.amazonaws.cloudwatch#"
	maxBody      = 1 << 20 // bytes, once it is unpacked
	jsonType     = "application/x-amz-json-1.0"
	cborType     = "application/cbor"
	requestIDKey = "X-Amzn-Requestid"
)

// wire is a protocol.
type wire uint8

const (
	wireCBOR wire = iota
	wireJSON
	wireQuery
)

// Claims reports whether a request is for CloudWatch by its path or its target.
// One of the query protocol has only its signature to tell.
func Claims(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, cborPath) || strings.HasPrefix(r.Header.Get("X-Amz-Target"), target+".")
}

// wireOf is the protocol of a request, right or wrong.
func wireOf(r *http.Request) wire {
	switch {
	case strings.HasPrefix(r.URL.Path, "/service/"):
		return wireCBOR
	case r.Header.Get("X-Amz-Target") != "":
		return wireJSON
	}
	return wireQuery
}

// Serve answers a request of an owner, whose body has been read. The response's
// X-Amzn-Requestid is in its header already. Permit may have an error for the
// operation, a *refusal.Error, and may take its time.
func (s *Service) Serve(w http.ResponseWriter, r *http.Request, body []byte, owner Owner, permit func(operation string) error) {
	kind := wireOf(r)
	name, result, err := s.answer(kind, r, body, owner, permit)
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		Refuse(w, r, refused)
		return
	}
	if err != nil {
		problemOf(err).write(w, kind)
		return
	}
	id := w.Header().Get(requestIDKey)
	switch kind {
	case wireCBOR:
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		send(w, http.StatusOK, cborType, appendCBOR(nil, orEmpty(result)))
	case wireJSON:
		send(w, http.StatusOK, jsonType, appendJSON(nil, orEmpty(result)))
	case wireQuery:
		send(w, http.StatusOK, "text/xml", queryAnswer(name, id, result))
	}
}

// Refuse answers a request for CloudWatch with an error that is not its own, as
// one of who may call it. A 500 has the name that its API gives it.
func Refuse(w http.ResponseWriter, r *http.Request, e *refusal.Error) {
	if e.Status == http.StatusInternalServerError {
		problemOf(e).write(w, wireOf(r))
		return
	}
	q := e.Query()
	p := &problem{e.Status, e.Type, q.Type, e.Message}
	if wireOf(r) == wireQuery {
		p.status, p.message = q.Status, q.Message
	}
	p.write(w, wireOf(r))
}

func orEmpty(o object) object {
	if o == nil {
		return object{}
	}
	return o
}

func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return &problem{http.StatusInternalServerError, "InternalServiceFault", "InternalServiceError", "The request processing has failed because of an unknown error."}
}

// answer does what a request asks for.
func (s *Service) answer(kind wire, r *http.Request, body []byte, owner Owner, permit func(string) error) (string, object, error) {
	name, fields, err := read(kind, r, body)
	if err != nil {
		return "", nil, err
	}
	do, ok := find(name)
	if !ok {
		p := unknownOperation(name)
		if kind != wireQuery {
			p.status = http.StatusNotFound
		}
		return "", nil, p
	}
	if err := permit(name); err != nil {
		return "", nil, err
	}
	at, now := s.scope(owner), s.config.Now()
	if !at.limits.take(name, now) {
		return "", nil, throttled()
	}
	result, err := do(at, newReader(fields, kind == wireQuery), now)
	return name, result, err
}

// read takes a request apart into its operation and its input.
func read(kind wire, r *http.Request, body []byte) (name string, fields map[string]any, err error) {
	if r.Method != http.MethodPost {
		return "", nil, malformed("The method " + r.Method + " is not supported.")
	}
	if body, err = unpack(r.Header.Get("Content-Encoding"), body); err != nil {
		return "", nil, err
	}
	switch kind {
	case wireCBOR:
		name, _ = strings.CutPrefix(r.URL.Path, cborPath)
		if r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
			return "", nil, malformed("The header smithy-protocol is not rpc-v2-cbor.")
		}
		fields, err = cborObject(body)
	case wireJSON:
		_, name, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		fields, err = decodeJSON(body)
	case wireQuery:
		if fields, err = decodeForm(string(body)); err == nil {
			name, _ = fields["Action"].(string)
			if name == "" {
				return "", nil, &problem{http.StatusBadRequest, "MissingAction", "MissingAction", "The request must contain the parameter Action"}
			}
			if v := fields["Version"]; v != nil && v != version {
				return "", nil, unknownOperation(name)
			}
		}
	}
	if err != nil {
		return "", nil, malformed("The request body could not be read: " + err.Error() + ".")
	}
	return name, fields, nil
}

func cborObject(body []byte) (map[string]any, error) {
	if len(body) == 0 {
		return map[string]any{}, nil
	}
	v, err := decodeCBOR(body)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, errCBOR
	}
	return fields, nil
}

// unpack undoes what SDKs do to large requests.
func unpack(encoding string, body []byte) ([]byte, error) {
	switch encoding {
	case "", "identity":
		if len(body) > maxBody {
			return nil, tooLarge()
		}
		return body, nil
	case "gzip":
	default:
		return nil, malformed("The content encoding " + strconv.Quote(encoding) + " is not supported.")
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, malformed("The request body is not compressed as it says.")
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxBody+1))
	if err != nil {
		return nil, malformed("The request body is not compressed as it says.")
	}
	if len(plain) > maxBody {
		return nil, tooLarge()
	}
	return plain, nil
}

func tooLarge() *problem {
	return &problem{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "RequestEntityTooLarge", "The request body is larger than 1 MB."}
}

// write sends a problem in the protocol of the request.
func (p *problem) write(w http.ResponseWriter, kind wire) {
	h := w.Header()
	if kind != wireQuery && p.code != p.shape && p.shape != "ThrottlingException" {
		who := "Sender"
		if p.status >= http.StatusInternalServerError {
			who = "Receiver"
		}
		h.Set("X-Amzn-Query-Error", p.code+";"+who)
	}
	document := object{{"__type", shapes + p.shape}, {"message", p.message}}
	switch kind {
	case wireCBOR:
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
		send(w, p.status, cborType, appendCBOR(nil, document))
	case wireJSON:
		send(w, p.status, jsonType, appendJSON(nil, document))
	case wireQuery:
		send(w, p.status, "text/xml", queryError(p, h.Get(requestIDKey)))
	}
}

// send writes a response. If it is not delivered, the client has left, and
// nobody wants to know.
func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
