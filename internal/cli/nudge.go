package cli

import (
	"context"
	"fmt"
	"time"

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
	if _, err := at.client().Refresh(ctx, region); err == nil {
		fmt.Fprintf(a.err, "headgate: the gateway at %s has asked AWS, and goes by what it says\n", at)
	}
}
