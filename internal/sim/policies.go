package sim

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// Policy names a way of making calls.
type Policy string

// The policies.
const (
	// Headgate is the gateway's pacing and order, told of deadlines.
	Headgate Policy = "headgate"
	// HeadgateFIFO is the gateway with calls in order of arrival.
	HeadgateFIFO Policy = "headgate-fifo"
	// FIFO is the gateway's pacing alone: calls in order of arrival, nothing
	// refused, no deadline known.
	FIFO Policy = "fifo"
	// SDKStandard is the AWS SDK's standard retry, as in Go's SDK v2: three
	// attempts.
	SDKStandard Policy = "sdk-standard"
	// SDKAdaptive is its adaptive mode, one client for all processes.
	SDKAdaptive Policy = "sdk-adaptive"
	// SDKAdaptivePerProcess is the same with a client in each process.
	SDKAdaptivePerProcess Policy = "sdk-adaptive-per-process"
	// BotocoreLegacy is boto3's default: five attempts, full jitter below 1, 2,
	// 4, 8 s.
	BotocoreLegacy Policy = "botocore-legacy"
	// Fixed retries after 2, 4, 8, 16 and 32 s.
	Fixed Policy = "fixed"
	// TokenBucket is a bucket of Q/N in each of N processes, which knows the
	// sizes of its calls; what is throttled nevertheless is retried as by the
	// SDK.
	TokenBucket Policy = "token-bucket"
	// Even85 is one gate for all processes that spaces calls evenly at 85 % of
	// the limits.
	Even85 Policy = "even-85"
	// SRPT is an oracle that sees the upstream's state and all sizes, and serves
	// the run with the least work left: an end to compare with.
	SRPT Policy = "srpt"
)

// Policies lists all of them, the gateway's first.
func Policies() []Policy {
	return []Policy{Headgate, HeadgateFIFO, FIFO, SDKStandard, SDKAdaptive, SDKAdaptivePerProcess, BotocoreLegacy, Fixed, TokenBucket, Even85, SRPT}
}

// Ours reports whether p paces with Headgate.
func (p Policy) Ours() bool { return p == Headgate || p == HeadgateFIFO || p == FIFO }

// Direct reports whether p's calls go to the upstream on their own, without
// anything that all of them pass.
func (p Policy) Direct() bool { return !p.Ours() && p != Even85 && p != SRPT }

// ParsePolicy finds a policy by its name.
func ParsePolicy(name string) (Policy, error) {
	if p := Policy(name); slices.Contains(Policies(), p) {
		return p, nil
	}
	var names []string
	for _, p := range Policies() {
		names = append(names, string(p))
	}
	return "", fault.New(fault.Invalid, "policy %q: want one of %s", name, strings.Join(names, ", "))
}

// newPolicy makes the policy that acts on w.
func newPolicy(w *world, p Policy, seed uint64) policy {
	rng := stream(seed, streamRetry)
	switch p {
	case Headgate, HeadgateFIFO, FIFO:
		return newHeadgate(w, p, rng)
	case TokenBucket:
		return newBuckets(w, newRetries(SDKStandard, rng))
	case Even85:
		return newGate(w, newRetries(SDKStandard, rng))
	case SRPT:
		return newOracle(w)
	default:
		return &direct{w: w, retries: newRetries(p, rng)}
	}
}
