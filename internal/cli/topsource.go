package cli

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/top"
)

// silence is how long a gateway that tells live may say nothing: it says something
// each second, and at least every ten.
const silence = 25 * time.Second

// topSource is a running gateway as top asks it.
type topSource struct{ at remote }

func (s topSource) Overview(ctx context.Context) (console.Overview, error) {
	o, err := s.at.client().Overview(ctx)
	return o, advised(err)
}

func (s topSource) Calls(ctx context.Context, limit int) ([]console.Call, error) {
	page, err := s.at.client().Calls(ctx, ledger.Query{Limit: limit})
	return page.Calls, advised(err)
}

// Live reads the gateway's stream of events.
func (s topSource) Live(ctx context.Context, tell func(top.Event)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(fault.New(fault.Timeout, "%s has said nothing for %s", s.at, duration(silence))) })
	defer quiet.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at.base+console.LivePath+"?events=overview,call", http.NoBody)
	if err != nil {
		return fault.Wrap(fault.Invalid, "address the gateway", err)
	}
	req.Header.Set("Accept", "text/event-stream")
	gateway := s.at.client()
	gateway.Authorize(req)
	following := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer following.CloseIdleConnections()
	resp, err := following.Do(req)
	if err != nil {
		return advised(gateway.Unreachable(ctx, err))
	}
	defer resp.Body.Close()
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // "" is none
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return withHint(fault.New(fault.Denied, "the gateway at %s lets nobody in without a token that is valid", s.at), "give a token by "+tokenVariable+" or --token")
	case resp.StatusCode != http.StatusOK || kind != "text/event-stream":
		return top.ErrNotLive
	}
	err = readEvents(resp.Body, func() { quiet.Reset(silence) }, func(name string, data []byte) {
		if e, ok := topEvent(name, data); ok {
			tell(e)
		}
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fault.Wrap(fault.Upstream, "listen to the gateway", errors.Join(err, errEnded))
}

// errEnded is why a stream of events is over that the gateway has ended: it drains.
var errEnded = errors.New("it has ended the connection")

// topEvent decodes what top shows; what it does not know it passes over.
func topEvent(name string, data []byte) (top.Event, bool) {
	switch name {
	case console.EventOverview:
		var o console.Overview
		return top.Event{Overview: &o}, json.Unmarshal(data, &o) == nil
	case console.EventCall:
		var c console.Call
		return top.Event{Call: &c}, json.Unmarshal(data, &c) == nil
	case console.EventSkipped:
		var n console.Skipped
		err := json.Unmarshal(data, &n)
		return top.Event{Skipped: int(n.Calls)}, err == nil //nolint:gosec // what ends in a second is far fewer
	}
	return top.Event{}, false
}
