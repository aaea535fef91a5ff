package emulator

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/emulator/reply"
	"github.com/headgate/headgate/internal/llm"
)

// call is one call of a model.
type call struct {
	*visit

	op     llm.Operation
	model  *foundation.Model
	path   llm.Path
	prompt *prompt.Prompt
	form   reply.Form
	// vector answers a request for an embedding; then there is no form.
	vector *prompt.Embedding

	rule  *rule // of the script; may be nil
	fault Fault
	pace  pace
	adm   admission
	// generated is how many tokens have been put out so far, and free that
	// none of the call's tokens are charged: it failed before the first.
	generated int64
	free      bool
	// failed is the error that the call was answered with after it had been
	// admitted; nil: none.
	failed *refusal.Error
}

// runtime answers an operation of the Bedrock runtime.
func (v *visit) runtime(ctx context.Context) error {
	if v.route.operation == llm.OpCountTokens {
		return v.countTokens()
	}
	c := &call{visit: v, op: v.route.operation}
	if err := c.resolve(); err != nil {
		return err
	}
	if err := c.decode(); err != nil {
		c.watchRejected()
		return err
	}
	limit := c.model.MaxOutput
	if c.prompt.MaxTokens > limit {
		c.watchRejected()
		return refusal.Validation("The maximum tokens you requested exceed the model limit of %d. "+
			"Try again with a maximum tokens value lower than %d.", limit, limit)
	}
	if c.prompt.MaxTokens > 0 {
		limit = c.prompt.MaxTokens
	}
	c.pace = newPace(v.e.config, c.model)
	var blocked meter.Measure
	c.adm, blocked = v.acct.admit(v.e.config.Now(), v.region, c.model, c.path, c.prompt, limit)
	if blocked != meter.None {
		c.watchThrottled()
		return refusal.Throttling(meterMessage(blocked))
	}
	defer c.settle()
	return c.run(ctx)
}

// settle charges and records the call once; later calls do nothing.
func (c *call) settle() {
	now := c.e.config.Now()
	if used, charge, ok := c.adm.settle(now, c.generated, c.free); ok {
		c.watchEnded(now, used, charge)
	}
}

// run answers a call that was admitted, or lets it fail as it should.
func (c *call) run(ctx context.Context) error {
	c.fault = c.e.faults.draw(c.e.config.Now(), c.acct.ID, c.adm.pool.key, c.op)
	c.rule = c.e.config.Script.match(c.op, c.model.ID, c.prompt)
	if c.rule != nil {
		c.w.Header().Set("X-Emulator-Script", c.rule.label())
	}
	refused := c.fault.refusal()
	if refused == nil {
		refused = c.rule.refusal()
	}
	switch {
	case refused != nil:
		c.free, c.failed = true, refused
		return refused
	case c.fault.Kind == FaultReset:
		c.free = true
		panic(http.ErrAbortHandler) // how net/http breaks a connection off
	case c.fault.Kind == FaultHang:
		c.free = true
		<-ctx.Done()
		return nil
	case c.vector != nil:
		return c.embed(ctx)
	}
	r := c.compose()
	c.adm.expect(r.Usage.Output, c.pace.due(c.fault.delay(), r.Usage.Output))
	if c.op.Streams() {
		return c.stream(ctx, r)
	}
	return c.answer(ctx, r)
}

// resolve finds what the id in the path means to the caller.
func (c *call) resolve() error {
	var err error
	c.model, c.path, err = c.e.models.Resolve(foundation.Caller{
		Account: llm.AccountID(c.acct.ID), Region: c.region, Applications: c.acct.Applications,
	}, c.route.id)
	return err
}

