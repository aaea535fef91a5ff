package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// attempts tells how often the call was sent, and what came in between.
func (t *teller) attempts() {
	c := t.c
	if c.Attempts == 0 {
		return
	}
	text := "It was sent to Bedrock"
	if c.Attempts > 1 {
		text += fmt.Sprintf(", %d times in all", c.Attempts)
	}
	t.add(Attempt, c.Queued, max(0, c.Latency-c.Queued), text+".")
	if n := c.throttles(); n > 0 {
		t.add(Throttled, c.Queued, 0, fmt.Sprintf("Bedrock throttled it %s (%s).", times(n), t.throttledBy()),
			"Headgate had room for it in its own count: it took the throttle as news, corrected its count, and put the call back at the head of its line.")
	}
	if other := c.Attempts - 1 - c.throttles(); other > 0 {
		t.add(Retried, c.Queued, 0, fmt.Sprintf("%s failed otherwise and followed the retry schedule; the client saw none of it.", sentenceCount(other, "attempt")))
	}
}

func (t *teller) throttledBy() string {
	c := t.c
	var by []string
	for _, one := range []struct {
		n    int
		what string
	}{{c.ThrottledRequests, "requests a minute"}, {c.ThrottledTokens, "tokens a minute"}, {c.ThrottledDay, "tokens a day"}} {
		if one.n > 0 {
			by = append(by, fmt.Sprintf("%d by %s", one.n, one.what))
		}
	}
	return list(by)
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func sentenceCount(n int, noun string) string { return sentenceless(count(int64(n), noun)) }

// sentenceless is what begins a sentence and goes on.
func sentenceless(s string) string { return strings.TrimSuffix(sentence(s), ".") }

// ended tells of the answer, or of what came instead.
func (t *teller) ended() {
	c := t.c
	switch c.Outcome {
	case "ok":
		t.answer()
	case "refused":
		t.add(Refused, c.Latency, 0, "Headgate refused it"+status(c.Status)+" before Bedrock could.", sentence(c.Reason), sentence(own(c.ErrorMessage)), t.outlook(), t.fits())
	case "throttled":
		t.add(Throttled, c.Latency, 0, "Bedrock's throttle was passed on to the client: no retry could mend it before the call's deadline.", sentence(c.ErrorMessage), t.fits())
	case "cancelled":
		t.add(Left, c.Latency, 0, "The client left before the end.", sentence(c.ErrorMessage))
	case "broken":
		t.answer()
		t.add(Failed, c.Latency, 0, "The answer broke off ("+c.ErrorKind+").", sentence(c.ErrorMessage))
	default:
		t.add(Failed, c.Latency, 0, fmt.Sprintf("It failed%s: %s.", status(c.Status), c.ErrorKind), sentence(c.ErrorMessage))
	}
}

// fits tells when a call that was turned away would have fitted.
func (t *teller) fits() string {
	if t.c.RetryAfter <= 0 {
		return ""
	}
	return fmt.Sprintf("It would have fitted %s later, which its client was told (Retry-After).", t.span(t.c.RetryAfter))
}

// own is an error message of ours without the words that Bedrock's begin with, which
// SDKs look for.
func own(message string) string {
	if _, after, found := strings.Cut(message, "Headgate: "); found {
		return after
	}
	return message
}

func status(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf(" with status %d", code)
}

// answer tells when the answer came.
func (t *teller) answer() {
	c := t.c
	if c.FirstByte <= 0 {
		return
	}
	what := "The answer came"
	if c.Operation.Streams() {
		what = "The first content came"
	}
	after := fmt.Sprintf("%s %s after the call", what, t.span(c.FirstByte))
	if c.Attempts > 0 && c.Queued >= time.Millisecond {
		after += fmt.Sprintf(", %s after it was first sent", t.span(max(0, c.FirstByte-c.Queued)))
	}
	all := ""
	if c.Operation.Streams() {
		all = fmt.Sprintf("All of it was there after %s.", t.span(c.Latency))
	}
	t.add(Answer, c.FirstByte, max(0, c.Latency-c.FirstByte), after+".", all)
}

// settled compares what was held, expected and charged.
func (t *teller) settled() {
	c := t.c
	if c.Attempts == 0 || c.Hold == 0 && c.Settled == 0 {
		return
	}
	text := fmt.Sprintf("Of its quota Bedrock held %s and charged %s; %s were expected.", number(c.Hold), number(c.Settled), number(c.Forecast))
	t.add(Settled, c.Latency, 0, text, t.difference(), t.cost())
}

func (t *teller) difference() string {
	c := t.c
	switch {
	case c.Settled > c.Hold:
		return "More was charged than held, as each output token counts several times when the call is settled."
	case c.Hold > 4*max(1, c.Settled) && c.MaxTokens < 0:
		return fmt.Sprintf("%s stood idle while it ran: set max_tokens near the length of the answers, and more calls fit.", sentenceless(count(c.Hold-c.Settled, "quota token")))
	case c.Hold > 4*max(1, c.Settled) && c.MaxTokens > 0:
		return fmt.Sprintf("%s stood idle while it ran: a max_tokens nearer to the answer's %s lets more calls fit.",
			sentenceless(count(c.Hold-c.Settled, "quota token")), count(c.Usage.Output, "token"))
	}
	return ""
}

func (t *teller) cost() string {
	c := t.c
	switch {
	case c.Usage == (llm.Usage{}):
		return ""
	case c.Cost < 0:
		return fmt.Sprintf("It used %s; what they cost is not known.", count(c.Usage.Total(), "token"))
	}
	return fmt.Sprintf("It used %s and cost %s at the prices of %s.", count(c.Usage.Total(), "token"), dollars(c.Cost), c.PriceAsOf)
}
