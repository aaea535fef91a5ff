package daemon

import (
	"github.com/headgate/headgate/internal/adapter/awsconverse"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/schema/judge"
)

// NewSchemaCaller asks a model, by its id or that of a profile, through the gateway
// whose data plane is at base.
func NewSchemaCaller(base string, region llm.Region, model llm.ModelID) (judge.Caller, error) {
	return awsconverse.New(awsconverse.Options{EndpointURL: base, Region: region, Model: model})
}
