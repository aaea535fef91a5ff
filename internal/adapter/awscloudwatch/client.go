// Package awscloudwatch speaks to Amazon CloudWatch: alarms, metrics read and
// metrics published.
package awscloudwatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/logging"

	"github.com/headgate/headgate/internal/llm"
)

// Options narrow down what the SDK's configuration says. The zero value takes
// all of it as it is.
type Options struct {
	Region  llm.Region // the default Region; empty: that of the environment or profile
	Profile string     // of the shared configuration
	// EndpointURL is the address in all Regions, in place of AWS's.
	EndpointURL string
}

// Static are credentials that are given, not found: those of an emulator.
type Static struct {
	AccessKeyID, SecretAccessKey string
	SessionToken                 string // may be empty
	Region                       llm.Region
	EndpointURL                  string // empty: AWS itself
}

// Client speaks for one account, in any Region. It keeps below the rates of
// CloudWatch, and backs off where it is throttled all the same. It is safe for
// concurrent use. Errors are *fault.Error.
type Client struct {
	cfg      aws.Config
	endpoint *string // nil: what the configuration says, or AWS itself where given is set
	given    bool    // credentials were given: the environment does not count

	mu      sync.Mutex
	regions map[llm.Region]*region // guarded by mu
}

// region is CloudWatch of one Region, each kind of operation with a rate of its
// own.
type region struct {
	*cloudwatch.Client

	describe, change, tag pace
}

// New finds credentials as the SDK does; it does not ask for them yet.
func New(ctx context.Context, o Options) (*Client, error) {
	// What the SDK has to say is in its errors; its own lines would mix with ours.
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if o.Region != "" {
		load = append(load, config.WithRegion(string(o.Region)))
	}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, failed("load the AWS configuration", "", err)
	}
	c := &Client{cfg: cfg, regions: map[llm.Region]*region{}}
	if o.EndpointURL != "" {
		c.endpoint = &o.EndpointURL
	}
	return c, nil
}

// NewStatic makes a client with given credentials that looks at neither
// environment nor files.
func NewStatic(s Static) (*Client, error) {
	if s.AccessKeyID == "" || s.SecretAccessKey == "" {
		return nil, errors.New("static credentials need an access key id and a secret access key")
	}
	cfg := aws.Config{
		Region:      string(s.Region),
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, s.SessionToken),
	}
	c := &Client{cfg: cfg, given: true, regions: map[llm.Region]*region{}}
	if s.EndpointURL != "" {
		c.endpoint = &s.EndpointURL
	}
	return c, nil
}

// A request that is throttled is made again for about half a minute; after
// another failure, as the SDKs do by default.
const (
	attempts    = 7
	usual       = 3
	mostBackoff = 8 * time.Second
)

// patience is the standard retryer with more attempts for throttles alone.
type patience struct{ *retry.Standard }

// RetryDelay returns err where there shall be no other attempt.
func (p patience) RetryDelay(attempt int, err error) (time.Duration, error) {
	throttle := retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	if attempt >= usual && !throttle.IsErrorThrottle(err).Bool() {
		return 0, err
	}
	return p.Standard.RetryDelay(attempt, err)
}

// in returns CloudWatch of a Region; empty is the default one.
func (c *Client) in(name llm.Region) *region {
	if name == "" {
		name = llm.Region(c.cfg.Region)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.regions[name]; ok {
		return r
	}
	cfg := c.cfg.Copy()
	cfg.Region = string(name)
	// AWS allows DescribeAlarms 9 times a second and PutMetricAlarm and
	// DeleteAlarms 3 times (docs.aws.amazon.com, AmazonCloudWatch,
	// cloudwatch_limits).
	r := &region{
		Client: cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			if c.endpoint != nil || c.given {
				o.BaseEndpoint = c.endpoint
			}
			o.Retryer = patience{retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts, s.MaxBackoff = attempts, mostBackoff })}
		}),
		describe: pace{every: time.Second / 8}, change: pace{every: time.Second * 2 / 5}, tag: pace{every: time.Second / 10},
	}
	c.regions[name] = r
	return r
}

// pace lets one call through every so often.
type pace struct {
	every time.Duration
	mu    sync.Mutex
	next  time.Time // guarded by mu
}

func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.next = at.Add(p.every)
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
