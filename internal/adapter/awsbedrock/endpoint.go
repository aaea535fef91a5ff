package awsbedrock

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/headgate/headgate/internal/llm"
)

// maxRegion is more than the longest Region code has, in bytes. A Region comes
// in part from requests and becomes part of a host's name.
const maxRegion = 32

// Endpoint is the address of Bedrock's runtime in a Region: the configured one
// if there is any, else AWS's own, by the rules of the SDK (partitions, FIPS,
// dual stack). The URL is shared and must not be changed. It fails for what is
// no Region code.
func (a *Adapter) Endpoint(region llm.Region) (*url.URL, error) {
	a.mu.RLock()
	u := a.endpoints[region]
	a.mu.RUnlock()
	if u != nil {
		return u, nil
	}
	if !plausible(region) {
		return nil, fmt.Errorf("%.40q is no AWS Region", string(region))
	}
	u, err := a.resolve(region)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.endpoints) < 256 { // AWS has some forty Regions; names that only look like one must not pile up
		a.endpoints[region] = u
	}
	return u, nil
}

func (a *Adapter) resolve(region llm.Region) (*url.URL, error) {
	if a.options.BaseEndpoint != nil {
		return parseEndpoint(*a.options.BaseEndpoint)
	}
	// The rules do no I/O: nothing to bound or cancel.
	resolved, err := a.options.EndpointResolverV2.ResolveEndpoint(context.Background(), bedrockruntime.EndpointParameters{
		Region:       aws.String(string(region)),
		UseDualStack: aws.Bool(a.options.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
		UseFIPS:      aws.Bool(a.options.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
	})
	if err != nil {
		return nil, fmt.Errorf("resolve the endpoint: %w", err)
	}
	return &resolved.URI, nil
}

// parseEndpoint reads a configured address. Its errors do not repeat it, since
// it may hold a password.
func parseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the endpoint URL must look like https://host or http://host:port")
	}
	return u, nil
}

// plausible reports whether a Region can stand in a host's name.
func plausible(region llm.Region) bool {
	for _, c := range []byte(region) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return region != "" && len(region) <= maxRegion
}
