package prompt

import (
	"github.com/tidwall/gjson"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// Anthropic reads the InvokeModel body of the Claude models: Anthropic's
// Messages API with anthropic_version and without model and stream.
func Anthropic(body string) (*Prompt, error) {
	root, ok := object(body)
	if !ok {
		return nil, refusal.Malformed("the body is not a JSON object")
	}
	return readAnthropic(root, true)
}

func readAnthropic(root gjson.Result, complete bool) (*Prompt, error) {
	var maxTokens, version, messages, system, tools, choice, stop gjson.Result
	members(root, map[string]*gjson.Result{
		"max_tokens": &maxTokens, "anthropic_version": &version, "messages": &messages, "system": &system,
		"tools": &tools, "tool_choice": &choice, "stop_sequences": &stop,
	})
	p := &Prompt{Stop: stops(stop)}
	r := anthropic{p: p, counter: newCounter(p)}
	if complete {
		if version.Type != gjson.String {
			return nil, refusal.Validation("anthropic_version: Field required")
		}
		if err := r.maxTokens(maxTokens); err != nil {
			return nil, err
		}
	}
	if err := r.tools(tools, choice); err != nil {
		return nil, err
	}
	if err := r.system(system); err != nil {
		return nil, err
	}
	if err := r.messages(messages); err != nil {
		return nil, err
	}
	return p, nil
}

// anthropic reads the parts of a body in the order in which prompt caching
// sees them: tools, system, messages.
type anthropic struct {
	counter

	p *Prompt
}

func (r anthropic) maxTokens(v gjson.Result) error {
	if !v.Exists() {
		return refusal.Validation("max_tokens: Field required")
	}
	n, ok := integer(v)
	if !ok {
		return refusal.Validation("max_tokens: Input should be a valid integer greater than or equal to 1")
	}
	r.p.MaxTokens = n
	return nil
}

func (r anthropic) tools(tools, choice gjson.Result) error {
	for _, t := range tools.Array() {
		if schema := t.Get("input_schema"); schema.Exists() {
			r.p.Tools = append(r.p.Tools, Tool{Name: t.Get("name").Str, Schema: schema.Raw})
		}
		r.text(t.Raw)
		r.control(t)
	}
	switch choice.Get("type").Str {
	case "any":
		r.p.Choice.Kind = ChoiceAny
	case "none":
		r.p.Choice.Kind = ChoiceNone
	case "tool":
		r.p.Choice = Choice{Kind: ChoiceNamed, Name: choice.Get("name").Str}
	}
	return checkChoice(r.p)
}

// control marks the prefix that ends at v, if v asks for it.
func (r anthropic) control(v gjson.Result) {
	if cc := v.Get("cache_control"); cc.IsObject() {
		r.mark(cc.Get("ttl").Str)
	}
}

func (r anthropic) system(v gjson.Result) error {
	switch {
	case !v.Exists() || v.Type == gjson.Null:
		return nil
	case v.Type == gjson.String:
		r.text(v.Str)
		r.p.System = v.Str
		return nil
	case !v.IsArray():
		return refusal.Validation("system: Input should be a valid list")
	}
	for _, block := range v.Array() {
		text := block.Get("text").Str
		r.text(text)
		r.p.System = joinText(r.p.System, text)
		r.control(block)
	}
	return nil
}

func (r anthropic) messages(v gjson.Result) error {
	if !v.IsArray() {
		return refusal.Validation("messages: Field required")
	}
	list := v.Array()
	if len(list) == 0 {
		return refusal.Validation("messages: at least one message is required")
	}
	for i, message := range list {
		role := message.Get("role").Str
		if role != "user" && role != "assistant" {
			return refusal.Validation("messages.%d.role: Input should be 'user' or 'assistant'", i)
		}
		if i == 0 && role != "user" {
			return refusal.Validation("messages: first message must use the \"user\" role")
		}
		r.message(role)
		if role == "user" {
			r.p.LastUser = ""
		}
		if err := r.content(i, role, message.Get("content")); err != nil {
			return err
		}
	}
	return nil
}

func (r anthropic) content(i int, role string, v gjson.Result) error {
	if v.Type == gjson.String {
		if v.Str == "" {
			return refusal.Validation("messages.%d: all messages must have non-empty content", i)
		}
		r.userText(role, v.Str)
		return nil
	}
	if !v.IsArray() || v.Raw == "[]" {
		return refusal.Validation("messages.%d: all messages must have non-empty content", i)
	}
	for _, block := range v.Array() {
		r.block(role, block)
	}
	return nil
}

func (r anthropic) block(role string, block gjson.Result) {
	switch block.Get("type").Str {
	case "text":
		r.userText(role, block.Get("text").Str)
	case "image":
		r.image(block.Get("source").Raw)
	case "tool_result":
		if content := block.Get("content"); content.Type == gjson.String {
			r.userText(role, content.Str)
		} else {
			for _, part := range content.Array() {
				r.block(role, part)
			}
		}
	default:
		r.text(block.Raw)
	}
	r.control(block)
}

func (r anthropic) userText(role, text string) {
	r.text(text)
	if role == "user" {
		r.p.LastUser = joinText(r.p.LastUser, text)
	}
}
