package emulator

import (
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/reply"
	"github.com/headgate/headgate/internal/emulator/speech"
)

// Lengths of answers that nobody asked a length of, in tokens.
const (
	shortest = 60
	spread   = 181 // so the longest has 240
)

// directive in the last user message asks for a length.
const directive = "[[output_tokens="

// compose makes up the answer to a call, with its usage.
func (c *call) compose() *reply.Reply {
	seed := c.prompt.Hash ^ speech.Hash(string(c.model.ID)) ^ c.e.config.Seed
	r := &reply.Reply{
		ID: messageID("msg_bdrk_", seed), Model: string(c.model.ID), Usage: c.adm.usage, Stop: reply.StopEnd,
		ServiceTier: c.prompt.ServiceTier, Latency: c.prompt.Latency,
	}
	if marks := c.prompt.Marks; len(marks) > 0 {
		r.CacheTTL = marks[len(marks)-1].TTL
	}
	limit := c.prompt.MaxTokens
	if limit == 0 {
		limit = c.model.MaxOutput
	}
	if name, input := c.toolCall(seed); name != "" {
		composeTool(r, name, input, seed, limit)
		return r
	}
	c.composeText(r, seed, limit)
	return r
}

// toolCall is the tool to call and its input; no name when the answer is text.
func (c *call) toolCall(seed uint64) (name, input string) {
	forced := c.prompt.Forced()
	if c.rule != nil {
		a := &c.rule.Answer
		name = a.Tool
		if name == "" && forced != nil {
			name = forced.Name
		}
		if a.input != "" && name != "" {
			return name, a.input
		}
		return "", ""
	}
	if forced == nil {
		return "", ""
	}
	return forced.Name, string(speech.Instance(forced.Schema, seed))
}

// composeTool answers with the call of a tool. Its name and its input count;
// an input that does not fit the limit is cut short.
func composeTool(r *reply.Reply, name, input string, seed uint64, limit int64) {
	r.Stop = reply.StopTool
	r.Usage.Output = prompt.Count(name) + prompt.Count(input)
	if r.Usage.Output > limit {
		r.Stop = reply.StopLength
		room := max(limit-prompt.Count(name), 0)
		input = cut(input, room)
		r.Usage.Output = limit
	}
	r.Blocks = []reply.Block{{Tool: name, ID: messageID("tooluse_", seed), Input: input}}
}

// composeText answers with text: the script's, or a made-up one.
func (c *call) composeText(r *reply.Reply, seed uint64, limit int64) {
	var text string
	if c.rule != nil && c.rule.Answer.Text != nil {
		text = *c.rule.Answer.Text
		if prompt.Count(text) > limit {
			r.Stop, text = reply.StopLength, cut(text, limit)
		}
	} else {
		n := c.wanted()
		if n >= limit {
			n, r.Stop = limit, reply.StopLength
		}
		text = c.e.speaker.Text(seed, n, r.Stop == reply.StopEnd)
	}
	for _, stop := range c.prompt.Stop {
		if i := strings.Index(text, stop); i >= 0 {
			text, r.Stop, r.StopSequence = text[:i], reply.StopSequence, stop
		}
	}
	r.Usage.Output = prompt.Count(text)
	if text != "" {
		r.Blocks = []reply.Block{{Text: text}}
	}
}

// wanted is how many tokens the answer is to have, before any limit.
func (c *call) wanted() int64 {
	asked := c.r.Header.Get("X-Emulator-Output-Tokens")
	if i := strings.LastIndex(c.prompt.LastUser, directive); i >= 0 && asked == "" {
		asked, _, _ = strings.Cut(c.prompt.LastUser[i+len(directive):], "]")
	}
	if n, err := strconv.ParseInt(asked, 10, 64); err == nil && n >= 0 {
		return n
	}
	return shortest + int64(c.prompt.Hash%spread)
}

// cut is the start of a text of at most so many tokens, whole characters only.
func cut(text string, tokens int64) string {
	end := int(min(tokens*4, int64(len(text))))
	for end > 0 && end < len(text) && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end]
}

// messageID is an id such as the service gives, the same for the same seed.
func messageID(prefix string, seed uint64) string {
	return prefix + strconv.FormatUint(seed|1<<63, 36)
}
