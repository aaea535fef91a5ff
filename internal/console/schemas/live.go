package schemas

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/schema/workshop"
)

const (
	// quiet is after how long a stream without news has a comment, so that proxies
	// keep it.
	quiet = 10 * time.Second
	// writePatience is how long a reader may take for an event: slower ones are cut off.
	writePatience = 10 * time.Second
	// pace is how often at most a stream has news.
	pace = 200 * time.Millisecond
)

type streamAnswer struct {
	Type    string `header:"Content-Type"`
	Control string `header:"X-Accel-Buffering"` // for nginx
	Body    func(huma.Context)
}

func (r *room) live(api *console.API) {
	console.Register(api, console.Operation{
		ID: "watch-schema", Method: http.MethodGet, Path: Path + "/{id}/live", Role: console.RoleRead, Tag: "schemas", Stream: true,
		Summary: "What goes on with a schema, as it does",
		Description: "Server-sent events: `step` with a step, also one that was told before under its number and goes on; `schema` with the schema, at once and when its state changes. " +
			"It ends after the state that ends it; of one that is deleted it is cancelled.",
		Responses: map[string]*huma.Response{"200": {Description: "Events.", Content: map[string]*huma.MediaType{"text/event-stream": {}}}},
	}, func(ctx context.Context, in *idInput) (*streamAnswer, error) {
		if _, _, err := r.opts.Workshop.Job(in.ID); err != nil {
			return nil, err
		}
		return &streamAnswer{Type: "text/event-stream", Control: "no", Body: func(call huma.Context) {
			s := &stream{w: call.BodyWriter()}
			if w, ok := s.w.(http.ResponseWriter); ok {
				s.control = http.NewResponseController(w)
			}
			r.follow(ctx, in.ID, s)
		}}, nil
	})
}

// follow writes events until the schema has ended, or the reader has left.
func (r *room) follow(ctx context.Context, id string, s *stream) {
	var seen int64
	state := workshop.State("")
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		j, changed, err := r.opts.Workshop.Job(id)
		if err != nil { // it was removed
			j = workshop.Job{ID: id, State: workshop.Cancelled}
		}
		for _, step := range j.News(seen) {
			s.event("step", step)
		}
		seen = max(seen, j.Version)
		if j.State != state {
			if state = j.State; err == nil {
				s.event("schema", j)
			} else {
				s.event("schema", map[string]any{"id": id, "state": state})
			}
		}
		if s.flush(); s.failed || state.Ended() {
			return
		}
		for waiting := true; waiting; {
			timer.Reset(quiet)
			select {
			case <-changed:
				waiting = false
			case <-timer.C:
				s.comment()
			case <-ctx.Done():
				return
			}
			if s.failed {
				return
			}
		}
		timer.Reset(pace)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// stream writes events. After the first failure it writes no more.
type stream struct {
	w       io.Writer
	control *http.ResponseController // nil: nothing is to be flushed
	failed  bool
}

func (s *stream) event(name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.failed = true
		return
	}
	s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, data))
}

func (s *stream) comment() {
	s.write(": quiet\n\n")
	s.flush()
}

func (s *stream) write(text string) {
	if s.failed {
		return
	}
	if s.control != nil {
		_ = s.control.SetWriteDeadline(time.Now().Add(writePatience)) // a writer without deadlines waits
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		s.failed = true
	}
}

func (s *stream) flush() {
	if s.control != nil && s.control.Flush() != nil {
		s.failed = true
	}
}
