package diagnosis

import (
	"fmt"

	"github.com/headgate/headgate/internal/llm"
)

// leastCalls is how many calls a route must have before its habits are judged.
const leastCalls = 10

// maxTokens looks for routes that reserve far more output than they use.
func maxTokens(f *Facts) []Finding {
	var out []Finding
	for _, r := range f.Routes {
		m := f.Catalog.Assume(r.Pool.Model)
		if !r.Operation.Metered() || m.Embedding {
			continue
		}
		switch set := r.Calls - r.Unset; {
		case r.Unset > 0:
			out = append(out, unsetMaxTokens(f, r, m.MaxOutput))
		case set >= leastCalls && r.MostOutput > 0 && r.MaxTokens/set >= farAbove*r.MostOutput && r.MaxTokens/set >= littleOutput:
			out = append(out, Finding{
				Severity: Warning, ID: "max_tokens.far_above_use", About: routeName(r),
				Evidence: fmt.Sprintf("%s set max_tokens to %s on average, and the longest answer had %s", plural(set, "call"), figure(r.MaxTokens/set), figure(r.MostOutput)),
				Why:      fmt.Sprintf("Bedrock sets all of max_tokens aside until the answer ends, so fewer calls fit a minute: %s would do", figure(enough(r))),
				Mend:     recommend(r),
			})
		}
	}
	return out
}

// The bounds from which on max_tokens is far above use: so many times the longest
// answer, and not below what hardly counts.
const (
	farAbove     = 4
	littleOutput = 1000
)

func unsetMaxTokens(f *Facts, r Route, most int64) Finding {
	reserves := "the model's maximum"
	if most > 0 {
		reserves = figure(most) + " output tokens, the model's maximum"
	}
	out := Finding{
		Severity: Warning, ID: "max_tokens.unset", About: routeName(r),
		Evidence: fmt.Sprintf("%s of %s in the last %s name no max_tokens; the longest answer had %s", figure(r.Unset), plural(r.Calls, "call"), span(f.Window), figure(r.MostOutput)),
		Why:      fmt.Sprintf("Bedrock then sets aside %s for each call, so few fit a minute", reserves),
		Mend:     "headgate call list --model " + quoted(r.ModelID),
	}
	if r.MostOutput > 0 {
		out.Why += fmt.Sprintf(": max_tokens of %s would do", figure(enough(r)))
		out.Mend = recommend(r)
	}
	return out
}

// enough is twice the longest answer, rounded up to hundreds.
func enough(r Route) int64 { return (2*r.MostOutput + 99) / 100 * 100 }

// recommend shows what a lower max_tokens gives.
func recommend(r Route) string {
	return fmt.Sprintf("headgate quota recommend --model %s --max-tokens %d", quoted(r.ModelID), enough(r))
}

func routeName(r Route) string {
	name := r.ModelID + " " + string(r.Operation)
	if r.Client != "" {
		name += " by " + r.Client
	}
	return name
}

// repeats looks for routes that send the same again and read nothing from a cache.
func repeats(f *Facts) []Finding {
	const many = 5 // one of so many
	var out []Finding
	for _, r := range f.Routes {
		if r.Calls < leastCalls || r.Repeats*many < r.Calls || r.Usage.CacheRead > 0 || !r.Operation.Metered() {
			continue
		}
		m := f.Catalog.Assume(r.Pool.Model)
		input := r.Usage.Input / r.Calls
		found := Finding{
			Severity: Info, ID: "cache.repeats", About: routeName(r),
			Evidence: fmt.Sprintf("%s of %s had a body that another one had (%s), of %s input tokens on average", figure(r.Repeats), plural(r.Calls, "call"), share(r.Repeats, r.Calls), figure(input)),
			Why:      "each is paid for and counts again: keep the answer where it is asked for",
			Mend:     "headgate call list --model " + quoted(r.ModelID),
		}
		if m.CacheMinimum > 0 && input >= m.CacheMinimum {
			found.Severity, found.ID = Warning, "cache.off"
			found.Why = fmt.Sprintf("no call read from the prompt cache, although its input is above the minimum of %s: with a cache point before what changes, what is read from it does not count against tokens/minute and costs a tenth. Better still, keep the answer where it is asked for", figure(m.CacheMinimum))
		}
		out = append(out, found)
	}
	return out
}

// others compares what the account used with what went through this gateway.
func others(f *Facts) []Finding {
	own := map[llm.Pool]Everyone{}
	for _, r := range f.Routes {
		p := place(r.Pool)
		e := own[p]
		e.Calls += r.Calls
		e.Tokens += r.Usage.Input + r.Usage.Output
		own[p] = e
	}
	var out []Finding
	for _, all := range f.Everyone {
		mine := own[place(all.Pool)]
		calls, tokens := all.Calls-mine.Calls, all.Tokens-mine.Tokens
		const slack = 20 // a twentieth is the edges of the window
		if calls <= all.Calls/slack && tokens <= all.Tokens/slack {
			continue
		}
		found := Finding{
			Severity: Info, ID: "others.traffic", About: poolName(all.Pool),
			Evidence: fmt.Sprintf("in the last %s the account made %s, %s of them not through this gateway (%s of the tokens)", span(f.Window), plural(all.Calls, "call"), figure(max(calls, 0)), share(max(tokens, 0), all.Tokens)),
			Why:      "they draw on the same quotas, and nothing here can pace them: throttles come although there seems to be room. Point them at the gateway as well",
			Mend:     "headgate quota show " + quoted(poolName(all.Pool)),
		}
		if mine.Calls > 0 {
			found.Severity = Warning
		}
		out = append(out, found)
	}
	return out
}
