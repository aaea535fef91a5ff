package awsquotas

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrock/types"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/llm"
)

// Profiles lists the inference profiles of a Region: those of AWS, then those
// that the account made.
func (c *Client) Profiles(ctx context.Context, in llm.Region) ([]account.Profile, error) {
	r := c.in(in)
	var all []account.Profile
	for _, kind := range []types.InferenceProfileType{types.InferenceProfileTypeSystemDefined, types.InferenceProfileTypeApplication} {
		for p := bedrock.NewListInferenceProfilesPaginator(r.bedrock, &bedrock.ListInferenceProfilesInput{TypeEquals: kind}); p.HasMorePages(); {
			out, err := p.NextPage(ctx)
			if err != nil {
				return nil, failed("list the inference profiles", "bedrock:ListInferenceProfiles", err)
			}
			for i := range out.InferenceProfileSummaries {
				all = append(all, profile(&out.InferenceProfileSummaries[i]))
			}
		}
	}
	return all, nil
}

func profile(p *types.InferenceProfileSummary) account.Profile {
	models := make([]string, 0, len(p.Models))
	for _, m := range p.Models {
		models = append(models, aws.ToString(m.ModelArn))
	}
	return account.Profile{
		ID: aws.ToString(p.InferenceProfileId), ARN: aws.ToString(p.InferenceProfileArn), Name: aws.ToString(p.InferenceProfileName),
		Application: p.Type == types.InferenceProfileTypeApplication, Active: p.Status == types.InferenceProfileStatusActive, Models: models,
	}
}

// Models lists the foundation models of a Region.
func (c *Client) Models(ctx context.Context, in llm.Region) ([]account.Model, error) {
	out, err := c.in(in).bedrock.ListFoundationModels(ctx, &bedrock.ListFoundationModelsInput{})
	if err != nil {
		return nil, failed("list the models", "bedrock:ListFoundationModels", err)
	}
	all := make([]account.Model, 0, len(out.ModelSummaries))
	for i := range out.ModelSummaries {
		m := &out.ModelSummaries[i]
		row := account.Model{ID: llm.ModelID(aws.ToString(m.ModelId)), Name: aws.ToString(m.ModelName)}
		for _, way := range m.InferenceTypesSupported {
			row.OnDemand = row.OnDemand || way == types.InferenceTypeOnDemand
		}
		if l := m.ModelLifecycle; l != nil {
			row.Legacy, row.EndOfLife = l.Status == types.FoundationModelLifecycleStatusLegacy, aws.ToTime(l.EndOfLifeTime)
		}
		all = append(all, row)
	}
	return all, nil
}
