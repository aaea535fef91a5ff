package explain

import (
	"fmt"
	"time"
)

// summary is the call in a sentence or two.
func (t *teller) summary() string {
	c := t.c
	switch {
	case t.refused():
		text := "Headgate refused it"
		if c.Limit != "" {
			text += " for " + c.Limit
		}
		if c.Reason != "" {
			return sentence(text + ": " + c.Reason)
		}
		return sentence(text + ": " + own(c.ErrorMessage))
	case c.Attempts == 0:
		return sentence(fmt.Sprintf("It was never sent to Bedrock: %s", t.failure()))
	}
	wait := "It went at once"
	if c.Limit != "" && t.queued() {
		wait = fmt.Sprintf("It waited %s for %s", t.span(c.Queued), c.Limit)
		if n := t.Around.First.Calls; n > 0 {
			wait += fmt.Sprintf(" while %s went first", count(n, "other call"))
		}
	}
	if n := c.throttles(); n > 0 && c.Outcome == "ok" {
		wait += fmt.Sprintf(", was throttled by Bedrock %s without its client seeing it", times(n))
	}
	if c.Outcome != "ok" {
		return sentence(wait + ", and ended " + c.Outcome + ": " + t.failure())
	}
	return sentence(fmt.Sprintf("%s, and was answered in %s", wait, t.span(max(time.Millisecond, c.Latency-c.Queued))))
}

// failure is what went wrong.
func (t *teller) failure() string {
	c := t.c
	switch {
	case c.ErrorMessage != "":
		return c.ErrorMessage
	case c.ErrorKind != "":
		return c.ErrorKind
	}
	return c.Outcome
}
