package bedrock

// top reads a member of the body itself.
func (p *peeker) top(key []byte) {
	switch string(key) {
	case "messages":
		p.once(oneMessages, "messages")
		p.messages()
	case "system":
		p.once(oneSystem, "system")
		p.value(inContent)
	case "tools":
		p.once(oneTools, "tools")
		p.definitions()
	case "toolConfig":
		p.once(oneToolConfig, "toolConfig")
		p.definitions()
	case "outputConfig", "output_config", "output_format", "response_format":
		p.definitions()
	case "promptVariables", "query", "documents":
		p.value(inContent)
	case "inferenceConfig":
		p.once(oneInference, "inferenceConfig")
		p.object(inInference, "inferenceConfig")
	default:
		if p.converse {
			p.converseOnly(key)
		} else {
			p.invokeOnly(key)
		}
	}
}

// converseOnly reads a top-level member that only a Converse body has.
func (p *peeker) converseOnly(key []byte) {
	if string(key) == "requestMetadata" {
		p.once(oneMetadata, "requestMetadata")
		p.object(inMetadata, "requestMetadata")
		return
	}
	p.skip()
}

// invokeOnly reads a top-level member that only the body of a model's own has.
func (p *peeker) invokeOnly(key []byte) {
	switch string(key) {
	case "max_tokens": // Anthropic, Mistral, Cohere, OpenAI
		p.count(oneMaxTokensSnake, "max_tokens")
	case "maxTokens": // AI21
		p.count(oneMaxTokens, "maxTokens")
	case "max_gen_len": // Llama
		p.count(oneMaxGen, "max_gen_len")
	case "max_completion_tokens": // OpenAI
		p.count(oneMaxCompletion, "max_completion_tokens")
	case "max_tokens_to_sample": // Anthropic's text completions
		p.count(oneMaxSample, "max_tokens_to_sample")
	case "temperature":
		p.temperature(oneTemperature, "temperature")
	case "anthropic_version":
		p.once(oneVersion, "anthropic_version")
		p.skip()
	case "schemaVersion":
		p.once(oneSchema, "schemaVersion")
		p.skip()
	case "prompt":
		p.once(onePrompt, "prompt")
		p.value(inContent)
	case "inputText":
		p.once(oneInputText, "inputText")
		p.value(inContent)
	case "texts":
		p.once(oneTexts, "texts")
		p.value(inContent)
	case "inputImage":
		p.req.Images++
		p.value(inData)
	case "textGenerationConfig":
		p.once(oneGeneration, "textGenerationConfig")
		p.object(inTitan, "textGenerationConfig")
	default:
		p.skip()
	}
}

// inference reads a member of inferenceConfig, in Converse and in Nova's own bodies.
func (p *peeker) inference(key []byte) {
	switch string(key) {
	case "maxTokens":
		p.count(oneInnerMaxTokens, "inferenceConfig.maxTokens")
	case "max_new_tokens":
		if p.converse {
			p.skip()
			return
		}
		p.count(oneInnerMaxNew, "inferenceConfig.max_new_tokens")
	case "temperature":
		p.temperature(oneInnerTemperature, "inferenceConfig.temperature")
	default:
		p.skip()
	}
}

// titan reads a member of textGenerationConfig.
func (p *peeker) titan(key []byte) {
	switch string(key) {
	case "maxTokenCount":
		p.count(oneTokenCount, "textGenerationConfig.maxTokenCount")
	case "temperature":
		p.temperature(oneTitanTemperature, "textGenerationConfig.temperature")
	default:
		p.skip()
	}
}

// messages reads the turns of a conversation.
func (p *peeker) messages() {
	if p.kind() != '[' {
		p.value(inContent)
		return
	}
	p.enter()
	for first := true; p.next(']', first); first = false {
		p.req.Messages++
		p.value(inContent)
	}
}

// content reads a member of a message or of a block in one, in any of the
// dialects: their names do not collide.
func (p *peeker) content(key []byte) {
	switch string(key) {
	case "type": // Anthropic names the kind of a block by its type
		switch string(text(p.raw())) {
		case "image":
			p.req.Images++
		case "document":
			p.req.Documents++
		}
	case "image", "image_url":
		p.req.Images++
		p.value(inData)
	case "document":
		p.req.Documents++
		p.value(inData)
	case "video":
		p.req.Videos++
		p.value(inData)
	case "audio", "input_audio", "source", "bytes", "data":
		p.value(inData)
	case "cachePoint", "cache_control":
		p.cachePoint()
	case "input", "json": // a tool's arguments or result: read by the model as they stand
		p.req.TextBytes += int64(len(p.raw()))
	case "role", "id", "toolUseId", "tool_use_id", "tool_call_id", "status", "signature", "redactedContent":
		p.skip()
	default:
		p.value(inContent)
	}
}

// tool reads a member of tool definitions, down to where a cache checkpoint may stand.
func (p *peeker) tool(key []byte) {
	switch string(key) {
	case "cachePoint", "cache_control":
		p.cachePoint()
	case "tools":
		p.value(inTools)
	default:
		p.skip()
	}
}

func (p *peeker) cachePoint() {
	if p.kind() == '{' {
		p.req.CachePoints++
	}
	p.skip()
}
