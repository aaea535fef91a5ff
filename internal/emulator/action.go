package emulator

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// permit lets a fault strike a request that needs a permission, such as
// "bedrock:InvokeModel". The error is a *refusal.Error; nil: go on.
func (v *visit) permit(ctx context.Context, action string) error {
	f := v.e.faults.drawAction(v.e.config.Now(), v.acct.ID, action)
	switch f.Kind {
	case FaultDenied:
		return refusal.Unauthorized(v.acct.ID, action)
	case FaultThrottled:
		return refusal.Throttling(refusal.RateExceeded)
	case FaultReset:
		panic(http.ErrAbortHandler) // how net/http breaks a connection off
	case FaultHang:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case FaultLate:
		v.late(ctx, f.delay())
		return nil
	default:
		if refused := f.refusal(); refused != nil {
			return refused
		}
		return nil
	}
}

// late waits for a nominal time, or until the client has left.
func (v *visit) late(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(scaled(d, v.e.config.TimeScale))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// permission is the one that a request for Bedrock needs.
func (r route) permission() string {
	switch r.resource {
	case resourceModel:
		switch {
		case r.operation == llm.OpCountTokens:
			return "bedrock:CountTokens"
		case r.operation.Streams():
			return "bedrock:InvokeModelWithResponseStream"
		}
		return "bedrock:InvokeModel"
	case resourceProfiles:
		return "bedrock:ListInferenceProfiles"
	case resourceProfile:
		return "bedrock:GetInferenceProfile"
	case resourceModels:
		return "bedrock:ListFoundationModels"
	default:
		return "bedrock:GetFoundationModel"
	}
}
