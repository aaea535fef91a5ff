package awsquotas

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/headgate/headgate/internal/llm"
)

// Caller is whom AWS takes the credentials for.
type Caller struct {
	Account llm.AccountID
	ARN     string
	// Skew is how far this machine's clock is behind AWS's, to a second; it is
	// negative when it is ahead. Dated says that AWS told the time.
	Skew  time.Duration
	Dated bool
}

// Caller asks AWS whose credentials these are. Skew is told with an error too,
// when AWS answered at all.
func (c *Client) Caller(ctx context.Context, in llm.Region) (Caller, error) {
	out, err := c.in(in).sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	var found Caller
	if err != nil {
		if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.Response != nil {
			date, failed := http.ParseTime(response.Response.Header.Get("Date"))
			found.Skew, found.Dated = time.Until(date).Round(time.Second), failed == nil
		}
		return found, failed("ask whose credentials these are", "sts:GetCallerIdentity", err)
	}
	found.Account, found.ARN = llm.AccountID(aws.ToString(out.Account)), aws.ToString(out.Arn)
	if date, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok && !date.IsZero() {
		found.Skew, found.Dated = time.Until(date).Round(time.Second), true
	}
	return found, nil
}

// Credentials finds them now and says where, in the SDK's words. The error is the
// SDK's, which names where it looked and no secret.
func (c *Client) Credentials(ctx context.Context) (source string, err error) {
	if c.cfg.Credentials == nil {
		return "", errors.New("no credentials are configured")
	}
	found, err := c.cfg.Credentials.Retrieve(ctx)
	return found.Source, err
}

// Code is AWS's own code of an error, such as "ExpiredToken"; empty when it is
// not AWS's answer.
func Code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
