package awsquotas

import (
	"context"
	"strconv"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// pace lets one call through every so often, and one before its time.
type pace struct {
	mu    sync.Mutex
	every time.Duration // guarded by mu
	next  time.Time     // guarded by mu
}

func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := now
	if early := p.next.Add(-p.every); early.After(now) {
		at = early
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(p.every)
	p.mu.Unlock()
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// hasten makes the pace quicker, never slower; those who wait keep their time.
func (p *pace) hasten(every time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if every >= p.every {
		return
	}
	p.every = every
	if soon := time.Now().Add(every); soon.Before(p.next) {
		p.next = soon
	}
}

// rateHeader is by which an emulator tells how many calls of an operation it takes
// a second: it may run faster than time, or without limits.
const rateHeader = "X-Emulator-Rate"

// of is the pace of an operation; nil for one that has none.
func (r *region) of(operation string) *pace {
	switch operation {
	case "ListServiceQuotas":
		return &r.applied
	case "ListAWSDefaultServiceQuotas":
		return &r.defaults
	case "ListRequestedServiceQuotaChangeHistory":
		return &r.asked
	case "RequestServiceQuotaIncrease":
		return &r.write
	}
	return nil
}

// listen reads rateHeader from answers. Of the rate four fifths are used, as of
// AWS's.
func (r *region) listen(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ReadEmulatorRate",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleDeserialize(ctx, in)
			response, ok := out.RawResponse.(*smithyhttp.Response)
			p := r.of(awsmiddleware.GetOperationName(ctx))
			if !ok || p == nil {
				return out, metadata, err
			}
			if rate, bad := strconv.ParseFloat(response.Header.Get(rateHeader), 64); bad == nil && rate > 0 {
				p.hasten(time.Duration(float64(time.Second) / (0.8 * rate)))
			}
			return out, metadata, err
		}), middleware.After)
}
