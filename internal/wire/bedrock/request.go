package bedrock

import (
	"strconv"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Format is the shape of a request's body.
type Format string

// The formats that are told apart.
const (
	FormatUnknown    Format = "unknown"
	FormatConverse   Format = "converse"
	FormatAnthropic  Format = "anthropic"
	FormatNova       Format = "nova"
	FormatTitanText  Format = "titan-text"
	FormatTitanEmbed Format = "titan-embed"
)

// Request is what admission needs to know of a request's body.
type Request struct {
	Format Format
	// MaxTokens is the bound that the client put on the output; meaningful only
	// when MaxTokensSet. Where a body names it twice in different ways it is the
	// larger one.
	MaxTokens    int64
	MaxTokensSet bool
	// Temperature is the sampling temperature; meaningful only when TemperatureSet.
	Temperature    float64
	TemperatureSet bool
	// TextBytes is how many bytes of text the model will read, in UTF-8 with
	// JSON's escapes undone: messages, system prompt, tool calls and results,
	// and the definitions of tools and output schemas as they stand.
	TextBytes int64
	// DataBytes is how many bytes of encoded attachments there are (base64 as it
	// stands, or their locations): images, documents, videos.
	DataBytes int64
	Images    int
	Documents int
	Videos    int
	// Messages is how many turns the conversation has.
	Messages int
	// CachePoints is how many prompt cache checkpoints the request sets.
	CachePoints int
	// Metadata holds our labels among the request's metadata; nil when it has none.
	Metadata Metadata
}

// mode says what a value is to the peeker.
type mode uint8

const (
	inNothing   mode = iota // only checked
	inTop                   // the body itself
	inInference             // inferenceConfig
	inTitan                 // textGenerationConfig
	inMetadata              // requestMetadata
	inContent               // text, and blocks with text, images, documents
	inData                  // an attachment
	inTools                 // tool definitions
)

// The members that may stand only once: two of one name could let us read one
// and the service the other.
const (
	oneMessages uint32 = 1 << iota
	oneSystem
	oneTools
	oneToolConfig
	onePrompt
	oneInputText
	oneTexts
	oneInference
	oneGeneration
	oneMetadata
	oneTemperature
	oneVersion
	oneMaxTokensSnake
	oneMaxTokens
	oneMaxGen
	oneMaxCompletion
	oneMaxSample
	oneInnerMaxTokens
	oneInnerMaxNew
	oneInnerTemperature
	oneTokenCount
	oneTitanTemperature
	oneSchema
)

// peeker reads one body in one pass.
type peeker struct {
	scanner
	req      Request
	converse bool
	seen     uint32
}

// Peek reads what admission needs to know of the body of a request, in one
// pass and without a copy. The body is not kept.
//
// A body that is not one JSON object, that names a member twice which matters
// here, or whose bound on the output is not a positive integer, is a
// *fault.Error of kind Invalid whose message is worded as the service's own.
// Whatever else may be wrong is left for the service to say.
func Peek(op llm.Operation, body []byte) (Request, error) {
	p := peeker{scanner: scanner{b: body}}
	p.req.Format = FormatUnknown
	p.converse = op == llm.OpConverse || op == llm.OpConverseStream
	switch {
	case p.kind() != '{':
		p.fail("the body is not a JSON object")
	case !op.Metered():
		p.skip() // nothing of it counts
	default:
		p.value(inTop)
	}
	p.end()
	if p.reason != "" {
		return Request{}, malformed(p.reason)
	}
	if op.Metered() {
		p.req.Format = p.format()
	}
	return p.req, nil
}

// malformed words a fault as the service does.
func malformed(reason string) error {
	return fault.New(fault.Invalid, "Malformed input request, %s, please reformat your input and try again.", reason)
}

// format tells the body's shape from the members it has.
func (p *peeker) format() Format {
	has := func(one uint32) bool { return p.seen&one != 0 }
	switch {
	case p.converse:
		return FormatConverse
	case has(oneVersion):
		return FormatAnthropic
	case has(oneInference), has(oneSchema):
		return FormatNova
	case has(oneInputText) && has(oneGeneration):
		return FormatTitanText
	case has(oneInputText):
		return FormatTitanEmbed
	}
	return FormatUnknown
}

// value reads one value.
func (p *peeker) value(m mode) {
	switch p.kind() {
	case '{':
		p.enter()
		for first := true; p.next('}', first); first = false {
			p.member(m, p.key())
		}
	case '[':
		p.enter()
		for first := true; p.next(']', first); first = false {
			p.value(m)
		}
	case '"':
		_, size := p.str()
		switch m {
		case inContent:
			p.req.TextBytes += int64(size)
		case inData:
			p.req.DataBytes += int64(size)
		default: // other strings weigh nothing
		}
	default:
		p.scalar()
	}
}

// member reads the value of one member.
func (p *peeker) member(m mode, key []byte) {
	switch m {
	case inTop:
		p.top(key)
	case inInference:
		p.inference(key)
	case inTitan:
		p.titan(key)
	case inMetadata:
		p.label(key)
	case inContent:
		p.content(key)
	case inTools:
		p.tool(key)
	case inData:
		p.value(inData)
	default:
		p.skip()
	}
}

// once notes that a member has come, and fails when it has come before.
func (p *peeker) once(one uint32, name string) {
	if p.seen&one != 0 {
		p.fail("duplicate member " + name)
	}
	p.seen |= one
}

// object reads a value that has to be an object or null.
func (p *peeker) object(m mode, name string) {
	switch p.kind() {
	case '{', 'n':
		p.value(m)
	default:
		p.fail(name + ": expected an object")
	}
}

// count reads a bound on the output.
func (p *peeker) count(one uint32, name string) {
	p.once(one, name)
	raw := p.raw()
	if string(raw) == "null" || p.reason != "" {
		return
	}
	n, ok := natural(raw)
	if !ok || n == 0 {
		p.fail(name + ": expected a positive integer")
		return
	}
	p.req.MaxTokens, p.req.MaxTokensSet = max(p.req.MaxTokens, n), true
}

// temperature reads a sampling temperature.
func (p *peeker) temperature(one uint32, name string) {
	p.once(one, name)
	raw := p.raw()
	if string(raw) == "null" || p.reason != "" {
		return
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		p.fail(name + ": expected a number")
		return
	}
	p.req.Temperature, p.req.TemperatureSet = v, true
}

// definitions reads tools or schemas, which models read as the text they are.
func (p *peeker) definitions() {
	p.kind()
	start := p.i
	p.value(inTools)
	p.req.TextBytes += int64(p.i - start)
}
