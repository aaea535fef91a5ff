package emulator

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/emulator/cloudwatch"
	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// monitor answers a request for CloudWatch.
func (v *visit) monitor(ctx context.Context) error {
	body, err := readBody(v.w, v.r)
	now := v.e.config.Now()
	if err == nil {
		v.acct, v.region, err = v.e.door.enter(v.r, body, signedMonitoring, now)
	}
	if err != nil {
		cloudwatch.Refuse(v.w, v.r, refusal.From(err))
		return nil
	}
	v.acct.catchUp(now)
	v.e.watch.Serve(v.w, v.r, body, cloudwatch.Owner{Account: v.acct.ID, Region: string(v.region)}, func(operation string) error {
		return v.permit(ctx, "cloudwatch:"+operation)
	})
	return nil
}

// catchUp lets others make the calls that they have made by now.
func (a *account) catchUp(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.othersLocked(now)
}

// modelID is what CloudWatch has for the id in a call's path: of an ARN its
// last part.
func (c *call) modelID() string { return c.route.id[strings.LastIndexByte(c.route.id, '/')+1:] }

// traffic is where the calls are recorded that reached no pool.
func (c *call) traffic() *cloudwatch.Traffic {
	return c.e.watch.Traffic(cloudwatch.Owner{Account: c.acct.ID, Region: string(c.region)})
}

func (c *call) watchRejected() {
	c.traffic().Record(cloudwatch.Call{Model: c.modelID(), At: c.e.config.Now(), Rejected: true})
}

func (c *call) watchThrottled() {
	c.traffic().Record(cloudwatch.Call{Model: c.modelID(), At: c.e.config.Now(), Throttled: true})
}

// watchEnded records a call that was admitted and has ended.
func (c *call) watchEnded(now time.Time, used llm.Usage, charge int64) {
	ended := cloudwatch.Call{Model: c.modelID(), At: now, Usage: used, Charge: charge}
	switch {
	case c.failed == nil:
		ended.Latency = c.pace.elapsed()
		if !c.pace.first.IsZero() {
			ended.FirstToken = c.pace.nominal(c.pace.first.Sub(c.pace.start))
		}
	case c.failed.Type == "ThrottlingException":
		ended.Throttled = true
	case c.failed.Status >= http.StatusInternalServerError:
		ended.ServerError = true
	default:
		ended.ClientError = true
	}
	c.adm.pool.watch.Record(ended)
}

// othersCall is what is recorded of calls by others that have ended: all that
// is known of their tokens is what they cost, which is taken for input.
func othersCall(profile string, at time.Time, calls, tokens int64) cloudwatch.Call {
	return cloudwatch.Call{Model: profile, At: at, Count: calls, Usage: llm.Usage{Input: tokens}, Charge: tokens}
}

// profileID is the id by which a model is called on a path from a Region.
func profileID(m *foundation.Model, path llm.Path, region llm.Region) string {
	id := string(m.ID)
	switch path {
	case llm.PathGlobal:
		return "global." + id
	case llm.PathGeo:
		for _, geo := range m.Geos {
			if foundation.Reaches(region, geo) {
				return geo + "." + id
			}
		}
	case llm.PathOnDemand, llm.PathMantle:
	}
	return id
}
