package gateway

import (
	"net/http"
	"strings"
	"testing"
)

func TestPrincipal(t *testing.T) {
	t.Parallel()
	const signature = ", SignedHeaders=host;x-amz-date, Signature=0123"
	for _, tc := range []struct{ name, header, value, want string }{
		{"signed", "Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261101/us-east-1/bedrock/aws4_request" + signature, "AKIDEXAMPLE"},
		{"signed without spaces", "Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host,Credential=AKID/20261101/r/s/t,Signature=0", "AKID"},
		{"signed for many Regions", "Authorization", "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261101/bedrock/aws4_request" + signature, "AKID"},
		{"bearer", "Authorization", "Bearer abc", "bearer:ba7816bf8f01cfea"},
		{"bearer in other case", "Authorization", "bearer  abc ", "bearer:ba7816bf8f01cfea"},
		{"api key", "X-Api-Key", "abc", "bearer:ba7816bf8f01cfea"},
		{"nobody", "X-Other", "abc", ""},
		{"no scope", "Authorization", "AWS4-HMAC-SHA256 Credential=AKID" + signature, ""},
		{"no key", "Authorization", "AWS4-HMAC-SHA256 Credential=/20261101/r/s/t" + signature, ""},
		{"no id", "Authorization", "AWS4-HMAC-SHA256 Credential=a key/20261101/r/s/t" + signature, ""},
		{"absurd", "Authorization", "AWS4-HMAC-SHA256 Credential=" + strings.Repeat("A", 129) + "/x", ""},
		{"another scheme", "Authorization", "Basic dXNlcjpwYXNz", ""},
	} {
		if got := principal(http.Header{tc.header: {tc.value}}); got != tc.want {
			t.Errorf("%s: principal = %q, want %q", tc.name, got, tc.want)
		}
	}
}

func FuzzAccessKey(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKID/20261101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0")
	f.Add("AWS4-HMAC-SHA256 Credential=")
	f.Add("AWS4- ,,Credential=//")
	f.Fuzz(func(t *testing.T, authorization string) {
		key := accessKey(authorization)
		if len(key) > maxAccessKeyBytes || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == ',' }) {
			t.Errorf("accessKey(%q) = %q", authorization, key)
		}
		if key != "" && !strings.Contains(authorization, "Credential="+key+"/") {
			t.Errorf("accessKey(%q) = %q, which it does not hold", authorization, key)
		}
	})
}
