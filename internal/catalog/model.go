package catalog

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Model is what is known of one foundation model.
type Model struct {
	ID       llm.ModelID
	Name     string // as people write it, such as "Claude Haiku 4.5"
	Provider string
	// QuotaLabel is how quota names spell the model; "" when not known.
	QuotaLabel string
	// Burndown is how many quota tokens one output token settles as on
	// bedrock-runtime; use BurndownOn for the other endpoint. At least 1.
	Burndown int64
	// BurndownAssumed says that no document gives Burndown for this model.
	BurndownAssumed bool
	// MaxOutput is the most output tokens of one answer, and what Bedrock reserves
	// when a request sets no max_tokens. 0 for embeddings.
	MaxOutput int64
	// MaxOutputAssumed says that no document gives MaxOutput for this model.
	MaxOutputAssumed bool
	// Context is the context window in tokens; 0 when not known.
	Context int64
	// CacheMinimum is the fewest tokens of a prompt-cache checkpoint and
	// CacheCheckpoints how many a request may have; 0 when not known.
	CacheMinimum, CacheCheckpoints int64
	// CacheTTLs are the lives that a cache entry may be given.
	CacheTTLs []time.Duration
	// EndOfLife is the day the model ended or will end; zero when not known.
	EndOfLife time.Time
	// EndOfLifeNotBefore is the day before which AWS promises not to end it.
	EndOfLifeNotBefore time.Time
	// Retired says that the model had ended when the row was read.
	Retired bool
	// Streams says that answers can be streamed.
	Streams bool
	// Embedding says that the model answers with vectors, not text.
	Embedding bool
	// Paths are the ways it is known to be reached, in the order of llm's constants.
	Paths []llm.Path
	// Variants are the suffixes that name a context size of this model, such as
	// "200k" in id:200k or "1m" in id[1m].
	Variants []string
	Origin
}

// BurndownOn is the burndown on a path. bedrock-mantle has none: it meters
// output by itself (docs.aws.amazon.com/bedrock, userguide/quotas-mantle).
func (m Model) BurndownOn(path llm.Path) int64 {
	if path == llm.PathMantle {
		return 1
	}
	return m.Burndown
}

// assumption is what to take for a model that is not listed.
type assumption struct {
	prefix      string
	fromVersion int64
	burndown    int64
	maxOutput   int64
	Origin
}

// Assume returns the model, or for one that the catalog does not know a usable
// stand-in whose burndown and maximum output are cautious assumptions and say
// so.
func (c *Catalog) Assume(id llm.ModelID) Model {
	if m, ok := c.models[id]; ok {
		return m
	}
	f := parseForm(string(id))
	m := Model{
		ID: id, Name: string(id), Provider: f.provider,
		Burndown: 1, BurndownAssumed: true, MaxOutputAssumed: true,
		Streams: true,
	}
	for _, a := range c.assumptions {
		if strings.HasPrefix(string(id), a.prefix) && f.generation() >= a.fromVersion {
			m.Burndown, m.MaxOutput, m.Origin = a.burndown, a.maxOutput, a.Origin
			break
		}
	}
	return m
}

// ended is the sentence about a model that has or will have an end, or "".
func (m Model) ended() string {
	switch {
	case !m.EndOfLife.IsZero():
		return "end of life " + m.EndOfLife.Format(time.DateOnly)
	case m.Retired:
		return "past its end of life"
	}
	return ""
}
