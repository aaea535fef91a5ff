package bedrock

// The keys of our labels in a request's metadata.
const (
	LabelClass       = "headgate.class"
	LabelTenant      = "headgate.tenant"
	LabelRun         = "headgate.run"
	LabelRunCalls    = "headgate.run-calls"
	LabelRunDeadline = "headgate.run-deadline"
	LabelDeadline    = "headgate.deadline"
	LabelCache       = "headgate.cache"
)

// Metadata holds our labels by their key. Other metadata is not kept. Nil
// means that there are none.
type Metadata map[string]string

// ParseMetadata reads our labels from the value of the header
// X-Amzn-Bedrock-Request-Metadata, a JSON object of strings; an empty header
// has none. Faults are those of Peek.
func ParseMetadata(header string) (Metadata, error) {
	if header == "" {
		return nil, nil
	}
	p := peeker{scanner: scanner{b: []byte(header)}}
	p.object(inMetadata, "the request metadata")
	p.end()
	if p.reason != "" {
		return nil, malformed(p.reason)
	}
	return p.req.Metadata, nil
}

// label reads one entry of the metadata.
func (p *peeker) label(key []byte) {
	name := labelName(key)
	if name == "" {
		p.skip()
		return
	}
	if p.kind() != '"' {
		p.fail(name + ": expected a string")
		return
	}
	if _, ok := p.req.Metadata[name]; ok {
		p.fail("duplicate member " + name)
		return
	}
	if p.req.Metadata == nil {
		p.req.Metadata = make(Metadata, 1)
	}
	p.req.Metadata[name] = string(text(p.raw()))
}

// labelName is the constant that key spells; empty when it is no label of ours.
func labelName(key []byte) string {
	switch string(key) {
	case LabelClass:
		return LabelClass
	case LabelTenant:
		return LabelTenant
	case LabelRun:
		return LabelRun
	case LabelRunCalls:
		return LabelRunCalls
	case LabelRunDeadline:
		return LabelRunDeadline
	case LabelDeadline:
		return LabelDeadline
	case LabelCache:
		return LabelCache
	}
	return ""
}
