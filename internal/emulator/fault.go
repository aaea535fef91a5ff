package emulator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// FaultKind is a way in which a call goes wrong.
type FaultKind string

// The kinds. All but FaultSlow and FaultLate end the call. Without an Action they
// strike calls of models that were admitted; errors that come before the first
// token cost no tokens.
const (
	FaultInternal        FaultKind = "internal"         // 500 InternalServerException
	FaultUnavailable     FaultKind = "unavailable"      // 503 ServiceUnavailableException
	FaultNotReady        FaultKind = "not-ready"        // 429 ModelNotReadyException
	FaultStreamException FaultKind = "stream-exception" // an exception frame after some events
	FaultStreamCut       FaultKind = "stream-cut"       // the connection breaks after some events
	FaultReset           FaultKind = "reset"            // the connection breaks before any header
	FaultHang            FaultKind = "hang"             // nothing happens until the client leaves
	FaultSlow            FaultKind = "slow-first-token" // the first token is late

	FaultDenied    FaultKind = "denied"    // AccessDeniedException; needs an Action
	FaultThrottled FaultKind = "throttled" // ThrottlingException; needs an Action
	FaultLate      FaultKind = "slow"      // the answer is late; needs an Action
)

// Fault makes calls go wrong: the next ones that fit it, or each with a
// probability. The first fault that strikes is the only one.
type Fault struct {
	// What it fits. Model and Path are shell patterns, such as "anthropic.*";
	// empty fits all.
	Account   string        `json:"account,omitempty" yaml:"account"`
	Model     string        `json:"model,omitempty" yaml:"model"`
	Path      string        `json:"path,omitempty" yaml:"path"`
	Operation llm.Operation `json:"operation,omitempty" yaml:"operation"`
	// Action is a shell pattern of permissions, such as "cloudwatch:GetMetricData"
	// or "servicequotas:*": requests that need one of them are struck before
	// anything else is done with them. Those of bedrock, cloudwatch, servicequotas
	// and sts (whose GetCallerIdentity AWS denies to nobody). Model, Path and
	// Operation are empty then.
	Action string `json:"action,omitempty" yaml:"action"`

	Kind FaultKind `json:"kind" yaml:"kind"`
	// Probability is that of a strike, from 0 to 1.
	Probability float64 `json:"probability,omitempty" yaml:"probability"`
	// Next is how many calls it strikes before it is spent.
	Next int `json:"next,omitempty" yaml:"next"`
	// EveryMS and LastingMS make it strike in bursts: during LastingMS of each
	// EveryMS, in nominal milliseconds, from a phase that the seed draws. Within
	// a burst it strikes every call, or with Probability if that is given.
	EveryMS   int64 `json:"every_ms,omitempty" yaml:"every_ms"`
	LastingMS int64 `json:"lasting_ms,omitempty" yaml:"lasting_ms"`
	// After is how many events a stream sends before it breaks.
	After int `json:"after,omitempty" yaml:"after"`
	// Exception names the frame of FaultStreamException, such as
	// "throttlingException"; default "internalServerException".
	Exception string `json:"exception,omitempty" yaml:"exception"`
	// DelayMS is how late the first token of FaultSlow is, or the answer of
	// FaultLate, in nominal milliseconds; default 30,000.
	DelayMS int64 `json:"delay_ms,omitempty" yaml:"delay_ms"`
}

const (
	defaultException = "internalServerException"
	defaultDelay     = 30 * time.Second
)

// exceptions are the frames that may end a stream, with the service's
// messages. The throttle's is the longer form that streams are seen to carry.
func exceptions() map[string]string {
	return map[string]string{
		"throttlingException":         meterMessage(meter.Requests) + " You have sent too many requests.  Wait before trying again.",
		"internalServerException":     refusal.Internal().Message,
		"modelStreamErrorException":   refusal.Internal().Message,
		"modelTimeoutException":       "Model has timed out in processing the request. Try your request again.",
		"serviceUnavailableException": refusal.Unavailable().Message,
		"validationException":         "The model returned the following errors: the request cannot be processed.",
	}
}

