package awsbedrock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/logging"

	"github.com/headgate/headgate/internal/llm"
)

// Options narrow down what the SDK's configuration says. The zero value takes
// all of it as it is.
type Options struct {
	// Region is the default Region. Empty: that of the environment or profile.
	Region llm.Region
	// Profile is a profile of the shared configuration. Empty: AWS_PROFILE or "default".
	Profile string
	// EndpointURL is the address for all Regions. It goes before
	// AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_ENDPOINT_URL and the services
	// section of the profile.
	EndpointURL string
}

// Static are credentials that are given, not found: those of an emulator.
type Static struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // may be empty
	Region          llm.Region
	EndpointURL     string // empty: AWS itself
}

// Adapter knows the addresses of Bedrock's runtime and signs for it. It is
// safe for concurrent use.
type Adapter struct {
	region      llm.Region
	credentials aws.CredentialsProvider
	bearer      string // a Bedrock API key; it goes before credentials
	signer      *v4.Signer
	options     bedrockruntime.Options

	mu        sync.RWMutex
	endpoints map[llm.Region]*url.URL // guarded by mu; one for each Region that was called
}

// New finds credentials and addresses as the SDK does: environment, profiles,
// SSO, roles, container and instance metadata. It does not yet ask for the
// credentials; Sign does. AWS_BEARER_TOKEN_BEDROCK, if set, is used in their
// place. Errors say what in the configuration cannot be used.
func New(ctx context.Context, o Options) (*Adapter, error) {
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
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	a := newAdapter(cfg, o.EndpointURL)
	if err := a.readBearer(ctx); err != nil {
		return nil, err
	}
	return a, a.check()
}

// NewStatic makes an adapter with given credentials that looks at neither
// environment nor files.
func NewStatic(s Static) (*Adapter, error) {
	if s.AccessKeyID == "" || s.SecretAccessKey == "" {
		return nil, errors.New("static credentials need an access key id and a secret access key")
	}
	a := newAdapter(aws.Config{
		Region:      string(s.Region),
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, s.SessionToken),
	}, "")
	// The service's options look at the environment by themselves.
	a.options.BaseEndpoint = nil
	if s.EndpointURL != "" {
		a.options.BaseEndpoint = aws.String(s.EndpointURL)
	}
	return a, a.check()
}

func newAdapter(cfg aws.Config, endpointURL string) *Adapter {
	options := bedrockruntime.NewFromConfig(cfg).Options()
	if endpointURL != "" {
		options.BaseEndpoint = aws.String(endpointURL)
	}
	return &Adapter{
		region:      llm.Region(cfg.Region),
		credentials: cfg.Credentials,
		signer:      v4.NewSigner(), // one for all: it keeps derived keys
		options:     options,
		endpoints:   map[llm.Region]*url.URL{},
	}
}

// readBearer takes over the API key that the SDK found for Bedrock.
func (a *Adapter) readBearer(ctx context.Context) error {
	if len(a.options.AuthSchemePreference) == 0 || a.options.AuthSchemePreference[0] != "httpBearerAuth" || a.options.BearerAuthTokenProvider == nil {
		return nil
	}
	token, err := a.options.BearerAuthTokenProvider.RetrieveBearerToken(ctx)
	if err != nil {
		return fmt.Errorf("read the Bedrock API key: %w", err)
	}
	a.bearer = token.Value
	return nil
}

// check refuses an address that cannot be used, and one that an API key would
// reach in the clear.
func (a *Adapter) check() error {
	if a.options.BaseEndpoint == nil {
		return nil
	}
	u, err := parseEndpoint(*a.options.BaseEndpoint)
	if err != nil {
		return err
	}
	if a.bearer != "" && u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("AWS_BEARER_TOKEN_BEDROCK would be sent in the clear: the endpoint must be https or a loopback address")
	}
	return nil
}

// Ready finds the credentials now, as the first call would. Its error is the
// SDK's, which names where it looked and no secret.
func (a *Adapter) Ready(ctx context.Context) error {
	if a.bearer != "" {
		return nil
	}
	_, err := a.credentials.Retrieve(ctx)
	return err
}

// Region is the default Region of the configuration; empty when it has none.
func (a *Adapter) Region() llm.Region { return a.region }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
