// Package awsquotas asks AWS what an account has: Service Quotas for its limits
// and the requests for more, Bedrock for models and profiles, STS for its number.
package awsquotas

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/headgate/headgate/internal/llm"
)

// Options narrow down what the SDK's configuration says. The zero value takes
// all of it as it is.
type Options struct {
	Region  llm.Region // the default Region; empty: that of the environment or profile
	Profile string     // of the shared configuration
	// EndpointURL is the address of all services in all Regions, in place of AWS's.
	EndpointURL string
}

// Static are credentials that are given, not found: those of an emulator. One that
// says how many requests it takes a second is asked that fast; AWS never is.
type Static struct {
	AccessKeyID, SecretAccessKey string
	SessionToken                 string // may be empty
	Region                       llm.Region
	EndpointURL                  string // empty: AWS itself
}

// Client asks for one account, in any Region. It keeps below the rates of
// Service Quotas, so one Client should serve a process. It is safe for concurrent
// use. Errors are *fault.Error.
type Client struct {
	cfg      aws.Config
	endpoint *string // nil: what the configuration says, or AWS itself where given is set
	given    bool    // credentials were given: the environment does not count

	mu      sync.Mutex
	regions map[llm.Region]*region // guarded by mu
}

// region is the services of one Region, each operation with a rate of its own.
type region struct {
	quotas                          *servicequotas.Client
	bedrock                         *bedrock.Client
	sts                             *sts.Client
	applied, defaults, asked, write pace
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

// in returns the services of a Region; empty is the default one.
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
	// AWS allows lists of quotas 10 times a second and everything else 5 times
	// (docs.aws.amazon.com/servicequotas, userguide/reference_limits). Eight and
	// four, with one early, never make more within any second.
	const fast, slow = time.Second / 8, time.Second / 4
	r := &region{
		bedrock: bedrock.NewFromConfig(cfg, func(o *bedrock.Options) { c.address(&o.BaseEndpoint) }),
		sts:     sts.NewFromConfig(cfg, func(o *sts.Options) { c.address(&o.BaseEndpoint) }),
		applied: pace{every: fast}, defaults: pace{every: fast}, asked: pace{every: slow}, write: pace{every: slow},
	}
	r.quotas = servicequotas.NewFromConfig(cfg, func(o *servicequotas.Options) {
		c.address(&o.BaseEndpoint)
		if c.given && c.endpoint != nil {
			o.APIOptions = append(o.APIOptions, r.listen)
		}
	})
	c.regions[name] = r
	return r
}

// address goes before what a service's options find in the environment.
func (c *Client) address(base **string) {
	if c.endpoint != nil || c.given {
		*base = c.endpoint
	}
}