// decode reads the body in the dialect of the operation and the model.
func (c *call) decode() error {
	var err error
	converse := c.op == llm.OpConverse || c.op == llm.OpConverseStream
	if !converse {
		if err := prompt.MetadataHeader(c.r.Header.Get("X-Amzn-Bedrock-Request-Metadata")); err != nil {
			return err
		}
	}
	switch {
	case converse && c.model.Embeds():
		return refusal.Validation("This action doesn't support the model that you provided. Try again with a supported text or chat model.")
	case converse:
		c.form = reply.Converse{}
		c.prompt, err = prompt.Converse(c.body)
	case c.model.Embeds() && c.op.Streams():
		return refusal.Validation("The model is unsupported for streaming.")
	case c.model.Embeds():
		if c.vector, err = prompt.TitanEmbedding(c.body); err == nil {
			c.prompt = &prompt.Prompt{Tokens: prompt.Count(c.vector.Text), LastUser: c.vector.Text}
		}
	case c.model.Body == foundation.BodyAnthropic:
		c.form = reply.Anthropic{}
		c.prompt, err = prompt.Anthropic(c.body)
	case c.model.Body == foundation.BodyNova:
		c.form = reply.Nova{}
		c.prompt, err = prompt.Nova(c.body)
	default:
		return refusal.Validation("The emulator answers this model by Converse and ConverseStream alone.")
	}
	if err != nil {
		return err
	}
	if !converse {
		c.prompt.ServiceTier = c.r.Header.Get("X-Amzn-Bedrock-Service-Tier")
		c.prompt.Latency = c.r.Header.Get("X-Amzn-Bedrock-PerformanceConfig-Latency")
	}
	return nil
}

// answer sends a whole answer at once, when it would have been generated.
func (c *call) answer(ctx context.Context, r *reply.Reply) error {
	if err := c.pace.wait(ctx, c.fault.delay(), r.Usage.Output); err != nil {
		c.left(r)
		return nil //nolint:nilerr // the client has left: there is nobody to answer
	}
	c.generated = r.Usage.Output
	c.settle()
	t := c.pace.timing(c.fault.delay())
	if c.op == llm.OpInvoke {
		c.usageHeaders(r.Usage, t.Total)
	}
	c.respond(c.form.Body(r, t))
	return nil
}

// left notes that the client has gone: it pays for what was generated by now,
// whether that had been sent or not.
func (c *call) left(r *reply.Reply) {
	c.generated = max(c.generated, min(c.pace.generated(c.fault.delay()), r.Usage.Output))
}

// usageHeaders are what InvokeModel tells beside the model's own body. They
// are in no service model, but captures have them.
func (c *call) usageHeaders(u llm.Usage, latency time.Duration) {
	h := c.w.Header()
	set := func(name string, n int64) { h.Set("X-Amzn-Bedrock-"+name, strconv.FormatInt(n, 10)) }
	set("Input-Token-Count", u.Input)
	set("Output-Token-Count", u.Output)
	set("Invocation-Latency", latency.Milliseconds())
	set("Cache-Read-Input-Token-Count", u.CacheRead)
	set("Cache-Write-Input-Token-Count", u.CacheWrite)
	c.echoHeaders()
}

// echoHeaders repeats the tier and the latency that were asked for.
func (c *call) echoHeaders() {
	if c.prompt.ServiceTier != "" {
		c.w.Header().Set("X-Amzn-Bedrock-Service-Tier", c.prompt.ServiceTier)
	}
	if c.prompt.Latency != "" {
		c.w.Header().Set("X-Amzn-Bedrock-PerformanceConfig-Latency", c.prompt.Latency)
	}
}

// countTokens answers CountTokens. It is free, and knows only some bare ids.
func (v *visit) countTokens() error {
	m := v.e.models.Model(llm.ModelID(v.route.id))
	if m == nil {
		return refusal.Validation("The provided model identifier is invalid.")
	}
	if !m.CountsTokens || m.Retired {
		return refusal.Validation("The provided model doesn't support counting tokens.")
	}
	n, err := prompt.CountTokens(v.body)
	if err != nil {
		return err
	}
	v.respond([]byte(`{"inputTokens":` + strconv.FormatInt(n, 10) + `}`))
	return nil
}
