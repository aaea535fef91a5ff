package explain

import (
	"fmt"
	"strings"
	"time"
)

// waited tells why the call waited, and behind whom.
func (t *teller) waited() {
	c := t.c
	if c.Attempts == 0 {
		t.never()
		return
	}
	if c.Limit == "" || !t.queued() {
		took := time.Duration(0)
		text := "It went at once: its limits had room."
		if c.Hold == 0 {
			text = "It went at once: no limit counts such a call."
		}
		t.add(Queued, 0, took, text, t.meanwhile())
		return
	}
	t.add(Queued, 0, c.Queued, fmt.Sprintf("It waited %s for %s.", t.span(c.Queued), t.limit()), t.outlook(), t.ahead(), t.meanwhile())
}

// queued says that the call's limit is one that it waited for, not one that turned
// it away.
func (t *teller) queued() bool {
	return t.c.Attempts > 0 && t.c.Queued >= time.Millisecond && t.c.Reason != ""
}

// limit is the limit that the call waited for, with what it stands for.
func (t *teller) limit() string {
	text := t.c.Limit
	if words := limitWords(t.c.Limit); words != "" {
		text += ", " + words
	}
	if t.c.LimitAmount > 0 {
		text += ", which is " + number(t.c.LimitAmount)
	}
	return text
}

// outlook tells what was expected when the call came.
func (t *teller) outlook() string {
	c := t.c
	switch {
	case c.Expected <= 0:
		return ""
	case c.Ahead > 0:
		return fmt.Sprintf("When it came, %s to go first and it was expected to start after %s.", were(c.Ahead), t.span(c.Expected))
	}
	return fmt.Sprintf("When it came, it was expected to start after %s.", t.span(c.Expected))
}

// ahead tells who went first.
func (t *teller) ahead() string {
	a := t.Around
	if a.First.Calls == 0 {
		return "Nobody went before it: what earlier calls had used had to come free."
	}
	text := fmt.Sprintf("%s of the pool went first, with %s", count(a.First.Calls, "call"), count(a.First.Tokens, "quota token"))
	var of []string
	if a.Urgent.Calls > 0 {
		of = append(of, number(a.Urgent.Calls)+" of a more urgent class")
	}
	switch {
	case a.Own.Calls == a.First.Calls:
		of = append(of, "all of its own tenant")
	case a.Own.Calls > 0:
		of = append(of, number(a.Own.Calls)+" of its own tenant")
	}
	if a.Run.Calls > 0 {
		of = append(of, number(a.Run.Calls)+" of its own run")
	}
	if len(of) > 0 {
		text += ": " + list(of)
	}
	return text + "."
}

// meanwhile tells what the pool was doing.
func (t *teller) meanwhile() string {
	a := t.Around
	var words []string
	if a.Running.Calls > 0 {
		words = append(words, fmt.Sprintf("when it came, %s at Bedrock and held %s", were(a.Running.Calls), count(a.Running.Tokens, "quota token")))
	}
	if a.Minute.Calls > 0 {
		until := "it came"
		if t.c.Attempts > 0 {
			until = "it went"
		}
		words = append(words, fmt.Sprintf("in the minute before %s, the pool had begun %s, charged %s", until, count(a.Minute.Calls, "other call"), count(a.Minute.Tokens, "quota token")))
	}
	return sentence(strings.Join(words, "; "))
}

func were(n int64) string {
	if n == 1 {
		return "1 call was"
	}
	return number(n) + " calls were"
}

// joined tells of a client that gave up on its connection, not on the call.
func (t *teller) joined() {
	if n := t.c.JoinedRetries; n > 0 {
		t.add(Retried, 0, 0, fmt.Sprintf("Its client came back %s before the end, and took up the place that the call had.", times(n)))
	}
}

// never tells of the wait of a call that was never sent.
func (t *teller) never() {
	c := t.c
	if strings.HasPrefix(c.Reason, "refused at once") || c.Outcome == "invalid" || c.Outcome == "denied" {
		return
	}
	if !t.refused() && c.Outcome != "cancelled" || c.Latency < time.Millisecond {
		return
	}
	what := "its turn"
	if c.Limit != "" {
		what = t.limit()
	}
	t.add(Queued, 0, c.Latency, fmt.Sprintf("It waited %s for %s, and was never sent.", t.span(c.Latency), what), t.outlook(), t.ahead(), t.meanwhile())
}
