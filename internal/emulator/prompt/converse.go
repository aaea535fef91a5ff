package prompt

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// Converse reads the body of Converse and ConverseStream.
func Converse(body string) (*Prompt, error) {
	root, ok := object(body)
	if !ok {
		return nil, refusal.Serialization("The request body is not a JSON object.")
	}
	return readConverse(root)
}

// Nova reads the InvokeModel body of the Nova models, which is that of
// Converse with a few members of its own.
func Nova(body string) (*Prompt, error) {
	root, ok := object(body)
	if !ok {
		return nil, refusal.Malformed("the body is not a JSON object")
	}
	return readConverse(root)
}

// converseBody are the members of a Converse body that are read.
type converseBody struct {
	messages, system, tools, inference, metadata, tier, performance gjson.Result
}

func readConverse(root gjson.Result) (*Prompt, error) {
	var b converseBody
	members(root, map[string]*gjson.Result{
		"messages": &b.messages, "system": &b.system, "toolConfig": &b.tools, "inferenceConfig": &b.inference,
		"requestMetadata": &b.metadata, "serviceTier": &b.tier, "performanceConfig": &b.performance,
	})
	p := &Prompt{ServiceTier: b.tier.Get("type").Str, Latency: b.performance.Get("latency").Str}
	r := converse{p: p, counter: newCounter(p)}
	for _, part := range []struct {
		value gjson.Result
		array bool
		read  func(gjson.Result) error
	}{
		{b.inference, false, r.inference},
		{b.metadata, false, metadata},
		{b.tools, false, r.tools},
		{b.system, true, r.system},
		{b.messages, true, r.messages},
	} {
		present := part.value.Exists() && part.value.Type != gjson.Null
		if present && part.array != part.value.IsArray() || present && !part.array && !part.value.IsObject() {
			return nil, refusal.Serialization("A member of the request body has the wrong type.")
		}
		if !present {
			part.value = gjson.Result{}
		}
		if err := part.read(part.value); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// converse reads the parts of a body in the order in which prompt caching
// sees them: tools, system, messages.
type converse struct {
	counter

	p *Prompt
}

func (r converse) inference(v gjson.Result) error {
	n := v.Get("maxTokens")
	if !n.Exists() {
		n = v.Get("max_new_tokens") // Nova's older spelling
	}
	if n.Exists() && n.Type != gjson.Null {
		limit, ok := integer(n)
		switch {
		case n.Type != gjson.Number:
			return refusal.Serialization("NUMBER_VALUE expected for maxTokens.")
		case !ok:
			return refusal.Validation("1 validation error detected: Value at 'inferenceConfig.maxTokens' failed to satisfy " +
				"constraint: Member must have value greater than or equal to 1")
		}
		r.p.MaxTokens = limit
	}
	r.p.Stop = stops(v.Get("stopSequences"))
	return nil
}

func (r converse) tools(v gjson.Result) error {
	for _, t := range v.Get("tools").Array() {
		if cp := t.Get("cachePoint"); cp.Exists() {
			r.mark(cp.Get("ttl").Str)
			continue
		}
		tool := Tool{Name: t.Get("toolSpec.name").Str, Schema: t.Get("toolSpec.inputSchema.json").Raw}
		if tool.Name == "" {
			continue // a tool of the service's own
		}
		r.text(t.Raw)
		r.p.Tools = append(r.p.Tools, tool)
	}
	choice := v.Get("toolChoice")
	switch {
	case choice.Get("tool").Exists():
		r.p.Choice = Choice{Kind: ChoiceNamed, Name: choice.Get("tool.name").Str}
	case choice.Get("any").Exists():
		r.p.Choice.Kind = ChoiceAny
	}
	return checkChoice(r.p)
}

func checkChoice(p *Prompt) error {
	if p.Choice.Kind == ChoiceNamed && p.Tool(p.Choice.Name) == nil {
		return refusal.Validation("The tool choice names a tool that the request does not define.")
	}
	return nil
}

func (r converse) system(v gjson.Result) error {
	for _, block := range v.Array() {
		switch {
		case block.Get("cachePoint").Exists():
			r.mark(block.Get("cachePoint.ttl").Str)
		case block.Get("text").Type == gjson.String:
			text := block.Get("text").Str
			r.text(text)
			r.p.System = joinText(r.p.System, text)
		default:
			r.text(block.Raw)
		}
	}
	return nil
}

func (r converse) messages(v gjson.Result) error {
	last := ""
	var err error
	v.ForEach(func(_, message gjson.Result) bool {
		role := message.Get("role").Str
		switch {
		case role != "user" && role != "assistant":
			err = refusal.Validation("1 validation error detected: Value at 'messages.role' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [user, assistant]")
		case last == "" && role != "user":
			err = startWithUser()
		case role == last:
			err = refusal.Validation("A conversation must alternate between user and assistant roles. " +
				"Make sure the conversation alternates between user and assistant roles and try again.")
		default:
			err = r.message(role, message.Get("content"))
		}
		last = role
		return err == nil
	})
	if err == nil && last == "" {
		return startWithUser()
	}
	return err
}

func startWithUser() error {
	return refusal.Validation("A conversation must start with a user message. Try again with a conversation that starts with a user message.")
}

func (r converse) message(role string, content gjson.Result) error {
	if !content.IsArray() || content.Raw == "[]" {
		return refusal.Validation("The content field in the Message object is empty. Add a ContentBlock object to the content field and try again.")
	}
	r.counter.message(role)
	if role == "user" {
		r.p.LastUser = ""
	}
	var err error
	content.ForEach(func(_, block gjson.Result) bool {
		err = r.block(role, block)
		return err == nil
	})
	return err
}

func (r converse) block(role string, block gjson.Result) error {
	if !block.IsObject() {
		return refusal.Serialization("A content block must be an object.")
	}
	if text := block.Get("text"); text.Type == gjson.String {
		if strings.TrimSpace(text.Str) == "" {
			return refusal.Validation("The text field in the ContentBlock object is blank. Add text to the text field, and try again.")
		}
		r.userText(role, text.Str)
		return nil
	}
	if cp := block.Get("cachePoint"); cp.Exists() {
		r.mark(cp.Get("ttl").Str)
		return nil
	}
	if image := block.Get("image"); image.Exists() {
		r.image(image.Raw)
		return nil
	}
	if result := block.Get("toolResult"); result.Exists() {
		for _, part := range result.Get("content").Array() {
			if text := part.Get("text"); text.Type == gjson.String {
				r.userText(role, text.Str)
				continue
			}
			r.text(part.Raw)
		}
		return nil
	}
	r.text(block.Raw)
	return nil
}

func (r converse) userText(role, text string) {
	r.text(text)
	if role == "user" {
		r.p.LastUser = joinText(r.p.LastUser, text)
	}
}
