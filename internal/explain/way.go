package explain

import (
	"fmt"

	"github.com/headgate/headgate/internal/llm"
)

// arrived tells who called, and for what.
func (t *teller) arrived() {
	c := t.c
	who := "A call"
	if c.Client != "" {
		who += " from " + c.Client
	}
	text := fmt.Sprintf("%s for tenant %s asked for %s of %s, class %s.", who, c.Tenant, c.Operation, c.ModelID, c.Class)
	t.add(Arrived, 0, 0, text, t.run(), t.reserves())
}

// run tells which run the call is of.
func (t *teller) run() string {
	c, p := t.c, t.Place
	switch {
	case c.Run == "":
		return ""
	case p.Number == 0:
		return "It is of run " + string(c.Run) + "."
	}
	var how string
	if c.RunInferred {
		how = ", which was inferred from a trace or a session"
	}
	order := fmt.Sprintf("call %d of %d", p.Number, p.Calls)
	if p.Number > 1 {
		return fmt.Sprintf("It is %s recorded of run %s%s: a run that has begun goes before new ones.", order, c.Run, how)
	}
	return fmt.Sprintf("It is %s recorded of run %s%s.", order, c.Run, how)
}

// reserves tells what Bedrock sets aside for such a call.
func (t *teller) reserves() string {
	c := t.c
	switch {
	case c.Hold <= 0:
		return ""
	case c.MaxTokens < 0:
		return fmt.Sprintf("Bedrock reserves %s for such a call: max_tokens is not set, so the model's maximum counts.", count(c.Hold, "quota token"))
	case c.MaxTokens > 0:
		return fmt.Sprintf("Bedrock reserves %s for such a call, of which max_tokens is %s.", count(c.Hold, "quota token"), number(c.MaxTokens))
	}
	return fmt.Sprintf("Bedrock reserves %s for such a call.", count(c.Hold, "quota token"))
}

// routed tells why the call went where it went.
func (t *teller) routed() {
	c := t.c
	if c.Pool == (llm.Pool{}) {
		if c.Outcome != "ok" {
			t.add(Routed, 0, 0, "It reached no pool.")
		}
		return
	}
	var how string
	switch c.Pool.Path {
	case llm.PathOnDemand:
		how = "a model in its own Region (on-demand)"
	case llm.PathGeo:
		how = "an inference profile across the Regions of a geography (geo)"
	case llm.PathGlobal:
		how = "the global inference profile (global)"
	case llm.PathMantle:
		how = "the bedrock-mantle endpoint"
	default:
		how = "the path " + string(c.Pool.Path)
	}
	named := c.ModelID
	if named == string(c.Pool.Model) {
		named = "The id"
	}
	if c.Route != "" {
		named += " (" + c.Route + ")"
	}
	t.add(Routed, 0, 0, fmt.Sprintf("%s names %s of %s, called from %s.", named, how, c.Pool.Model, c.Pool.Region),
		"Headgate uses only the pool that the client's id names, so this one's quotas count: "+c.Pool.String()+".")
}
