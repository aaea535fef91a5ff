package emulator

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/reply"
)

// pace is the rhythm of one answer. Its latencies are nominal; it waits for
// them in real time, divided by the time scale, and always from the start of
// the call, so that delays do not add up.
type pace struct {
	latency Latency
	scale   float64
	start   time.Time
	first   time.Time // of the first token; zero until there was one
}

func newPace(c Config, m *foundation.Model) pace {
	p := pace{latency: c.Latency, scale: c.TimeScale, start: time.Now()}
	if m.Embeds() {
		p.latency.PerToken = 0
	}
	return p
}

// instant reports whether there is nothing to wait for.
func (p *pace) instant() bool { return p.latency == Latency{} }

// wait returns when so many tokens are due, delay later than usual. It returns
// the context's error when that ends first.
func (p *pace) wait(ctx context.Context, delay time.Duration, tokens int64) error {
	due := p.due(delay, tokens)
	if due == 0 {
		return ctx.Err()
	}
	left := time.Until(p.start.Add(due))
	if left <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// due is how long after the start so many tokens are due, in real time.
func (p *pace) due(delay time.Duration, tokens int64) time.Duration {
	return scaled(p.latency.TimeToFirstToken+delay+time.Duration(tokens)*p.latency.PerToken, p.scale)
}

// elapsed is the nominal time since the start of the call.
func (p *pace) elapsed() time.Duration { return p.nominal(time.Since(p.start)) }

func (p *pace) nominal(d time.Duration) time.Duration {
	return time.Duration(float64(d) * p.scale)
}

// generated is how many tokens are due by now.
func (p *pace) generated(delay time.Duration) int64 {
	spent := p.elapsed() - p.latency.TimeToFirstToken - delay
	if p.latency.PerToken == 0 || spent < 0 {
		return 0
	}
	return int64(spent / p.latency.PerToken)
}

// began notes the first token.
func (p *pace) began() {
	if p.first.IsZero() {
		p.first = time.Now()
	}
}

// timing is what the call took so far. Without a first token that was seen, it
// is the one that was due.
func (p *pace) timing(delay time.Duration) reply.Timing {
	t := reply.Timing{Total: p.elapsed(), FirstToken: p.latency.TimeToFirstToken + delay}
	if !p.first.IsZero() {
		t.FirstToken = p.nominal(p.first.Sub(p.start))
	}
	return t
}
