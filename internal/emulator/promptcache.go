package emulator

import (
	"time"

	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/llm"
)

// promptCache remembers prompt prefixes for their time to live. The zero value
// is empty. It is guarded by its account's lock.
type promptCache struct {
	prefixes map[prefix]time.Time // when each is forgotten
}

type prefix struct {
	pool llm.Pool
	hash uint64
}

// maxPrefixes is when forgotten prefixes are swept out.
const maxPrefixes = 10_000

// usage splits a prompt's tokens: read are those of its longest prefix that is
// remembered, written those from there to its last mark, input the rest. A
// prefix shorter than the model's least length is not cached.
func (c *promptCache) usage(now time.Time, pool llm.Pool, least int64, p *prompt.Prompt) llm.Usage {
	u := llm.Usage{Input: p.Tokens}
	if least == 0 {
		return u
	}
	for _, m := range p.Marks {
		if m.Tokens < least {
			continue
		}
		if until, ok := c.prefixes[prefix{pool, m.Hash}]; ok && now.Before(until) {
			u.CacheRead = m.Tokens
		}
		u.CacheWrite = m.Tokens
	}
	u.CacheWrite -= u.CacheRead
	u.Input -= u.CacheRead + u.CacheWrite
	return u
}

// store remembers the prefixes of a call that was admitted, anew if they were
// known.
func (c *promptCache) store(now time.Time, pool llm.Pool, least int64, p *prompt.Prompt, scale float64) {
	if least == 0 || len(p.Marks) == 0 {
		return
	}
	if c.prefixes == nil {
		c.prefixes = map[prefix]time.Time{}
	}
	if len(c.prefixes) > maxPrefixes {
		for k, until := range c.prefixes {
			if !now.Before(until) {
				delete(c.prefixes, k)
			}
		}
	}
	for _, m := range p.Marks {
		if m.Tokens >= least {
			c.prefixes[prefix{pool, m.Hash}] = now.Add(scaled(m.TTL, scale))
		}
	}
}
