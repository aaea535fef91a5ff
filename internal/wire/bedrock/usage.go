package bedrock

import "github.com/headgate/headgate/internal/llm"

// readUsage sets those counts in u that an object names, in any dialect's
// words, and reports whether it named input or output.
func readUsage(object []byte, u *llm.Usage) (found bool) {
	cached := int64(0)
	s := scanner{b: object}
	for s.open(); s.more(); {
		key, raw := s.pair()
		switch string(key) {
		case "inputTokens", "input_tokens", "inputTokenCount", "prompt_tokens":
			found = set(&u.Input, raw) || found
		case "outputTokens", "output_tokens", "outputTokenCount", "completion_tokens":
			found = set(&u.Output, raw) || found
		case "cacheReadInputTokens", "cacheReadInputTokenCount", "cache_read_input_tokens":
			set(&u.CacheRead, raw)
		case "cacheWriteInputTokens", "cacheWriteInputTokenCount", "cache_creation_input_tokens":
			set(&u.CacheWrite, raw)
		case "prompt_tokens_details": // OpenAI counts cached tokens within prompt_tokens
			cached = integer(raw, "cached_tokens", 0)
		}
	}
	if cached > 0 && cached <= u.Input {
		u.Input, u.CacheRead = u.Input-cached, cached
	}
	return found
}

// set reads a count into v and reports whether raw is one.
func set(v *int64, raw []byte) bool {
	n, ok := natural(raw)
	if ok {
		*v = n
	}
	return ok
}

// integer finds a count in an object, or returns otherwise.
func integer(object []byte, name string, otherwise int64) int64 {
	s := scanner{b: object}
	for s.open(); s.more(); {
		if key, raw := s.pair(); string(key) == name {
			set(&otherwise, raw)
		}
	}
	return otherwise
}

// HeaderUsage reads the usage that InvokeModel reports in its response's
// headers, which for some models is the only place. get returns the value of a
// header, such as http.Header.Get. It reports false when the headers have no
// token counts; latencyMs is 0 when they do not name it.
func HeaderUsage(get func(name string) string) (usage llm.Usage, latencyMs int64, ok bool) {
	read := func(name string, v *int64) bool {
		n, ok := natural([]byte(get(name)))
		if ok {
			*v = n
		}
		return ok
	}
	input := read("X-Amzn-Bedrock-Input-Token-Count", &usage.Input)
	output := read("X-Amzn-Bedrock-Output-Token-Count", &usage.Output)
	read("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", &usage.CacheRead)
	read("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", &usage.CacheWrite)
	read("X-Amzn-Bedrock-Invocation-Latency", &latencyMs)
	return usage, latencyMs, input || output
}
