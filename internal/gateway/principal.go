package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// maxAccessKeyBytes is the longest access key id (docs.aws.amazon.com/IAM,
// API_AccessKey).
const maxAccessKeyBytes = 128

// principal is who says that they sent the request: the access key id of a
// SigV4 signature, or a hash of a bearer token or an API key. It is empty when
// there is none of these. Nothing is verified, and no secret is returned.
func principal(h http.Header) string {
	authorization := h.Get("Authorization")
	if key := accessKey(authorization); key != "" {
		return key
	}
	if scheme, token, ok := strings.Cut(authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return tokenName(token)
	}
	return tokenName(h.Get("X-Api-Key"))
}

// accessKey reads the access key id out of a SigV4 or SigV4a Authorization
// header; empty when it is none
// (docs.aws.amazon.com/IAM, reference_sigv-signing-elements).
func accessKey(authorization string) string {
	algorithm, rest, ok := strings.Cut(authorization, " ")
	if !ok || !strings.HasPrefix(algorithm, "AWS4-") {
		return ""
	}
	for part := range strings.SplitSeq(rest, ",") {
		scope, ok := strings.CutPrefix(strings.TrimSpace(part), "Credential=")
		if !ok {
			continue
		}
		key, _, ok := strings.Cut(scope, "/")
		if !ok || !isAccessKey(key) {
			return ""
		}
		return key
	}
	return ""
}

func isAccessKey(s string) bool {
	if s == "" || len(s) > maxAccessKeyBytes {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// tokenName names the bearer of a token without giving the token away: 64 bits
// of its hash tell the bearers of one gateway apart.
func tokenName(token string) string {
	token = strings.TrimSpace(token)
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return "bearer:" + hex.EncodeToString(sum[:8])
}
