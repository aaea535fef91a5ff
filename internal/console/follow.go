package console

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/headgate/headgate/internal/console/live"
)

// LivePath is where events are sent as they come.
const LivePath = "/api/v1/live"

// The events.
const (
	EventOverview = "overview" // an Overview
	EventCall     = "call"     // a Call that has ended
	EventSkipped  = "skipped"  // a Skipped
	EventQuotas   = "quotas"   // an Adopted
)

// Skipped is how many calls are not told of, since there were too many.
type Skipped struct {
	Calls uint64 `json:"calls"`
}

// Adopted says that limits have changed and are in force.
type Adopted struct {
	Time time.Time `json:"time"`
}

const (
	// pulse is how often it is looked for events.
	pulse = 100 * time.Millisecond
	// overviewEvery and commentEvery are how often there is one.
	overviewEvery, commentEvery = time.Second, 10 * time.Second
	// callsEachPulse are the most that are told of: 50 a second.
	callsEachPulse = 5
	// writePatience is for how long a reader may not read: it is dropped then.
	writePatience = 5 * time.Second
	// mostReaders bounds how many read at once.
	mostReaders = 256
)

type liveInput struct {
	Events []string `query:"events" enum:"overview,call,quotas" doc:"Only these, with commas between; without it all. Skipped comes with call."`
}

// wants reports whether a reader has asked for an event.
func (in *liveInput) wants(event string) bool {
	return len(in.Events) == 0 || slices.Contains(in.Events, event)
}

// follow registers the events that are sent as they come.
func (c *Console) follow(api *API) {
	schemas := api.huma.OpenAPI().Components.Schemas
	named := map[string]any{}
	for event, value := range map[string]any{EventOverview: Overview{}, EventCall: Call{}, EventSkipped: Skipped{}, EventQuotas: Adopted{}} {
		named[event] = schemaFor(schemas, value)
	}
	Register(api, Operation{
		ID: "follow", Method: http.MethodGet, Path: LivePath, Role: RoleRead, Tag: "overview", Stream: true,
		Summary: "How things go on, as server-sent events",
		Description: "overview comes at once and then every second; call as each ends, at most 50 a second, and skipped says how many more there were; " +
			"quotas when limits have changed. Ids rise. A comment comes every ten seconds. Who does not read is cut off. The stream ends when the gateway does.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Events whose data is JSON.",
			Content: map[string]*huma.MediaType{"text/event-stream": {
				Schema: &huma.Schema{Type: huma.TypeString}, Extensions: map[string]any{"x-headgate-events": named},
			}},
		}},
	}, func(ctx context.Context, in *liveInput) (*huma.StreamResponse, error) {
		if c.readers.Add(1) > mostReaders {
			c.readers.Add(-1)
			return nil, &Problem{Status: http.StatusServiceUnavailable, Detail: "Too many follow the events already. Read " + OverviewPath + " instead, or close one."}
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			defer c.readers.Add(-1)
			_, w := humago.Unwrap(hc)
			newStream(c, in, w).run(ctx)
		}}, nil
	})
}

// stream is one reader's events.
type stream struct {
	c     *Console
	in    *liveInput
	w     http.ResponseWriter
	rc    *http.ResponseController
	id    uint64
	place live.Place
	out   bytes.Buffer // what is to be sent
}

func newStream(c *Console, in *liveInput, w http.ResponseWriter) *stream {
	return &stream{c: c, in: in, w: w, rc: http.NewResponseController(w), place: c.opts.Live.Here()}
}

// run sends until the reader leaves or does not read, or the gateway ends.
func (s *stream) run(ctx context.Context) {
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.WriteHeader(http.StatusOK)
	s.told()
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	overview, comment := time.Now(), time.Now()
	for s.send() {
		select {
		case <-ctx.Done():
			return
		case <-s.c.opts.Live.Ended():
			return
		case <-ticker.C:
		}
		now := time.Now()
		s.happened(now)
		// Half a pulse early rather than late, as ticks are not exact.
		if now.Sub(overview) >= overviewEvery-pulse/2 {
			overview = now
			s.told()
		}
		if now.Sub(comment) >= commentEvery-pulse/2 {
			comment = now
			s.out.WriteString(": still here\n\n")
		}
	}
}

// told adds an overview, if one is wanted.
func (s *stream) told() {
	if s.in.wants(EventOverview) {
		s.event(EventOverview, s.c.latest.get(s.c))
	}
}

// happened adds what there was since the last pulse.
func (s *stream) happened(now time.Time) {
	most := callsEachPulse
	if !s.in.wants(EventCall) {
		most = 0
	}
	var news live.News
	news, s.place = s.c.opts.Live.Since(s.place, most)
	for _, e := range news.Calls {
		s.event(EventCall, NewCall(e))
	}
	if news.Skipped > 0 && most > 0 {
		s.event(EventSkipped, Skipped{news.Skipped})
	}
	if news.Adopted && s.in.wants(EventQuotas) {
		s.event(EventQuotas, Adopted{now.UTC()})
	}
}

// event adds one.
func (s *stream) event(name string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // our own types, which always encode
	}
	s.id++
	s.out.WriteString("id: " + strconv.FormatUint(s.id, 10) + "\nevent: " + name + "\ndata: ")
	s.out.Write(text)
	s.out.WriteString("\n\n")
}

// send writes what there is, and reports whether the reader took it.
func (s *stream) send() bool {
	if s.out.Len() == 0 {
		return true
	}
	_ = s.rc.SetWriteDeadline(time.Now().Add(writePatience)) // a writer without deadlines does not wait
	_, err := s.w.Write(s.out.Bytes())
	s.out.Reset()
	return err == nil && s.rc.Flush() == nil
}
