package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// throttles looks for those that our own use does not explain, and for limits of
// which less is enforced than is applied.
func throttles(f *Facts) []Finding {
	var out []Finding
	for _, p := range throttledPools(f) {
		if found, ok := unexplained(f, p); ok {
			out = append(out, found)
		}
	}
	for _, l := range f.Gateway.Learned {
		out = append(out, Finding{
			Severity: Info, ID: "throttle.learned", About: poolName(l.Pool),
			Evidence: fmt.Sprintf("%s: %s of %s are in force (%s)", spoken(l.Limit), figure(l.Effective), figure(l.Applied), share(l.Effective, l.Applied)),
			Why:      "throttles taught the gateway that less than the published amount is there: " + l.Why,
			Mend:     "headgate quota show " + quoted(poolName(l.Pool)),
		})
	}
	return out
}

func throttledPools(f *Facts) []llm.Pool {
	var out []llm.Pool
	for _, m := range f.Minutes {
		if m.Throttled > 0 && !slices.Contains(out, m.Pool) {
			out = append(out, m.Pool)
		}
	}
	return out
}

// unexplained finds minutes with throttles in which our calls used well below
// what the account has.
func unexplained(f *Facts, p llm.Pool) (Finding, bool) {
	requests, tokens := amountOf(f, p, "requests_per_minute"), amountOf(f, p, "tokens_per_minute")
	if requests <= 0 && tokens <= 0 {
		return Finding{}, false // what is there is not known, or nothing is
	}
	const room = 0.8
	var count, minutes int64
	most := 0.0
	for _, m := range f.Minutes {
		if m.Pool != p || m.Throttled == 0 {
			continue
		}
		used := 0.0
		if requests > 0 {
			used = max(used, float64(m.Attempts)/float64(requests))
		}
		if tokens > 0 {
			used = max(used, float64(max(m.Held, m.Settled))/float64(tokens))
		}
		if used < room {
			count, minutes, most = count+m.Throttled, minutes+1, max(most, used)
		}
	}
	if count == 0 {
		return Finding{}, false
	}
	return Finding{
		Severity: Warning, ID: "throttle.unexplained", About: poolName(p),
		Evidence: fmt.Sprintf("%s in %s in which calls through this gateway used at most %.0f %% of the quota", plural(count, "throttle"), plural(minutes, "minute"), 100*most),
		Why:      "others draw on the same quota, or less of it is enforced than Service Quotas says",
		Mend:     "headgate quota show " + quoted(poolName(p)),
	}, true
}

// amountOf is a limit of a pool; 0 when it is not known.
func amountOf(f *Facts, p llm.Pool, limit string) int64 {
	for _, q := range f.Snapshot.Quotas {
		if q.Limit == limit && q.Variant == "" && place(q.Pool) == place(p) {
			n, _ := q.Amount()
			return n
		}
	}
	return 0
}

// retries looks for clients that retry much, so that a call which Headgate has
// tried again and again is tried again as often.
func retries(f *Facts) []Finding {
	const usual, much = 3, 5 // an SDK's default, and boto3's former one
	var out []Finding
	var seen []string
	for _, r := range f.Routes {
		if r.ClientAttempts <= usual || slices.Contains(seen, r.Client) {
			continue
		}
		seen = append(seen, r.Client)
		out = append(out, multiplied(f, r.Client, "the client says that it makes", r.ClientAttempts, much, "export "+varAttempts+"=3 AWS_RETRY_MODE=standard"))
	}
	if f.Env == nil {
		return out
	}
	if s := f.Env.plain[varAttempts]; s.value != "" {
		var n int64
		_, _ = fmt.Sscan(s.value, &n) // ReadEnv has seen that it is a number
		about := f.Env.at(s.line)
		mend := assign(f.Env.path, varAttempts, "3")
		switch {
		case n > usual:
			out = append(out, multiplied(f, about, varAttempts+" asks for", n, much, mend))
		case n == 1:
			out = append(out, Finding{
				Severity: Info, ID: "retry.none", About: about, Evidence: varAttempts + " is 1: the SDK does not retry",
				Why:  "a call that waits for longer than the SDK reads comes back by a retry and finds its place kept; without one it is lost",
				Mend: mend,
			})
		}
	}
	if s := f.Env.plain[varRetryMode]; strings.EqualFold(s.value, "adaptive") {
		out = append(out, Finding{
			Severity: Warning, ID: "retry.adaptive", About: f.Env.at(s.line), Evidence: varRetryMode + " is adaptive",
			Why:  "the SDK then slows down each process by itself, by requests and not by tokens, on top of the gateway's pacing",
			Mend: assign(f.Env.path, varRetryMode, "standard"),
		})
	}
	return out
}

func multiplied(f *Facts, about, who string, attempts, much int64, mend string) Finding {
	out := Finding{
		Severity: Info, ID: "retry.multiplies", About: about,
		Evidence: fmt.Sprintf("%s %d attempts", who, attempts),
		Why: fmt.Sprintf("Headgate makes up to %d requests upstream for a call, so that one may become %d; while a call waits here, a retry only takes its place again. Three attempts are enough",
			f.Attempts, int64(f.Attempts)*attempts),
		Mend: mend,
	}
	if attempts > much {
		out.Severity = Warning
	}
	return out
}
