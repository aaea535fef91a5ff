package sim

import (
	"math/rand/v2"
	"time"
)

// schedule is a published way to retry: how many attempts, and how long after
// which.
type schedule struct {
	attempts int // in all
	// delay is the time before the next attempt, after n have failed.
	delay func(n int, rng *rand.Rand) time.Duration
	// quota is whether retries draw on the client's bucket of 500 tokens.
	quota bool
	// adaptive is whether attempts pass a client's rate limiter, and shared
	// whether all processes have one.
	adaptive, shared bool
}

// scheduleOf is the schedule of a direct policy.
func scheduleOf(p Policy) schedule {
	switch p {
	case BotocoreLegacy:
		// botocore retryhandler.py: rand(0,1) × 2^(n-1) s, five attempts.
		return schedule{attempts: 5, delay: func(n int, rng *rand.Rand) time.Duration {
			return seconds(rng.Float64() * float64(int64(1)<<(n-1)))
		}}
	case Fixed:
		return schedule{attempts: 6, delay: func(n int, _ *rand.Rand) time.Duration { return seconds(float64(int64(1) << n)) }}
	case SDKAdaptive:
		return schedule{attempts: 3, delay: sdkDelay, quota: true, adaptive: true, shared: true}
	case SDKAdaptivePerProcess:
		return schedule{attempts: 3, delay: sdkDelay, quota: true, adaptive: true}
	default:
		return schedule{attempts: 3, delay: sdkDelay, quota: true}
	}
}

// sdkDelay is aws-sdk-go-v2's backoff (aws/retry, jitter_backoff.go): rand[0,1)
// × 2^n s, and 20 s from the fifth on.
func sdkDelay(n int, rng *rand.Rand) time.Duration {
	const most = 20 * time.Second
	if n > 4 { // int(log2(20))
		return most
	}
	return seconds(rng.Float64() * float64(int64(1)<<n))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// The retry quota of aws-sdk-go-v2 (aws/retry, standard.go): a bucket in each
// client that retries draw on, so that a failing service is not stormed.
const (
	retryTokens  = 500
	retryCost    = 5
	retryRegains = 1 // by a success without a retry
)

// retries is the SDK clients of all processes.
type retries struct {
	schedule
	rng     *rand.Rand
	clients []client // by process, grown as needed
}

// client is one SDK client.
type client struct {
	tokens int
	rate   adaptiveRate
	// line is the calls that the rate limiter has told to ask again. All of them
	// would ask at the same instant and all but one in vain, so only the first
	// does.
	line  []int32
	timer bool // it will
}

func newRetries(p Policy, rng *rand.Rand) *retries {
	return &retries{schedule: scheduleOf(p), rng: rng}
}

// client is that of a process.
func (r *retries) client(process int) *client {
	if r.shared {
		process = 0
	}
	for len(r.clients) <= process {
		r.clients = append(r.clients, client{tokens: retryTokens, rate: newAdaptiveRate()})
	}
	return &r.clients[process]
}

// again says how long to wait for the next attempt after so many failed, and
// whether there is one.
func (r *retries) again(process, failed int) (time.Duration, bool) {
	if failed >= r.attempts {
		return 0, false
	}
	if r.quota {
		c := r.client(process)
		if c.tokens < retryCost {
			return 0, false
		}
		c.tokens -= retryCost
	}
	return r.delay(failed, r.rng), true
}

// succeeded returns what a call's last retry took from the quota.
func (r *retries) succeeded(process, attempts int) {
	if !r.quota {
		return
	}
	c := r.client(process)
	if attempts > 1 {
		c.tokens = min(retryTokens, c.tokens+retryCost)
		return
	}
	c.tokens = min(retryTokens, c.tokens+retryRegains)
}
