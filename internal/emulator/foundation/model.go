// Package foundation is the emulator's own table of foundation models: what
// each may put out, how its output burns quota down, and the ids by which it
// is called.
//
// It is transcribed from the public pages on its own and shares nothing with
// the gateway's catalog, so that a slip in one of the two shows as a
// difference between them.
package foundation

import "github.com/headgate/headgate/internal/llm"

// Body is the family of request bodies that InvokeModel takes for a model.
type Body uint8

// The families that the emulator reads. A model of any other family answers
// by Converse alone.
const (
	BodyNone Body = iota
	BodyAnthropic
	BodyNova
	BodyTitanEmbedding
)

// Model is one foundation model.
type Model struct {
	ID             llm.ModelID
	Name, Provider string
	Body           Body
	// MaxOutput is the most tokens that an answer may have, and what is
	// reserved when a request sets no maximum. 0 for embeddings.
	MaxOutput int64
	// Burndown is what one output token settles as in quota tokens.
	Burndown int64
	// CacheMinimum is the least length in tokens of a cached prefix; 0 when the
	// model caches nothing.
	CacheMinimum int64
	// OnDemand says that the bare id may be invoked.
	OnDemand bool
	// Geos are the prefixes of its geographic profiles, "us" for "us.…".
	Geos []string
	// Global says that there is a global. profile.
	Global bool
	// Retired models answer 404: they have reached the end of their life.
	Retired bool
	// CountsTokens says that CountTokens serves the model.
	CountsTokens bool
}

// Embeds reports whether the model answers with vectors, not text.
func (m *Model) Embeds() bool { return m.Body == BodyTitanEmbedding }
