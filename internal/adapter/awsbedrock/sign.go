package awsbedrock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// signingName is the service in a signature's scope. It is the same for the
// runtime and for the control plane.
const signingName = "bedrock"

// Sign puts a SigV4 signature over the body's bytes on req, or the Bedrock API
// key. It signs host, content type, content length and AWS's own headers: what
// the service asks for, and what no proxy changes.
//
// It fails with a *fault.Error of kind Denied when there are no credentials,
// Cancelled or Timeout when ctx ended while they were fetched.
func (a *Adapter) Sign(ctx context.Context, req *http.Request, body []byte, region llm.Region) error {
	if a.bearer != "" {
		req.Header["Authorization"] = []string{"Bearer " + a.bearer}
		return nil
	}
	if a.credentials == nil {
		return noCredentials(ctx, errors.New("no credential provider"))
	}
	keys, err := a.credentials.Retrieve(ctx)
	if err != nil {
		return noCredentials(ctx, err)
	}
	sum := sha256.Sum256(body)
	var hash [2 * sha256.Size]byte
	hex.Encode(hash[:], sum[:])

	// A lean stand-in is signed, for two reasons: the SDK's signer signs every
	// header it sees, and it writes the query anew, in another order.
	u := *req.URL
	lean := http.Request{Method: req.Method, URL: &u, Host: req.Host, ContentLength: req.ContentLength, Header: make(http.Header, 8)}
	for name, values := range req.Header {
		switch {
		case name == "X-Amz-Date", name == "X-Amz-Security-Token": // an older signature's; the signer would write into its values
		case name == "Content-Type", strings.HasPrefix(name, "X-Amz"):
			lean.Header[name] = values
		}
	}
	if err := a.signer.SignHTTP(ctx, keys, &lean, string(hash[:]), signingName, string(region), time.Now()); err != nil {
		return &fault.Error{Kind: fault.Internal, Op: "sign the request", Err: err}
	}
	for _, name := range [...]string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
		if v, ok := lean.Header[name]; ok {
			req.Header[name] = v
		}
	}
	return nil
}

// noCredentials says that nothing can be signed.
func noCredentials(ctx context.Context, err error) error {
	e := &fault.Error{
		Kind: fault.Denied, Op: "find AWS credentials", Err: err,
		Message: "Headgate has no usable AWS credentials: set AWS_PROFILE, AWS_ACCESS_KEY_ID or AWS_BEARER_TOKEN_BEDROCK where it runs, or give it a role.",
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Kind, e.Message = fault.Timeout, "AWS credentials did not come before the call's deadline."
	case ctx.Err() != nil:
		e.Kind, e.Message = fault.Cancelled, "The call was cancelled while AWS credentials were fetched."
	}
	return e
}
