package emulator

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/emulator/sigv4"
	"github.com/headgate/headgate/internal/llm"
)

// door lets requests in and tells whose they are. It is safe for concurrent
// use.
type door struct {
	verifier *sigv4.Verifier
	region   llm.Region // of requests that name none
	byKey    map[string]*account
	byToken  map[[sha256.Size]byte]*account // by the hash of an API key
	open     *account                       // takes all others; may be nil
}

func newDoor(region llm.Region, accounts []*account) *door {
	d := &door{
		verifier: sigv4.NewVerifier(), region: region,
		byKey: map[string]*account{}, byToken: map[[sha256.Size]byte]*account{},
	}
	for _, a := range accounts {
		if a.AccessKeyID == "" && len(a.APIKeys) == 0 {
			d.open = a
		}
		if a.AccessKeyID != "" {
			d.byKey[a.AccessKeyID] = a
		}
		for _, key := range a.APIKeys {
			d.byToken[sha256.Sum256([]byte(key))] = a
		}
	}
	return d
}

// enter finds the account and the source Region of a request with its whole
// body, which is signed for the service if it is signed. API keys are Bedrock's
// alone. The error is a *refusal.Error.
func (d *door) enter(r *http.Request, body []byte, service string, now time.Time) (*account, llm.Region, error) {
	authorization := r.Header.Get("Authorization")
	token, bearer := strings.CutPrefix(authorization, "Bearer ")
	if bearer && service != signedBedrock {
		return nil, "", incomplete()
	}
	if bearer {
		if a := d.byToken[sha256.Sum256([]byte(strings.TrimSpace(token)))]; a != nil {
			return a, d.region, nil
		}
		if d.open != nil {
			return d.open, d.region, nil
		}
		return nil, "", refusal.Denied("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.")
	}
	credential, signed := sigv4.Parse(authorization)
	if !signed {
		if d.open != nil {
			return d.open, d.region, nil
		}
		if authorization != "" {
			return nil, "", incomplete()
		}
		return nil, "", refusal.Denied("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	region := llm.Region(credential.Region)
	a := d.byKey[credential.AccessKeyID]
	switch {
	case a == nil && d.open != nil:
		return d.open, region, nil
	case a == nil:
		return nil, "", refusal.Denied("UnrecognizedClientException", "The security token included in the request is invalid.")
	case a.SecretAccessKey == "":
		return a, region, nil
	}
	if err := d.verifier.Verify(r, body, credential, a.SecretAccessKey, service, now); err != nil {
		return nil, "", err
	}
	return a, region, nil
}

func incomplete() error {
	return refusal.Denied("IncompleteSignatureException", "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.")
}
