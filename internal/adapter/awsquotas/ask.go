package awsquotas

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

const (
	service = "bedrock"
	page    = int32(100) // the most that Service Quotas gives at once
)

// Identity is the account that the credentials belong to.
func (c *Client) Identity(ctx context.Context, in llm.Region) (llm.AccountID, error) {
	out, err := c.in(in).sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", failed("ask whose credentials these are", "sts:GetCallerIdentity", err)
	}
	return llm.AccountID(aws.ToString(out.Account)), nil
}

// Applied lists the values that the account has in a Region, where AWS tells them.
func (c *Client) Applied(ctx context.Context, in llm.Region) ([]account.Listed, error) {
	r := c.in(in)
	var rows []account.Listed
	for p := servicequotas.NewListServiceQuotasPaginator(r.quotas, &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String(service), MaxResults: aws.Int32(page)}); p.HasMorePages(); {
		err := r.applied.wait(ctx)
		var out *servicequotas.ListServiceQuotasOutput
		if err == nil {
			out, err = p.NextPage(ctx)
		}
		if err != nil {
			return nil, failed("list the quotas", "servicequotas:ListServiceQuotas", err)
		}
		rows = listed(rows, out.Quotas)
	}
	return rows, nil
}

// Defaults lists AWS's defaults in a Region.
func (c *Client) Defaults(ctx context.Context, in llm.Region) ([]account.Listed, error) {
	r := c.in(in)
	var rows []account.Listed
	for p := servicequotas.NewListAWSDefaultServiceQuotasPaginator(r.quotas, &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: aws.String(service), MaxResults: aws.Int32(page)}); p.HasMorePages(); {
		err := r.defaults.wait(ctx)
		var out *servicequotas.ListAWSDefaultServiceQuotasOutput
		if err == nil {
			out, err = p.NextPage(ctx)
		}
		if err != nil {
			return nil, failed("list the default quotas", "servicequotas:ListAWSDefaultServiceQuotas", err)
		}
		rows = listed(rows, out.Quotas)
	}
	return rows, nil
}

// listed leaves out rows that have an error in place of a value.
func listed(rows []account.Listed, quotas []types.ServiceQuota) []account.Listed {
	for _, q := range quotas {
		if q.Value != nil && q.ErrorReason == nil {
			rows = append(rows, account.Listed{Code: aws.ToString(q.QuotaCode), Name: aws.ToString(q.QuotaName), Value: *q.Value, Adjustable: q.Adjustable})
		}
	}
	return rows
}

// Requests lists the requests for more in a Region, as AWS orders them.
func (c *Client) Requests(ctx context.Context, in llm.Region) ([]account.Request, error) {
	r := c.in(in)
	var all []account.Request
	for p := servicequotas.NewListRequestedServiceQuotaChangeHistoryPaginator(r.quotas, &servicequotas.ListRequestedServiceQuotaChangeHistoryInput{ServiceCode: aws.String(service), MaxResults: aws.Int32(page)}); p.HasMorePages(); {
		err := r.asked.wait(ctx)
		var out *servicequotas.ListRequestedServiceQuotaChangeHistoryOutput
		if err == nil {
			out, err = p.NextPage(ctx)
		}
		if err != nil {
			return nil, failed("list the requests", "servicequotas:ListRequestedServiceQuotaChangeHistory", err)
		}
		for i := range out.RequestedQuotas {
			all = append(all, request(&out.RequestedQuotas[i]))
		}
	}
	return all, nil
}

// RequestIncrease asks AWS for a higher value. It writes to the account, and is
// sent once: were it repeated after an answer that was lost, AWS would call the
// request one that is there already. Whether AWS took it is not known when the
// error is neither Invalid, Denied, NotFound nor Throttled: list the requests.
func (c *Client) RequestIncrease(ctx context.Context, in llm.Region, code string, value float64) (account.Request, error) {
	const op, action = "request an increase", "servicequotas:RequestServiceQuotaIncrease"
	r := c.in(in)
	if err := r.write.wait(ctx); err != nil {
		return account.Request{}, failed(op, action, err)
	}
	out, err := r.quotas.RequestServiceQuotaIncrease(ctx, &servicequotas.RequestServiceQuotaIncreaseInput{ServiceCode: aws.String(service), QuotaCode: &code, DesiredValue: &value}, once)
	if err != nil {
		return account.Request{}, failed(op, action, err)
	}
	if out.RequestedQuota == nil {
		return account.Request{}, fault.New(fault.Upstream, "Service Quotas took the request for %s and did not say which it is: list the requests.", code)
	}
	return request(out.RequestedQuota), nil
}

// once sends a request without the SDK's retries.
func once(o *servicequotas.Options) { o.Retryer = aws.NopRetryer{} }

func request(q *types.RequestedServiceQuotaChange) account.Request {
	return account.Request{
		ID: aws.ToString(q.Id), CaseID: aws.ToString(q.CaseId), Code: aws.ToString(q.QuotaCode), Name: aws.ToString(q.QuotaName),
		Desired: aws.ToFloat64(q.DesiredValue), Status: account.RequestStatus(q.Status), Created: aws.ToTime(q.Created), Updated: aws.ToTime(q.LastUpdated),
	}
}