func validateFaults(list []Fault) error {
	var errs []error
	for i, f := range list {
		if err := f.validate(); err != nil {
			errs = append(errs, fmt.Errorf("faults[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

func (f Fault) validate() error {
	if err := f.validateKind(); err != nil {
		return err
	}
	if !(f.Probability >= 0 && f.Probability <= 1) || f.Next < 0 || f.Probability == 0 && f.Next == 0 && !f.bursts() {
		return errors.New("want a probability above 0 and up to 1, next above 0, or bursts by every_ms and lasting_ms")
	}
	if f.After < 0 || f.DelayMS < 0 || f.DelayMS > time.Duration(meter.MaxSpan).Milliseconds() {
		return errors.New("after or delay_ms: below zero, or a delay of more than 31 days")
	}
	if f.bursts() && (f.LastingMS <= 0 || f.LastingMS >= f.EveryMS || f.EveryMS > time.Duration(meter.MaxSpan).Milliseconds()) {
		return errors.New("want 0 < lasting_ms < every_ms, and every_ms of 31 days at the most")
	}
	if f.bursts() && f.Next > 0 {
		return errors.New("every_ms: a fault that strikes the next calls has no bursts")
	}
	for _, pattern := range []string{f.Model, f.Path, f.Action} {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	if _, ok := exceptions()[f.Exception]; f.Exception != "" && !ok {
		return fmt.Errorf("exception: %q is unknown", f.Exception)
	}
	return nil
}

// validateKind checks that the kind is one for what the fault strikes.
func (f Fault) validateKind() error {
	action := f.Action != ""
	switch f.Kind {
	case FaultInternal, FaultUnavailable, FaultReset, FaultHang:
	case FaultNotReady, FaultStreamException, FaultStreamCut, FaultSlow:
		if action {
			return fmt.Errorf("kind: %q strikes calls of models: name no action", f.Kind)
		}
	case FaultDenied, FaultThrottled, FaultLate:
		if !action {
			return fmt.Errorf("kind: %q needs an action, such as servicequotas:*", f.Kind)
		}
	default:
		return fmt.Errorf("kind: %q is unknown", f.Kind)
	}
	if action && (f.Model != "" || f.Path != "" || f.Operation != "") {
		return errors.New("action: a fault with one has no model, path or operation")
	}
	return nil
}

// strikes reports whether the fault is for calls such as this one. Streams
// alone can break.
func (f Fault) strikes(account string, pool llm.Pool, op llm.Operation) bool {
	if (f.Kind == FaultStreamException || f.Kind == FaultStreamCut) && !op.Streams() {
		return false
	}
	return f.Action == "" && (f.Account == "" || f.Account == account) && (f.Operation == "" || f.Operation == op) &&
		fits(f.Model, string(pool.Model)) && fits(f.Path, string(pool.Path))
}

// bursts reports whether the fault strikes in bursts.
func (f Fault) bursts() bool { return f.EveryMS != 0 || f.LastingMS != 0 }

// burst reports whether now is within a burst of it, with a phase from 0 to 1.
func (f Fault) burst(now time.Time, phase, scale float64) bool {
	every := int64(scaled(time.Duration(f.EveryMS)*time.Millisecond, scale))
	lasting := int64(scaled(time.Duration(f.LastingMS)*time.Millisecond, scale))
	t := (now.UnixNano() - int64(phase*float64(every))) % every
	if t < 0 {
		t += every
	}
	return t < lasting
}

// faults are the faults in force. It is safe for concurrent use.
type faults struct {
	scale float64 // of time
	seed  uint64

	mu     sync.Mutex // guards what follows
	list   []Fault
	phases []float64 // of the bursts of each, from 0 to 1
	rng    *rand.Rand
}

func newFaults(seed uint64, scale float64) *faults {
	return &faults{scale: scale, seed: seed, rng: rand.New(rand.NewPCG(seed, 0xa0761d6478bd642f))}
}

func (f *faults) set(list []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.Clone(list)
	phases := rand.New(rand.NewPCG(f.seed, 0xe7037ed1a0b428db)) // the same for the same list
	f.phases = make([]float64, len(list))
	for i := range f.phases {
		f.phases[i] = phases.Float64()
	}
}

// draw says what goes wrong with a call; a Fault without a kind when nothing.
func (f *faults) draw(now time.Time, account string, pool llm.Pool, op llm.Operation) Fault {
	return f.first(now, func(x *Fault) bool { return x.strikes(account, pool, op) })
}

// drawAction says what goes wrong with a request that needs a permission.
func (f *faults) drawAction(now time.Time, account, action string) Fault {
	return f.first(now, func(x *Fault) bool {
		return x.Action != "" && (x.Account == "" || x.Account == account) && fits(x.Action, action)
	})
}

// first is the first fault that strikes of those that fit.
func (f *faults) first(now time.Time, fit func(*Fault) bool) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		x := &f.list[i]
		if !fit(x) {
			continue
		}
		if x.Next > 0 {
			if x.Next--; x.Next == 0 && x.Probability == 0 {
				spent := *x
				f.list = slices.Delete(f.list, i, i+1)
				f.phases = slices.Delete(f.phases, i, i+1)
				return spent
			}
			return *x
		}
		if x.bursts() {
			if !x.burst(now, f.phases[i], f.scale) {
				continue
			}
			if x.Probability == 0 {
				return *x
			}
		}
		if f.rng.Float64() < x.Probability {
			return *x
		}
	}
	return Fault{}
}

// refusal is the error by which the fault answers; nil when it is none.
func (f Fault) refusal() *refusal.Error {
	switch f.Kind {
	case FaultInternal:
		return refusal.Internal()
	case FaultUnavailable:
		return refusal.Unavailable()
	case FaultNotReady:
		return refusal.NotReady()
	default:
		return nil
	}
}

// broken is the error that a stream broke with; nil when its connection did.
func (f Fault) broken() *refusal.Error {
	switch {
	case f.Kind != FaultStreamException:
		return nil
	case f.Exception == "validationException":
		return refusal.Validation("%s", exceptions()[f.Exception])
	}
	return refusal.Internal()
}

// delay is how late the first token, or the answer, is, in nominal time.
func (f Fault) delay() time.Duration {
	switch {
	case f.Kind != FaultSlow && f.Kind != FaultLate:
		return 0
	case f.DelayMS == 0:
		return defaultDelay
	}
	return time.Duration(f.DelayMS) * time.Millisecond
}

// meterMessage is the message of the 429 for a limit.
func meterMessage(m meter.Measure) string {
	switch m {
	case meter.Requests:
		return refusal.TooManyRequests
	case meter.Tokens:
		return refusal.TooManyTokens
	default:
		return refusal.TooManyPerDay
	}
}
