package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

// nudgePatience is how long a gateway has to ask AWS.
const nudgePatience = 20 * time.Second

// nudge has the running gateway ask AWS now, so that it sees a request that was made
// besides it, or a new value, before its time. Where none answers, or it is of
// another Region, nothing is missed.
func (s *server) nudge(ctx context.Context, a *app, region llm.Region) {
	at, err := s.remote(a)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, nudgePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.base+console.RefreshPath+"?"+url.Values{"region": {string(region)}}.Encode(), http.NoBody)
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	at.authorize(req)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Type") == "application/json" {
		fmt.Fprintf(a.err, "headgate: the gateway at %s has asked AWS, and goes by what it says\n", at)
	}
}
