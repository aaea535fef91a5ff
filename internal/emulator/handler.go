package emulator

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// maxBody is the largest body that the service takes, in bytes
// (InvokeModel, Amazon Bedrock API reference).
const maxBody = 25_000_000

// visit is one request on its way through the emulator.
type visit struct {
	e      *Emulator
	w      http.ResponseWriter
	r      *http.Request
	route  route
	body   string
	acct   *account
	region llm.Region
}

func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	v := &visit{e: e, w: w, r: r}
	w.Header().Set("X-Amzn-Requestid", newRequestID())
	w.Header().Set("X-Emulator", "true") // nobody is to take its answers for a model's
	err := v.serve(r.Context())
	if err == nil {
		return
	}
	refused := refusal.From(err)
	e.config.Logger.LogAttrs(r.Context(), slog.LevelDebug, "refused",
		slog.Int("status", refused.Status), slog.String("type", refused.Type), slog.String("method", r.Method))
	if err := refused.Write(w); err != nil {
		e.config.Logger.LogAttrs(r.Context(), slog.LevelDebug, "refusal not delivered", slog.Any("error", err))
	}
}

// serve answers, or returns the error to answer with: then nothing has been
// written yet.
func (v *visit) serve(ctx context.Context) error {
	var err error
	v.e.asked.Advance(v.e.config.Now())
	switch serviceOf(v.r) {
	case signedMonitoring:
		return v.monitor(ctx)
	case signedQuotas:
		return v.serviceQuotas(ctx)
	case signedIdentity:
		return v.identity(ctx)
	}
	if v.route, err = parsePath(v.r.Method, v.r.URL.EscapedPath()); err != nil {
		return err
	}
	if v.route.resource == resourceControl {
		return v.control()
	}
	body, err := readBody(v.w, v.r)
	if err != nil {
		return err
	}
	if v.acct, v.region, err = v.e.door.enter(v.r, body, signedBedrock, v.e.config.Now()); err != nil {
		return err
	}
	if err := v.permit(ctx, v.route.permission()); err != nil {
		return err
	}
	v.body = string(body)
	switch v.route.resource {
	case resourceModel:
		return v.runtime(ctx)
	case resourceProfiles:
		return v.listProfiles()
	case resourceProfile:
		return v.oneProfile()
	case resourceModels:
		return v.listModels()
	default:
		return v.oneModel()
	}
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := refusal.New(http.StatusRequestEntityTooLarge, "ValidationException",
		fmt.Sprintf("The request body is larger than the limit of %d bytes.", maxBody))
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	var body []byte
	var err error
	if r.ContentLength >= 0 {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(limited, body)
	} else {
		body, err = io.ReadAll(limited)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if err != nil {
		return nil, refusal.Serialization("The request body could not be read.")
	}
	return body, nil
}

// respond sends a JSON body with what is in the header already. If it is not
// delivered, the client has left, and nobody wants to know.
func (v *visit) respond(body []byte) {
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = v.w.Write(body)
}

// newRequestID is a random UUID, version 4.
func newRequestID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}
