// Package prompt reads the requests of the Bedrock runtime: Converse bodies
// and the InvokeModel bodies of Anthropic, Nova and Titan.
//
// It keeps what the emulator acts on and judges a request as the service
// would; members that it does not know are passed over. Errors are
// *refusal.Error and never repeat the prompt's text.
package prompt

import (
	"strconv"
	"time"

	"github.com/tidwall/gjson"
)

// Prompt is a request for text.
type Prompt struct {
	// Tokens is the whole input, cached or not.
	Tokens int64
	// Hash identifies everything that was counted, in order.
	Hash uint64
	// LastUser is the text of the last user message, tool results included.
	LastUser string
	// System is the text of the system prompt.
	System string
	Tools  []Tool
	Choice Choice
	// MaxTokens is 0 when the request sets none.
	MaxTokens int64
	Stop      []string
	// Marks are the ends of the prefixes that the request asks to cache, in
	// the order of the prompt.
	Marks []Mark
	// ServiceTier and Latency are echoed; empty when not asked for.
	ServiceTier, Latency string
}

// Tool is a tool on offer.
type Tool struct {
	Name   string
	Schema string // its input's JSON Schema, as it came
}

// ChoiceKind says whether the answer must call a tool.
type ChoiceKind uint8

// The kinds of choice.
const (
	ChoiceAuto  ChoiceKind = iota // as the model sees fit
	ChoiceAny                     // some tool
	ChoiceNamed                   // the named tool
	ChoiceNone                    // no tool
)

// Choice is a request's tool choice.
type Choice struct {
	Kind ChoiceKind
	Name string // of ChoiceNamed
}

// Mark is a cache point: the prefix that ends here.
type Mark struct {
	Hash   uint64
	Tokens int64
	TTL    time.Duration // 5 minutes or 1 hour
}

// Forced returns the tool that the answer must call; nil when it need not.
func (p *Prompt) Forced() *Tool {
	switch {
	case p.Choice.Kind == ChoiceAny && len(p.Tools) > 0:
		return &p.Tools[0]
	case p.Choice.Kind == ChoiceNamed:
		return p.Tool(p.Choice.Name)
	}
	return nil
}

// Tool finds a tool on offer by its name; nil when there is none.
func (p *Prompt) Tool(name string) *Tool {
	for i := range p.Tools {
		if p.Tools[i].Name == name {
			return &p.Tools[i]
		}
	}
	return nil
}

// The emulator's token counts. They are no model's; they are alike for the
// same text, always, and of the right size.
const (
	bytesPerToken   = 4    // bytes of UTF-8 text or of JSON
	messageTokens   = 4    // what each message adds
	imageTokens     = 1600 // near the most that Claude counts for one image
	defaultCacheTTL = 5 * time.Minute
)

// Count is how many tokens a text has: one for every four bytes, rounded up.
func Count(text string) int64 { return int64(len(text)+bytesPerToken-1) / bytesPerToken }

// counter adds up a prompt's tokens and its hash, FNV-1a of 64 bits.
type counter struct{ p *Prompt }

func newCounter(p *Prompt) counter {
	p.Hash = 14695981039346656037
	return counter{p}
}

// text counts a piece of text. A piece and its end are hashed, so that the
// same text cut elsewhere is another prompt.
func (c counter) text(s string) {
	c.p.Tokens += Count(s)
	h := c.p.Hash
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	c.p.Hash = (h ^ 0xff) * 1099511628211
}

// image counts an image, whatever its size; its bytes tell it from others.
func (c counter) image(raw string) {
	before := c.p.Tokens
	c.text(raw)
	c.p.Tokens = before + imageTokens
}

func (c counter) message(role string) {
	c.text(role)
	c.p.Tokens += messageTokens - Count(role)
}

func (c counter) mark(ttl string) {
	m := Mark{Hash: c.p.Hash, Tokens: c.p.Tokens, TTL: defaultCacheTTL}
	if ttl == "1h" {
		m.TTL = time.Hour
	}
	c.p.Marks = append(c.p.Marks, m)
}

// joinText adds s to what is there, on a line of its own.
func joinText(text, s string) string {
	if text == "" {
		return s
	}
	return text + "\n" + s
}

// members reads the members of an object that are named in fields. Of members
// that occur twice the last counts, as with the service's own reader.
func members(v gjson.Result, fields map[string]*gjson.Result) {
	v.ForEach(func(key, value gjson.Result) bool {
		if dst := fields[key.Str]; dst != nil {
			*dst = value
		}
		return true
	})
}

// integer reads a whole number of at least 1.
func integer(v gjson.Result) (int64, bool) {
	n, err := strconv.ParseInt(v.Raw, 10, 64)
	return n, v.Type == gjson.Number && err == nil && n >= 1
}

func stops(v gjson.Result) []string {
	var list []string
	for _, s := range v.Array() {
		if s.Type == gjson.String && s.Str != "" {
			list = append(list, s.Str)
		}
	}
	return list
}
